import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { FileCache } from '../../../../src/connection/http/file-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));

let nowMs: number;
let cache: FileCache;
let name = 0;
beforeEach(() => {
  nowMs = 1000;
  cache = new FileCache({ maxFileBytes: 100, maxTotalBytes: 250, checkMs: () => 50, now: () => nowMs });
  return () => cache.clear();
});

function file(content: string): string {
  const path = join(folder, String(name++));
  writeFileSync(path, content);
  return path;
}

/** Asks twice, so that the file is kept. */
async function keep(path: string) {
  await cache.find(path);
  return cache.find(path);
}

const text = async (path: string) => {
  const found = await cache.find(path);
  found?.release();
  return found?.bytes.toString();
};

test('a file is kept from its second request on', async () => {
  const path = file('hello');
  expect(await text(path)).toBeUndefined();
  expect(await text(path)).toBe('hello');
  expect(await text(path)).toBe('hello');
  expect(cache.sizeBytes).toBe(5);
});

test('two requests far apart keep nothing', async () => {
  const path = file('hello');
  await cache.find(path);
  nowMs += 3000;
  expect(await text(path)).toBeUndefined();
});

test('many at a time get the bytes of one read', async () => {
  const path = file('hello');
  await cache.find(path);
  const all = await Promise.all(Array.from({ length: 50 }, () => cache.find(path)));
  expect(new Set(all.map((one) => one?.bytes)).size).toBe(1);
});

describe('a file that changes', () => {
  test('is served anew after a moment, and under another tag', async () => {
    const path = file('one');
    const first = await keep(path);
    writeFileSync(`${path}.tmp`, 'three');
    renameSync(`${path}.tmp`, path);
    expect(await text(path)).toBe('one');
    nowMs += 50;
    expect(await text(path)).toBe('three');
    expect((await cache.find(path))?.etag).not.toBe(first?.etag);
    expect(first?.bytes.toString()).toBe('one');
  });

  test('in place', async () => {
    const path = file('one');
    await keep(path);
    appendFileSync(path, ' two');
    nowMs += 50;
    expect(await text(path)).toBe('one two');
  });

  test('is gone when it is deleted', async () => {
    const path = file('one');
    (await keep(path))?.release();
    rmSync(path);
    nowMs += 50;
    expect(await text(path)).toBeUndefined();
    expect(cache.sizeBytes).toBe(0);
  });
});

describe('limits', () => {
  test('large files, folders and missing files are not kept', async () => {
    const large = file('x'.repeat(101));
    const dir = join(folder, 'dir');
    mkdirSync(dir);
    for (const path of [large, dir, join(folder, 'missing')]) expect(await keep(path)).toBeUndefined();
    expect(cache.sizeBytes).toBe(0);
  });

  test('the file that was not used for longest goes first', async () => {
    const [a, b, c] = [file('a'.repeat(100)), file('b'.repeat(100)), file('c'.repeat(100))] as const;
    for (const path of [a, b]) (await keep(path))?.release();
    await text(a);
    (await keep(c))?.release();
    expect(cache.sizeBytes).toBe(200);
    expect(await text(b)).toBeUndefined();
    expect(await text(a)).toBeDefined();
  });

  test('what is in flight cannot go, and leaves no room for more', async () => {
    const paths = [file('a'.repeat(100)), file('b'.repeat(100)), file('c'.repeat(100))] as const;
    const [a, b, c] = [await keep(paths[0]), await keep(paths[1]), await keep(paths[2])];
    expect([a !== undefined, b !== undefined, c !== undefined]).toEqual([true, true, false]);
    a?.release();
    a?.release();
    expect(await keep(paths[2])).toBeDefined();
    expect(cache.sizeBytes).toBe(200);
  });

  test('a changed file counts until its last response is over', async () => {
    const path = file('a'.repeat(100));
    const old = await keep(path);
    writeFileSync(path, 'b'.repeat(90));
    nowMs += 50;
    const now = await cache.find(path);
    expect(cache.sizeBytes).toBe(190);
    old?.release();
    expect(cache.sizeBytes).toBe(90);
    now?.release();
    cache.clear();
    expect(cache.sizeBytes).toBe(0);
  });

  test('thousands of names leave nothing behind', async () => {
    for (let i = 0; i < 3000; i++) await cache.find(join(folder, `none-${i}`));
    expect(cache.sizeBytes).toBe(0);
  });
});
