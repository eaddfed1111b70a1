import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../../src/cluster/client/backoff.ts';

const MIDDLE = 0.5;

test.each([
  { what: 'at once when a stream was lost', rounds: 0, outageMs: 0, hadMedia: true, delayMs: 50 },
  { what: 'twice as long each time', rounds: 1, outageMs: 60, hadMedia: true, delayMs: 100 },
  { what: 'a fifth of a second at most at first', rounds: 9, outageMs: 1900, hadMedia: true, delayMs: 200 },
  { what: 'then half a second', rounds: 9, outageMs: 2100, hadMedia: true, delayMs: 500 },
  { what: 'three seconds after half a minute', rounds: 9, outageMs: 30_000, hadMedia: true, delayMs: 3000 },
  { what: 'two seconds for a stream of nobody', rounds: 9, outageMs: 2900, hadMedia: false, delayMs: 2000 },
  { what: 'no more after years', rounds: 1e9, outageMs: 1e12, hadMedia: false, delayMs: 3000 },
])('a retry waits $what: $delayMs ms', ({ delayMs, ...state }) => {
  expect(retryDelayMs(state, MIDDLE)).toBeCloseTo(delayMs, 6);
  expect(retryDelayMs(state, 0)).toBeCloseTo(delayMs * 0.75, 6);
  expect(retryDelayMs(state, 1)).toBeCloseTo(delayMs * 1.25, 6);
});
