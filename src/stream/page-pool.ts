// Fixed-size pages for bytes that only the hub reads. They are handed back instead of being left to the
// garbage collector, because hundreds of publishers fill some hundred megabytes of them every few seconds.

/** Large enough for several frames, small enough that a thousand low-rate streams waste little. */
export const PAGE_SIZE = 32 * 1024;

/** Pages kept for reuse; more than that go to the garbage collector (16 MiB). */
const MAX_FREE_PAGES = 512;

export class PagePool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(PAGE_SIZE);
  }

  /** Takes a page back. The caller must have dropped every view of it. */
  giveBack(page: Buffer): void {
    if (this.#free.length < MAX_FREE_PAGES) this.#free.push(page);
  }
}
