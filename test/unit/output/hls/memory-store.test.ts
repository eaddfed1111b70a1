import { createDecipheriv } from 'node:crypto';
import { expect, test } from 'vitest';
import { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import { hlsNames } from '../../../../src/output/hls/hls-names.ts';
import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';
import { HlsMemory, MemoryStore } from '../../../../src/output/hls/memory-store.ts';
import { hlsOptions } from './options.ts';

class Fixture {
  readonly memory: HlsMemory;
  readonly pages = new BytePages();
  readonly heard: string[] = [];
  readonly store: MemoryStore;

  constructor(changes: Partial<HlsOptions> = {}, memory = new HlsMemory()) {
    this.memory = memory;
    const options = hlsOptions({ isInMemory: true, windowMs: 4000, minTargetMs: 2000, ...changes });
    const names = hlsNames(options, { vhost: '__defaultVhost__', app: 'live', stream: 's' });
    if (names.type === 'refused') throw new Error(names.reason);
    const events = {
      listed: ({ path }: { path: string }) => this.heard.push(`listed ${path}`),
      dropped: (sequence: number) => this.heard.push(`dropped ${sequence}`),
      failed: (error: Error) => this.heard.push(error.message),
      warned: (text: string) => this.heard.push(text),
    };
    this.store = new MemoryStore(
      names.names,
      options,
      { memory, streamUrl: '/live/s', pages: this.pages, wallClock: () => 17, events },
      { next: 0, own: 0 },
    );
  }

  segment(text: string, durationMs = 2000, init?: Buffer): this {
    this.store.begin({ openedAtMs: 0, floor: undefined });
    for (const part of [text.slice(0, 1), text.slice(1)]) {
      const page = this.pages.take(0)!;
      this.store.append(page, 0, page.write(part));
    }
    this.store.end(durationMs, false, init);
    return this;
  }

  text(path: string): string | undefined {
    return this.memory.find(path)?.bytes.toString();
  }

  get sequences(): number[] {
    return Array.from({ length: 20 }, (_, index) => index).filter((index) =>
      this.memory.find(`live/s-${index}.ts`),
    );
  }
}

test('segments and playlist are found by their path', () => {
  const fixture = new Fixture().segment('abc').segment('def');
  expect(fixture.memory.find('live/s-0.ts')).toEqual({
    bytes: Buffer.from('abc'),
    modifiedMs: 17,
    streamUrl: '/live/s',
  });
  expect(fixture.text('live/s.m3u8')).toMatch(
    /SEQUENCE:0\n.*\n#EXTINF:2.000, no desc\ns-0.ts\n#EXTINF:2.000, no desc\ns-1.ts\n$/,
  );
  expect(fixture.heard).toEqual(['listed live/s-0.ts', 'listed live/s-1.ts']);
  expect(fixture.pages.usedBytes).toBe(0);
});

test('the bytes of a listed segment never change', () => {
  const fixture = new Fixture().segment('abc');
  const { bytes } = fixture.memory.find('live/s-0.ts')!;
  fixture.segment('xyz').segment('xyz');
  expect(bytes.toString()).toBe('abc');
});

test('only the window and one segment more are kept', () => {
  const fixture = new Fixture();
  for (let count = 0; count < 10; count++) fixture.segment('abc');
  expect(fixture.text('live/s.m3u8')?.match(/s-\d/g)).toEqual(['s-7', 's-8', 's-9']);
  expect(fixture.sequences).toEqual([6, 7, 8, 9]);
  expect(fixture.memory.size).toBe(5);
});

test('short segments are dropped, and disposing frees everything', () => {
  const fixture = new Fixture().segment('abc').segment('abc', 99);
  expect(fixture.heard.at(-1)).toBe('dropped 1');
  expect(fixture.sequences).toEqual([0]);
  fixture.store.begin({ openedAtMs: 0, floor: undefined });
  fixture.store.append(fixture.pages.take(0)!, 0, 1);
  fixture.store.dispose();
  expect(fixture.memory.size).toBe(0);
  expect(fixture.pages.usedBytes).toBe(0);
  expect(fixture.segment('abc').sequences).toEqual([1]);
});

test('keys are there as long as a segment needs them', () => {
  const keys = { fragmentsPerKey: 2, file: '[app]/[stream]-[seq].key', folder: '', url: '' };
  const fixture = new Fixture({ keys });
  for (let count = 0; count < 10; count++) fixture.segment('secret');
  const keyPaths = Array.from({ length: 10 }, (_, index) => `live/s-${index}.key`).filter((path) =>
    fixture.memory.find(path),
  );
  expect(keyPaths).toEqual(['live/s-6.key', 'live/s-8.key']);
  const iv = /s-8\.key",IV=0x(\w+)/.exec(String(fixture.text('live/s.m3u8')))?.[1];
  const key = fixture.memory.find('live/s-8.key')!.bytes;
  const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(String(iv), 'hex'));
  expect(`${decipher.update(fixture.memory.find('live/s-9.ts')!.bytes)}${decipher.final()}`).toBe('secret');
});

test('init segments are there as long as a segment needs them', () => {
  const fixture = new Fixture();
  for (let count = 0; count < 3; count++) fixture.segment('abc', 2000, Buffer.from('A'));
  expect(fixture.text('live/s/init.mp4')).toBe('A');
  for (let count = 0; count < 3; count++) fixture.segment('abc', 2000, Buffer.from('B'));
  expect(fixture.text('live/s/init-3.mp4')).toBe('B');
  expect(fixture.text('live/s.m3u8')).toContain('#EXT-X-MAP:URI="s/init-3.mp4"');
  fixture.segment('abc', 2000, Buffer.from('B'));
  expect(fixture.text('live/s/init.mp4')).toBeUndefined();
});

test('a store with new settings goes on with the list', () => {
  const first = new Fixture().segment('0').segment('1');
  const second = new Fixture({ windowMs: 60_000 }, first.memory);
  second.store.start(first.store);
  second.segment('2');
  expect(second.text('live/s.m3u8')?.match(/s-\d/g)).toEqual(['s-0', 's-1', 's-2']);
});
