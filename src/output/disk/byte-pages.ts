// The pages that files are written into before they go to the disk. All streams of an output share a budget, so that
// a disk that takes nothing cannot fill the memory.

import { TS_PACKET_SIZE } from '../../container/mpegts/ts-packet.ts';

/** A second of 1 Mbps: few writes, little memory per stream. A multiple of the packet size. */
const DEFAULT_PAGE_SIZE = TS_PACKET_SIZE * 696;
/** Pages of all streams together, bytes. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Free pages kept for the next one who asks. */
const MAX_FREE_PAGES = 64;

export class BytePages {
  readonly #maxTotalBytes: number;
  readonly #pageSize: number;
  readonly #free: Buffer[] = [];
  #usedBytes = 0;

  /**
   * @param maxTotalBytes of the pages that are out at a time
   * @param pageSize bytes of a usual page
   */
  constructor(maxTotalBytes = MAX_TOTAL_BYTES, pageSize = DEFAULT_PAGE_SIZE) {
    this.#maxTotalBytes = maxTotalBytes;
    this.#pageSize = pageSize;
  }

  /** Bytes of the pages that are out. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A page of at least `minSize` bytes, undefined when the budget is used up. */
  take(minSize: number): Buffer | undefined {
    const size = Math.max(minSize, this.#pageSize);
    if (this.#usedBytes + size > this.#maxTotalBytes) return undefined;
    this.#usedBytes += size;
    const reused = size === this.#pageSize ? this.#free.pop() : undefined;
    return reused ?? Buffer.allocUnsafeSlow(size);
  }

  giveBack(page: Buffer): void {
    this.#usedBytes -= page.length;
    if (page.length === this.#pageSize && this.#free.length < MAX_FREE_PAGES) this.#free.push(page);
  }
}
