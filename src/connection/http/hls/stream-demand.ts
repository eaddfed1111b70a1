// Streams that are fetched from an origin, or cut into segments, because somebody asks for their playlist: HLS viewers
// come and go with each request, so a stream is wanted until nobody has asked for a while.

interface Wanted {
  readonly leave: () => void;
  readonly keepMs: number;
  /** Monotonic, ms. */
  askedMs: number;
}

const SWEEP_MS = 1000;

export class StreamDemand {
  readonly #now: () => number;
  readonly #wanted = new Map<string, Wanted>();
  #sweeper: NodeJS.Timeout | undefined;

  /** @param now monotonic clock, ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Somebody asks for a stream.
   * @param key names it
   * @param join begins to get it, and returns what ends that
   * @param keepMs how long it is wanted without another request
   */
  ask(key: string, join: () => () => void, keepMs: number): void {
    const known = this.#wanted.get(key);
    if (known !== undefined) {
      known.askedMs = this.#now();
      return;
    }
    this.#wanted.set(key, { leave: join(), keepMs, askedMs: this.#now() });
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Somebody has got something of it. @param key as for `ask` */
  touch(key: string): void {
    const known = this.#wanted.get(key);
    if (known !== undefined) known.askedMs = this.#now();
  }

  /** Nobody has got anything of it, and nobody waits for it any more. */
  end(key: string): void {
    const known = this.#wanted.get(key);
    this.#wanted.delete(key);
    known?.leave();
    if (this.#wanted.size === 0) this.#stop();
  }

  /** May be called twice. */
  close(): void {
    for (const { leave } of this.#wanted.values()) leave();
    this.#wanted.clear();
    this.#stop();
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { leave, keepMs, askedMs }] of this.#wanted) {
      if (now - askedMs < keepMs) continue;
      this.#wanted.delete(key);
      leave();
    }
    if (this.#wanted.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
