import type { ViewerSink } from '../../../src/output/viewer.ts';

/** A socket stand-in: takes everything until it is blocked, then what is written waits in it. */
export class FakeSink implements ViewerSink {
  #taken: Buffer[] = [];
  #waiting: Buffer[] = [];
  writes = 0;
  isBlocked = false;

  get writableLength(): number {
    return this.#waiting.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** What the "kernel" has taken. Copied at once, as the kernel does. */
  get bytes(): Buffer {
    return Buffer.concat(this.#taken);
  }

  write(bytes: Buffer): boolean {
    this.writes++;
    if (this.isBlocked || this.#waiting.length > 0) this.#waiting.push(bytes);
    else this.#taken.push(Buffer.from(bytes));
    return this.#waiting.length === 0;
  }

  cork(): void {}

  uncork(): void {}

  /** The peer reads again: what waited is taken as it is *now*, so a change of queued bytes shows. */
  unblock(): void {
    this.isBlocked = false;
    this.#taken.push(...this.#waiting.map((bytes) => Buffer.from(bytes)));
    this.#waiting = [];
  }
}
