import { expect, test } from 'vitest';
import { findShortages, sourceAddresses } from '../../../bench/measure/limits.ts';
import { median, percentile } from '../../../bench/measure/percentile.ts';
import { busyShare, parseRssBytes, parseStat } from '../../../bench/measure/proc.ts';
import { parseStrace } from '../../../bench/measure/syscalls.ts';

test('CPU time of a process with a difficult name', () => {
  const line = '42 (a b) c) S 7 42 42 0 -1 4194560 1 2 3 4 150 250 6 7 20 0 11 0 1 2 3';
  expect(parseStat(line)).toEqual({ parentPid: 7, userSec: 1.5, sysSec: 2.5 });
});

test('memory of a process', () => {
  expect(parseRssBytes('Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t    1024 kB\n')).toBe(2 ** 20);
  expect(parseRssBytes('Name:\tkthreadd\n')).toBe(0);
});

test('busy share of the machine', () => {
  expect(
    busyShare('cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 1', 'cpu  40 0 30 120 10 0 0 0 0 0\ncpu0 2'),
  ).toBeCloseTo(0.5);
});

test('order statistics', () => {
  expect(percentile([], 0.5)).toBeUndefined();
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(
    percentile(
      Array.from({ length: 1000 }, (_, i) => i),
      0.99,
    ),
  ).toBe(990);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('calls by name from a summary of strace', () => {
  const text = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 55.05    0.455336      151778         3           futex
 11.43    0.094554           5     16003       112 epoll_ctl
------ ----------- ----------- --------- --------- ----------------
100.00    0.549890          34     16006       112 total
`;
  expect([...parseStrace(text)]).toEqual([
    ['futex', 3],
    ['epoll_ctl', 16003],
  ]);
});

const ENOUGH = { openFiles: 100_000, ephemeralPorts: 28_000, freeMemoryBytes: 16 * 2 ** 30 };

test.each([
  ['nothing', {}, []],
  ['open files', { openFiles: 1024 }, ['open files: the server needs 10101, the limit is 1024.']],
  ['ports', { ephemeralPorts: 5000 }, ['ports: 10000 viewers per source address, the kernel has 5000.']],
  ['memory', { freeMemoryBytes: 2 ** 30 }, ['memory: about 1465 MB are needed']],
])('says what is missing: %s', (_name, limits, starts) => {
  const needs = { viewers: 10_000, publishers: 1, viewerProcesses: 2, sourceAddresses: 1 };
  const found = findShortages(needs, { ...ENOUGH, ...limits });
  expect(found).toHaveLength(starts.length);
  for (const [i, start] of starts.entries()) expect(found[i]).toContain(start);
});

test('many viewers come from several addresses', () => {
  expect(sourceAddresses(0)).toEqual(['127.0.0.1']);
  expect(sourceAddresses(45_000)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
});
