// Sums up what would otherwise be a line per frame: a broken publisher, a slow viewer, a full disk.

/** Anything that takes a line: `logger.warn`, say. */
export type WriteLine = (text: string) => void;

const INTERVAL_MS = 1000;
const MAX_KEYS = 64;
const OVERFLOW_KEY = 'other';

interface Repeated {
  /** Not yet written. */
  count: number;
  lastText: string;
  /** The first line went out within the running interval, so that its end comes too early for the next. */
  isNew: boolean;
}

/**
 * Writes at most one line per key and interval: the first text at once; if more came, the last of them with
 * their number one to two intervals later. Beyond 64 keys at a time all further ones share one.
 */
export class RateLimitedLog {
  readonly #write: WriteLine;
  readonly #intervalMs: number;
  readonly #repeated = new Map<string, Repeated>();
  #timer: NodeJS.Timeout | undefined;

  /** `intervalMs` is 1000 by default. */
  constructor(write: WriteLine, intervalMs = INTERVAL_MS) {
    this.#write = write;
    this.#intervalMs = intervalMs;
  }

  /** `key` says what kind of trouble it is and must not come from a peer; `text` says it to a reader. */
  add(key: string, text: string): void {
    const isFull = this.#repeated.size >= MAX_KEYS && !this.#repeated.has(key);
    const known = isFull ? OVERFLOW_KEY : key;
    const repeated = this.#repeated.get(known);
    if (repeated === undefined) {
      this.#repeated.set(known, { count: 0, lastText: text, isNew: true });
      this.#startTimer();
      this.#write(text);
      return;
    }
    repeated.count++;
    repeated.lastText = text;
  }

  /** Writes what is summed up so far and stops. May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const repeated of this.#repeated.values()) this.#writeSum(repeated);
    this.#repeated.clear();
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#endInterval(), this.#intervalMs);
    this.#timer.unref();
  }

  #endInterval(): void {
    this.#timer = undefined;
    for (const [key, repeated] of this.#repeated) {
      if (repeated.isNew) repeated.isNew = false;
      else if (repeated.count > 0) this.#writeSum(repeated);
      // A quiet interval: the next text is news again.
      else this.#repeated.delete(key);
    }
    if (this.#repeated.size > 0) this.#startTimer();
  }

  #writeSum(repeated: Repeated): void {
    if (repeated.count > 1) this.#write(`${repeated.lastText} (${repeated.count} times)`);
    else if (repeated.count === 1) this.#write(repeated.lastText);
    repeated.count = 0;
  }
}
