import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type GraceOptions, Quit } from '../../../src/lifecycle/quit.ts';
import { recordedLog } from './recorded-log.ts';

const DRAIN = ['cleanup for quit signal fast=0, grace=1', 'main cycle terminated, system quit normally.'];

let grace: GraceOptions;
let connections: number;
let calls: string[];
let lines: string[];
let quit: Quit;
let dispose: () => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  grace = { startWaitMs: 2300, finalWaitMs: 3200, isForced: false };
  connections = 0;
  calls = [];
  dispose = async () => void calls.push('dispose');
  const recorded = recordedLog();
  lines = recorded.lines;
  quit = new Quit(
    {
      grace: () => grace,
      connectionCount: () => connections,
      drain: () => void calls.push('drain'),
      closeListeners: () => void calls.push('close listeners'),
      askToLeave: () => void calls.push('ask to leave'),
      dispose: () => dispose(),
    },
    recorded.log,
    () => void calls.push('end'),
  );
});
afterEach(() => {
  expect(vi.getTimerCount(), 'timers that are left').toBe(0);
  vi.useRealTimers();
});

/** Lines since the last call, without their levels. */
function said(): string[] {
  return lines.splice(0).map((line) => line.slice(line.indexOf(' ') + 1));
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a graceful quit', () => {
  test('without connections is the two waits and nothing else', async () => {
    quit.gracefully();
    await pass(2299);
    expect(said()).toEqual(['sig=3, user start gracefully quit', ...DRAIN]);
    expect(calls).toEqual(['drain']);
    await pass(1);
    expect(said()).toEqual([
      'start wait for 2300ms',
      'listeners closed',
      'ingesters stopped',
      'source disposed',
    ]);
    expect(calls).toEqual(['drain', 'close listeners', 'ask to leave', 'dispose']);
    await pass(3199);
    expect(said()).toEqual([]);
    await pass(1);
    expect(said()).toEqual(['final wait for 3200ms', 'srs gracefully quit', 'srs terminated']);
    expect(calls.at(-1)).toBe('end');
  });

  test('looks each second, and says so after 1, 2, 4, 8, 16, 32, 31, 29, 25, 17, 1, 2 seconds', async () => {
    connections = 3;
    quit.gracefully();
    await pass(2300);
    said();
    for (const seconds of [1, 2, 4, 8, 16, 32, 31, 29, 25, 17, 1, 2]) {
      await pass(seconds * 1000 - 1);
      expect(said(), `before ${seconds} s`).toEqual([]);
      await pass(1);
      expect(said()).toEqual(['wait for 3 conns to quit']);
    }
    connections = 1;
    await pass(4000);
    expect(said()).toEqual(['wait for 1 conns to quit']);
    await pass(2500);
    connections = 0;
    await pass(500);
    expect(said(), 'inside the step of 8 s').toEqual(['wait for 0 conns to quit', 'source disposed']);
    await pass(3200);
    expect(calls.at(-1)).toBe('end');
  });

  test('takes its times from the configuration of that moment', async () => {
    quit.gracefully();
    await pass(2300);
    said();
    grace = { ...grace, finalWaitMs: 10 };
    await pass(3200);
    expect(said()).toEqual(['final wait for 3200ms', 'srs gracefully quit', 'srs terminated']);
  });

  test('asked for twice is one', async () => {
    quit.gracefully();
    quit.gracefully();
    await pass(10_000);
    expect(said().filter((line) => line.startsWith('sig='))).toEqual(['sig=3, user start gracefully quit']);
    expect(calls.filter((call) => call === 'end')).toHaveLength(1);
  });

  test('with a disk that hangs ends all the same', async () => {
    dispose = () => new Promise(() => {});
    quit.gracefully();
    await pass(2300 + 5000 + 3200);
    expect(said()).toContain('streams not finished within 5000ms, quit anyway');
    expect(calls.at(-1)).toBe('end');
  });

  test('with files that cannot be finished ends all the same', async () => {
    dispose = async () => {
      throw new Error('no space left');
    };
    quit.gracefully();
    await pass(2300 + 3200);
    expect(said()).toContain('finish streams failed');
    expect(calls.at(-1)).toBe('end');
  });
});

describe('a fast quit', () => {
  test.for([15, 2])('by signal %i is over at once', async (signo) => {
    connections = 5;
    quit.terminate(signo);
    await pass(0);
    expect(said()).toEqual([
      `sig=${signo}, user terminate program, fast quit`,
      'cleanup for quit signal fast=1, grace=0',
      'main cycle terminated, system quit normally.',
      'srs disposed',
      'srs terminated',
    ]);
    expect(calls).toEqual(['drain', 'close listeners', 'dispose', 'end']);
  });
});

describe('force_grace_quit', () => {
  beforeEach(() => {
    grace = { ...grace, isForced: true };
  });

  test('makes SIGTERM a graceful quit, however often it comes', async () => {
    connections = 1;
    quit.terminate(15);
    expect(said()).toEqual([
      'force gracefully quit, signo=15',
      'sig=3, user start gracefully quit',
      ...DRAIN,
    ]);
    await pass(3300);
    said();
    quit.terminate(15);
    await pass(1500);
    expect(said()).toEqual(['force gracefully quit, signo=15']);
    connections = 0;
    await pass(10_000);
    expect(calls.at(-1)).toBe('end');
  });

  test('comes after preStop has sent SIGQUIT', async () => {
    quit.gracefully();
    await pass(150);
    quit.terminate(15);
    await pass(10_000);
    expect(said()).toEqual([
      'sig=3, user start gracefully quit',
      ...DRAIN,
      'force gracefully quit, signo=15',
      'start wait for 2300ms',
      'listeners closed',
      'ingesters stopped',
      'source disposed',
      'final wait for 3200ms',
      'srs gracefully quit',
      'srs terminated',
    ]);
  });

  test('leaves SIGINT as it is', async () => {
    quit.terminate(2);
    await pass(0);
    expect(calls.at(-1)).toBe('end');
  });
});

describe('impatience', () => {
  test('ends the wait for connections, and then the final wait', async () => {
    connections = 2;
    quit.gracefully();
    await pass(2300 + 1500);
    said();
    quit.terminate(15);
    await pass(0);
    expect(said()).toEqual([
      'sig=15, user terminate program, fast quit',
      'wait for 2 conns to quit',
      'source disposed',
    ]);
    await pass(1000);
    expect(calls.at(-1)).toBe('dispose');
    quit.terminate(2);
    await pass(0);
    expect(said()).toEqual([
      'sig=2, user terminate program, fast quit',
      'final wait for 3200ms',
      'srs gracefully quit',
      'srs terminated',
    ]);
  });

  test('in the start wait skips the wait for connections', async () => {
    connections = 2;
    quit.gracefully();
    await pass(100);
    quit.terminate(2);
    await pass(0);
    expect(calls).toEqual(['drain', 'close listeners', 'ask to leave', 'dispose']);
    await pass(3200);
    expect(calls.at(-1)).toBe('end');
  });
});
