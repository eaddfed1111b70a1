import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PidFile, type PidFileError } from '../../../src/lifecycle/pid-file.ts';
import { ServerId } from '../../../src/lifecycle/server-id.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsrs-pid-'));
  path = join(folder, 'objs/srs.pid');
});
afterEach(() => rmSync(folder, { recursive: true }));

const content = () => readFileSync(path, 'utf8');

function refusal(): PidFileError {
  try {
    PidFile.acquire(path, process.pid).release();
  } catch (error) {
    return error as PidFileError;
  }
  throw new Error('was not refused');
}

/** A process that lives until it is killed; with `holdsFile` it has the pid file open, as a server has. */
async function otherProcess(holdsFile: boolean): Promise<{ pid: number; end: () => Promise<void> }> {
  const open = holdsFile ? `require('fs').openSync(${JSON.stringify(path)}, 'r+');` : '';
  const child = spawn(process.execPath, ['-e', `${open} console.log('up'); setInterval(() => {}, 1000);`]);
  await once(child.stdout, 'data');
  const end = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { pid: child.pid as number, end };
}

describe('a pid file', () => {
  test('holds the number without a newline and makes its folder', () => {
    const file = PidFile.acquire(path, 4711);
    expect(content()).toBe('4711');
    file.release();
    file.release();
    expect(existsSync(path), 'it stays, as in SRS').toBe(true);
  });

  test.for(['', '   ', 'nonsense', '-3', '0', '999999999999', 'x'.repeat(100)])(
    'that holds "%s" is taken over',
    (old) => {
      mkdirSync(join(folder, 'objs'));
      writeFileSync(path, old);
      PidFile.acquire(path, 12).release();
      expect(content()).toBe('12');
    },
  );

  test('of a process that is gone is taken over', async () => {
    const other = await otherProcess(false);
    await other.end();
    mkdirSync(join(folder, 'objs'));
    writeFileSync(path, String(other.pid));
    PidFile.acquire(path, process.pid).release();
    expect(content()).toBe(String(process.pid));
  });

  test('whose number belongs to somebody else by now is taken over', async () => {
    const other = await otherProcess(false);
    mkdirSync(join(folder, 'objs'));
    writeFileSync(path, String(other.pid));
    PidFile.acquire(path, process.pid).release();
    await other.end();
  });

  test('with the own number is the one of the last container', () => {
    PidFile.acquire(path, process.pid).release();
    PidFile.acquire(path, process.pid).release();
  });

  test('of a running server is refused in the words of SRS, and left alone', async () => {
    mkdirSync(join(folder, 'objs'));
    writeFileSync(path, '');
    const other = await otherProcess(true);
    writeFileSync(path, String(other.pid));
    expect(refusal()).toMatchObject({ message: 'srs is already running', srsCode: 1035 });
    expect(content()).toBe(String(other.pid));
    await other.end();
    PidFile.acquire(path, process.pid).release();
  });

  test('that cannot be written is refused', () => {
    writeFileSync(join(folder, 'objs'), 'a file where a folder should be');
    expect(refusal()).toMatchObject({ message: `open pid file=${path}`, srsCode: 1034 });
  });
});

describe('a server id', () => {
  const idOf = (configured: string) => new ServerId(() => ({ server_id: configured, pid: path })).value;

  test('is made once and kept beside the pid file', () => {
    const id = idOf('');
    expect(id).toMatch(/^vid-[0-9a-z]{7}$/);
    expect(readFileSync(join(folder, 'objs/srs.id'), 'utf8')).toBe(id);
    expect(idOf('')).toBe(id);
  });

  test('that is configured wins, and is what a server without one goes on with', () => {
    idOf('');
    expect(idOf('srs-origin-0')).toBe('srs-origin-0');
    expect(idOf('')).toBe('srs-origin-0');
  });

  test('follows a reload', () => {
    let configured = 'a';
    const id = new ServerId(() => ({ server_id: configured, pid: path }));
    expect(id.value).toBe('a');
    configured = 'b';
    expect(id.value).toBe('b');
  });

  test('lives without its file', () => {
    writeFileSync(join(folder, 'objs'), 'a file where a folder should be');
    expect(idOf('')).toMatch(/^vid-/);
  });
});
