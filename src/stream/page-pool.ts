// Fixed-size pages for bytes that only the hub reads. They are handed back instead of being left to the
// garbage collector, because hundreds of publishers fill some hundred megabytes of them every few seconds.

/** Large enough for several frames, small enough that a thousand low-rate streams waste little. */
export const PAGE_SIZE = 32 * 1024;

/** Pages that are kept for reuse even if none is in use (16 MiB). */
const MIN_KEPT_PAGES = 512;

/**
 * Keeps as many free pages as there are in use: streams that start a group of pictures at the same moment give
 * back all their pages and want as many again, while the pages of streams that have ended go.
 */
export class PagePool {
  readonly #free: Buffer[] = [];
  #inUse = 0;

  take(): Buffer {
    this.#inUse++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(PAGE_SIZE);
  }

  /** Takes a page back. The caller must have dropped every view of it. */
  giveBack(page: Buffer): void {
    const mayKeep = Math.max(MIN_KEPT_PAGES, this.#inUse);
    this.#inUse--;
    if (this.#free.length < mayKeep) this.#free.push(page);
  }
}
