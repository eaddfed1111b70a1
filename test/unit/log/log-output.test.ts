import { expect, test } from 'vitest';
import { type LogOptions, LogOutput, type Tank } from '../../../src/log/log-output.ts';

const TIME_MS = Date.UTC(2026, 10, 22, 15, 33, 15, 607);
const OPTIONS: LogOptions = {
  format: 'text',
  level: 'trace',
  isUtc: true,
  hasConsole: true,
  filePath: undefined,
};

/** Keeps lines by the name of their tank, and calls in order. */
function collect() {
  const lines: Record<string, string[]> = {};
  const calls: string[] = [];
  const tank = (name: string): Tank => {
    lines[name] = [];
    return {
      write: (line) => lines[name]?.push(line),
      reopen: () => calls.push(`reopen ${name}`),
      flush: async () => {},
      flushSync: () => {},
      close: async () => {
        calls.push(`close ${name}`);
      },
    };
  };
  const surroundings = {
    pid: 7,
    now: () => TIME_MS,
    openConsole: () => tank('console'),
    openFile: (file: string) => tank(file),
  };
  return { lines, calls, surroundings };
}

test('console lines are coloured as SRS does, file lines are plain', () => {
  const { lines, surroundings } = collect();
  const log = new LogOutput({ ...OPTIONS, filePath: 'srs.log' }, surroundings).logger('abcdefgh');
  log.trace('t');
  log.warn('w');
  log.error('e');
  log.info('below the level');
  const head = '[2026-11-22 15:33:15.607]';
  expect(lines.console).toEqual([
    `${head}[Trace][7][abcdefgh] t\n`,
    `\x1b[33m${head}[Warn][7][abcdefgh][0] w\n\x1b[0m`,
    `\x1b[31m${head}[Error][7][abcdefgh][0] e\n\x1b[0m`,
  ]);
  expect(lines['srs.log']).toEqual([
    `${head}[Trace][7][abcdefgh] t\n`,
    `${head}[Warn][7][abcdefgh][0] w\n`,
    `${head}[Error][7][abcdefgh][0] e\n`,
  ]);
});

test('JSON lines', () => {
  const { lines, surroundings } = collect();
  const log = new LogOutput({ ...OPTIONS, format: 'json', level: 'verbose' }, surroundings);
  const error = Object.assign(new Error('open ENOSPC'), { errno: -28 });
  log.logger('abcdefgh', 'MAIN').trace('two\nlines');
  log.logger('abcdefgh').verbose('v');
  log.logger('abcdefgh').warn('w', new Error('dvr', { cause: error }));
  const time = '2026-11-22T15:33:15.607Z';
  expect(lines.console?.every((line) => line.endsWith('}\n') && !line.includes('\x1b'))).toBe(true);
  expect(lines.console?.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', time, pid: 7, cid: 'abcdefgh', tag: 'MAIN', msg: 'two\nlines' },
    { level: 'trace', time, pid: 7, cid: 'abcdefgh', msg: 'v' },
    { level: 'warn', time, pid: 7, cid: 'abcdefgh', errno: 28, error: 'dvr : open ENOSPC', msg: 'w' },
  ]);
});

test('children have ids of their own', () => {
  const { lines, surroundings } = collect();
  const log = new LogOutput(OPTIONS, surroundings).logger();
  const child = log.child();
  child.trace('x');
  log.child('given000', 'TAG').trace('y');
  expect(child.connectionId).toMatch(/^[0-9a-z]{8}$/);
  expect(child.connectionId).not.toBe(log.connectionId);
  expect(lines.console?.[0]).toContain(`[7][${child.connectionId}] x`);
  expect(lines.console?.[1]).toContain('[7][given000][TAG] y');
});

test('reload: level, tanks and file change for loggers that exist', async () => {
  const { lines, calls, surroundings } = collect();
  const output = new LogOutput({ ...OPTIONS, filePath: 'a.log' }, surroundings);
  const log = output.logger('abcdefgh');
  output.configure({ ...OPTIONS, level: 'warn', hasConsole: false, filePath: 'b.log' });
  log.trace('below the level');
  log.warn('new');
  output.reopen();
  await output.close();
  expect(lines['a.log']).toEqual([]);
  expect(lines['b.log']).toHaveLength(1);
  expect(lines.console).toEqual([]);
  expect(calls).toEqual(['close console', 'close a.log', 'reopen b.log', 'close b.log']);
});

test('off is silent', () => {
  const { lines, surroundings } = collect();
  const log = new LogOutput({ ...OPTIONS, level: 'off' }, surroundings).logger();
  log.error('e');
  expect(log.isEnabled('error')).toBe(false);
  expect(lines.console).toEqual([]);
});
