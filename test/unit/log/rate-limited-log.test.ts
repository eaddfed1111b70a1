import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RateLimitedLog } from '../../../src/log/rate-limited-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function collect() {
  const lines: string[] = [];
  return { lines, log: new RateLimitedLog((text) => lines.push(text)) };
}

test('the first at once, the others summed up', () => {
  const { lines, log } = collect();
  for (let i = 0; i < 100; i++) log.add('drop', `drop ${i}`);
  expect(lines).toEqual(['drop 0']);
  vi.advanceTimersByTime(2000);
  expect(lines).toEqual(['drop 0', 'drop 99 (99 times)']);
});

test('a single repetition has no number, and after silence all is news again', () => {
  const { lines, log } = collect();
  log.add('a', 'one');
  log.add('a', 'two');
  vi.advanceTimersByTime(4000);
  expect(vi.getTimerCount()).toBe(0);
  log.add('a', 'three');
  expect(lines).toEqual(['one', 'two', 'three']);
});

test('never two lines of a key within a second', () => {
  const lines: [number, string][] = [];
  const log = new RateLimitedLog((text) => lines.push([Date.now(), text]));
  const startMs = Date.now();
  log.add('a', 'a');
  for (let elapsedMs = 0; elapsedMs < 10_000; elapsedMs += 10) {
    vi.advanceTimersByTime(10);
    if (elapsedMs >= 900) log.add('b', 'b');
  }
  const times = lines.filter(([, text]) => text.startsWith('b')).map(([timeMs]) => timeMs - startMs);
  expect(times.length).toBeGreaterThan(5);
  for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1000);
});

test('keys are bounded', () => {
  const { lines, log } = collect();
  for (let i = 0; i < 1000; i++) log.add(`key ${i}`, `text ${i}`);
  expect(lines).toHaveLength(65);
  log.close();
  log.close();
  expect(lines).toHaveLength(66);
  expect(lines.at(-1)).toBe('text 999 (935 times)');
  expect(vi.getTimerCount()).toBe(0);
});
