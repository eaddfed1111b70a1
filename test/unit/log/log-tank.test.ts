import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogTank, type LogTankOptions } from '../../../src/log/log-tank.ts';
import { fileTarget } from '../../../src/log/log-target.ts';

let folder = '';
const lostLine = (count: number) => `lost ${count}\n`;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tsrs-log-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function fileTank(name: string, options: Partial<LogTankOptions> = {}) {
  const file = path.join(folder, name);
  return { file, tank: new LogTank(fileTarget(file), { lostLine, ...options }) };
}

test('appends in order, in a folder that was missing, mode 0644', async () => {
  const { file, tank } = fileTank('objs/srs.log');
  for (let i = 0; i < 3000; i++) tank.write(`line ${i}\n`);
  await tank.close();
  await tank.close();
  tank.write('after close\n');
  const again = new LogTank(fileTarget(file), { lostLine });
  again.write('line 3000\n');
  await again.close();
  const expected = Array.from({ length: 3001 }, (_, i) => `line ${i}\n`).join('');
  expect(fs.readFileSync(file, 'utf8')).toBe(expected);
  expect(fs.statSync(file).mode & 0o777).toBe(0o644 & ~process.umask());
});

test('the file is opened with the first line', async () => {
  const { file, tank } = fileTank('srs.log');
  await tank.flush();
  expect(fs.existsSync(file)).toBe(false);
  await tank.close();
});

test('a few lines go out at once, more are gathered, and a flush waits for nothing', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const { file, tank } = fileTank('srs.log');
    let expected = '';
    for (let i = 0; i < 20; i++) {
      tank.write(`${i}\n`);
      expected += `${i}\n`;
      await realTurnsUntil(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === expected);
    }
    await tank.flush();
    tank.write('one\n');
    await realTurnsUntil(() => vi.getTimerCount() === 1);
    tank.write('two\n');
    expect(fs.readFileSync(file, 'utf8')).toBe(expected);
    vi.advanceTimersByTime(50);
    await tank.flush();
    expect(fs.readFileSync(file, 'utf8')).toBe(`${expected}one\ntwo\n`);
    tank.write('three\n');
    await tank.flush();
    expect(fs.readFileSync(file, 'utf8')).toBe(`${expected}one\ntwo\nthree\n`);
    await tank.close();
  } finally {
    vi.useRealTimers();
  }
});

/** Lets the file system work while the clock stands still. */
async function realTurnsUntil(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    if (turn > 100_000) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('rotation: writes follow the moved file until it is opened anew', async () => {
  const { file, tank } = fileTank('srs.log');
  tank.write('one\n');
  await tank.flush();
  fs.renameSync(file, `${file}.1`);
  tank.write('two\n');
  await tank.flush();
  tank.reopen();
  tank.write('three\n');
  await tank.close();
  expect(fs.readFileSync(`${file}.1`, 'utf8')).toBe('one\ntwo\n');
  expect(fs.readFileSync(file, 'utf8')).toBe('three\n');
});

test('what cannot be written is reported once, kept, and written when the way is free', async () => {
  const reportFailure = vi.fn();
  const { file, tank } = fileTank('objs/srs.log', { reportFailure, retryMs: 10 });
  fs.writeFileSync(path.join(folder, 'objs'), 'in the way');
  tank.write('one\n');
  await tank.flush();
  await new Promise((resolve) => setTimeout(resolve, 50));
  tank.write('two\n');
  expect(reportFailure).toHaveBeenCalledTimes(1);
  expect(reportFailure.mock.calls[0]?.[0]).toMatch(/cannot write log to .*objs\/srs.log: /);
  fs.rmSync(path.join(folder, 'objs'));
  await vi.waitFor(() => expect(fs.readFileSync(file, 'utf8')).toBe('one\ntwo\n'));
  await tank.close();
});

test('a full disk is survived', async () => {
  const reportFailure = vi.fn();
  const tank = new LogTank(fileTarget('/dev/full'), { lostLine, reportFailure, retryMs: 10 });
  tank.write('one\n');
  await new Promise((resolve) => setTimeout(resolve, 60));
  tank.flushSync();
  await tank.close();
  expect(reportFailure).toHaveBeenCalledTimes(1);
});

test('waiting lines are bounded, and the gap is told', async () => {
  const { file, tank } = fileTank('srs.log', { maxPendingBytes: 10 });
  // The first line is on its way to the file at once and counts no more.
  for (const line of ['0000\n', '1111\n', '2222\n', '3333\n', '4444\n']) tank.write(line);
  await tank.flush();
  tank.write('5555\n');
  await tank.close();
  expect(fs.readFileSync(file, 'utf8')).toBe('0000\n1111\n2222\nlost 2\n5555\n');
});

test('a reader that stalls holds up neither writing nor closing', async () => {
  const reader = path.join(folder, 'pipe');
  const { execFileSync } = await import('node:child_process');
  execFileSync('mkfifo', [reader]);
  const flags = fs.constants.O_RDWR | fs.constants.O_NONBLOCK;
  const target = { name: 'pipe', open: () => fs.openSync(reader, flags), close: fs.closeSync };
  const tank = new LogTank(target, { lostLine, maxPendingBytes: 200_000 });
  for (let i = 0; i < 4000; i++) tank.write(`${'x'.repeat(99)}\n`);
  const startMs = performance.now();
  await tank.close();
  expect(performance.now() - startMs).toBeLessThan(2000);
});

test('flushSync writes what waits', async () => {
  const { file, tank } = fileTank('srs.log');
  tank.write('one\n');
  tank.write('two\n');
  tank.flushSync();
  await tank.flush();
  expect(fs.readFileSync(file, 'utf8').split('\n').sort()).toEqual(['', 'one', 'two']);
  await tank.close();
});
