import { expect, test } from 'vitest';
import { dryRunReport } from '../../../src/lifecycle/dry-run.ts';
import { loadText } from './load-text.ts';

const RUNNING = 'listen 1935; vhost __defaultVhost__ { } vhost old.example { }';

function lines(next: string, running = RUNNING): { lines: string[]; exitCode: number } {
  const { text, exitCode } = dryRunReport(loadText(running), loadText(next));
  expect(text.endsWith('\n')).toBe(true);
  return { lines: text.trimEnd().split('\n'), exitCode };
}

test('every kind of change is listed by what a reload makes of it', () => {
  const next =
    'listen 1935 1936; daemon off; vhost __defaultVhost__ { chunk_size 4096; play { gop_cache off; } } vhost new.example { }';
  expect(lines(next)).toEqual({
    lines: [
      'takes effect at the next start:',
      '  daemon changes from on to off',
      'takes effect at once:',
      '  listen changes from 1935 to 1935 1936',
      '  vhost __defaultVhost__: play.gop_cache changes from on to off',
      '  vhost new.example is added',
      '  vhost old.example is removed',
      'holds for new connections and publishes:',
      '  vhost __defaultVhost__: chunk_size changes from 60000 to 4096',
    ],
    exitCode: 0,
  });
});

test('comments, order and written defaults are no change', () => {
  const next = '# new\nvhost __defaultVhost__ { play { gop_cache on; } } vhost old.example { } listen 1935;';
  expect(lines(next)).toEqual({ lines: ['nothing changes'], exitCode: 0 });
});

test('a new file that is broken fails with its places', () => {
  const { lines: said, exitCode } = lines('listen 1935;\nfoo bar;\n');
  expect(said[0]).toMatch(/^\/srs\.conf:2:1: error: illegal directive foo/);
  expect(said.at(-1)).toBe('the reload would fail: /srs.conf is not valid');
  expect(exitCode).toBe(255);
});

test('a running file that is broken is said to be the reason', () => {
  const { lines: said, exitCode } = lines(RUNNING, 'nonsense;');
  expect(said.at(-1)).toBe('no configuration to start from: /srs.conf is not valid');
  expect(exitCode).toBe(255);
});
