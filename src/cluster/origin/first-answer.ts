// Several askers, one answer: the first that is found, or none when all have come back empty or time is up.

export class FirstAnswer<T> {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #pending = 0;
  #isOver = false;
  #isLate = false;
  #found: T | undefined;
  #resolve: (value: T | undefined) => void = () => {};

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#end();
    }, timeoutMs);
  }

  /** For the askers: nobody waits for them any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The others have answered for all: an asker that is through now has done nothing wrong. */
  get isSettled(): boolean {
    return this.#isOver && !this.#isLate;
  }

  /** The answer is not "none" before this asker is through. It must not reject. */
  waitFor(asker: Promise<void>): void {
    this.#pending++;
    void asker.then(() => {
      this.#pending--;
      if (this.#pending === 0) this.#end();
    });
  }

  found(value: T): void {
    this.#found ??= value;
    this.#end();
  }

  /** To be called once, in the same turn as the first `waitFor`. */
  result(): Promise<T | undefined> {
    if (this.#pending === 0) this.#end();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (this.#isOver) resolve(this.#found);
    });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#resolve(this.#found);
    this.#abort.abort();
  }
}
