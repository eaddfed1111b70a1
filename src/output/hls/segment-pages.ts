// The pages that segments are written into before they go to their store. All streams share a budget, so that a
// disk that takes nothing cannot fill the memory.

import { TS_PACKET_SIZE } from '../../container/mpegts/ts-packet.ts';

/** A second of 1 Mbps: few writes, little memory per stream. A multiple of the packet size. */
export const SEGMENT_PAGE_SIZE = TS_PACKET_SIZE * 696;
/** Pages of all streams together, bytes. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Free pages kept for the next one who asks. */
const MAX_FREE_PAGES = 64;

export class SegmentPages {
  readonly #maxTotalBytes: number;
  readonly #free: Buffer[] = [];
  #usedBytes = 0;

  constructor(maxTotalBytes = MAX_TOTAL_BYTES) {
    this.#maxTotalBytes = maxTotalBytes;
  }

  /** Bytes of the pages that are out. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A page of at least `minSize` bytes, undefined when the budget is used up. */
  take(minSize: number): Buffer | undefined {
    const size = Math.max(minSize, SEGMENT_PAGE_SIZE);
    if (this.#usedBytes + size > this.#maxTotalBytes) return undefined;
    this.#usedBytes += size;
    const reused = size === SEGMENT_PAGE_SIZE ? this.#free.pop() : undefined;
    return reused ?? Buffer.allocUnsafeSlow(size);
  }

  giveBack(page: Buffer): void {
    this.#usedBytes -= page.length;
    if (page.length === SEGMENT_PAGE_SIZE && this.#free.length < MAX_FREE_PAGES) this.#free.push(page);
  }
}
