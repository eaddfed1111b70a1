// Random bytes for what needs a few of them often (handshakes, ids): asking the system's generator costs 20 to 40 µs
// a time, however few are wanted, so they are drawn in blocks.

import { randomFillSync } from 'node:crypto';

const BLOCK_SIZE = 64 * 1024;

let block = Buffer.alloc(0);

/** Bytes that nobody else has had or gets; they belong to the caller, who may write into them. */
export function pooledRandomBytes(size: number): Buffer {
  if (size > BLOCK_SIZE) return randomFillSync(Buffer.allocUnsafeSlow(size));
  if (size > block.length) block = randomFillSync(Buffer.allocUnsafeSlow(BLOCK_SIZE));
  const taken = block.subarray(0, size);
  block = block.subarray(size);
  return taken;
}
