// Which origins could not be reached a moment ago. All streams share it, so that one of them finding a dead origin is
// enough: the others try it last.

/** So long a failure counts, ms. */
const MEMORY_MS = 3000;
const MAX_ORIGINS = 1024;

export class OriginHealth {
  readonly #failedMs = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  isDown(key: string): boolean {
    const failedMs = this.#failedMs.get(key);
    return failedMs !== undefined && this.#now() - failedMs < MEMORY_MS;
  }

  failed(key: string): void {
    if (this.#failedMs.size >= MAX_ORIGINS) this.#failedMs.clear();
    this.#failedMs.set(key, this.#now());
  }

  reached(key: string): void {
    this.#failedMs.delete(key);
  }
}
