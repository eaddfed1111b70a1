import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unwrapTimestamp, wrapTimestamp } from '../../../src/media/timestamp.ts';

test.each([
  [0, 0, 0],
  [40, 0, 40],
  [5, 0xfffffff0, 0x1_0000_0005],
  [0xfffffff0, 0x1_0000_0005, 0xfffffff0],
  [0xffffffff, 0, -1],
  [7, 0x3_0000_0000, 0x3_0000_0007],
  [0x7fffffff, 0, 0x7fffffff],
  [0, -40, 0],
])('unwrapTimestamp(%d, %d) = %d', (timestamp, referenceMs, expected) => {
  expect(unwrapTimestamp(timestamp, referenceMs)).toBe(expected);
});

test.each([
  [0, 0],
  [0x1_0000_0005, 5],
  [-1, 0xffffffff],
])('wrapTimestamp(%d) = %d', (timestampMs, expected) => {
  expect(wrapTimestamp(timestampMs)).toBe(expected);
});

test('a wrapped timestamp comes back when the step is below 24.8 days', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 40), max: 2 ** 50 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      (referenceMs, step) => {
        expect(unwrapTimestamp(wrapTimestamp(referenceMs + step), referenceMs)).toBe(referenceMs + step);
      },
    ),
  );
});
