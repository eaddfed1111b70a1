import { expect, test } from 'vitest';
import { pooledRandomBytes } from '../../../src/bytes/random-pool.ts';

test('bytes are handed out once, in any size', () => {
  const sizes = [8, 3073, 65_536, 1, 70_000, 3073, 8];
  const parts = sizes.map((size) => pooledRandomBytes(size));
  expect(parts.map((part) => part.length)).toEqual(sizes);
  // Writing into one changes no other.
  const before = parts.map((part) => part.toString('hex'));
  parts.forEach((part, at) => {
    part.fill(at);
    expect(parts.slice(at + 1).map((other) => other.toString('hex'))).toEqual(before.slice(at + 1));
  });
});

test('no 8 bytes come twice', () => {
  const seen = new Set(Array.from({ length: 20_000 }, () => pooledRandomBytes(8).toString('hex')));
  expect(seen.size).toBe(20_000);
});
