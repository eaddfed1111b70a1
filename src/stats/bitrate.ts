// Bit rates as SRS shows them in the API (`recv_30s`) and in log lines (`okbps=a,b,c`). Nobody counts per
// message: a tick every few seconds hands in the total so far.

const WINDOW_30_S_MS = 30_000;
const WINDOW_5_MIN_MS = 300_000;

/**
 * Mean rate over a window that tumbles, as SRS has it: the value stays until a sample finds that the window is
 * over, so it is 0 during the first one and follows changes up to two windows late.
 */
export class RateWindow {
  readonly #windowMs: number;
  #startMs: number;
  #startBytes: number;
  #kbps = 0;

  constructor(windowMs: number, startMs: number, startBytes = 0) {
    this.#windowMs = windowMs;
    this.#startMs = startMs;
    this.#startBytes = startBytes;
  }

  /** kbit/s (k = 1000), an integer. */
  get kbps(): number {
    return this.#kbps;
  }

  sample(totalBytes: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < this.#windowMs) return;
    this.#kbps = meanKbps(totalBytes - this.#startBytes, elapsedMs);
    this.#startMs = nowMs;
    this.#startBytes = totalBytes;
  }
}

/** The three rates of one direction. */
export class Bitrate {
  readonly #startMs: number;
  readonly #last30Sec: RateWindow;
  readonly #last5Min: RateWindow;
  #averageKbps = 0;

  /** `startMs` is on any clock that does not jump; the samples' times are on the same. */
  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#last30Sec = new RateWindow(WINDOW_30_S_MS, startMs);
    this.#last5Min = new RateWindow(WINDOW_5_MIN_MS, startMs);
  }

  /** Since the start, as of the last sample. kbit/s */
  get averageKbps(): number {
    return this.#averageKbps;
  }

  get last30SecKbps(): number {
    return this.#last30Sec.kbps;
  }

  get last5MinKbps(): number {
    return this.#last5Min.kbps;
  }

  /** Takes the total of bytes since the start. Call it every 3 s or so. */
  sample(totalBytes: number, nowMs: number): void {
    this.#averageKbps = meanKbps(totalBytes, nowMs - this.#startMs);
    this.#last30Sec.sample(totalBytes, nowMs);
    this.#last5Min.sample(totalBytes, nowMs);
  }

  /** `1113,1120,0`: since the start, last 30 s, last 5 min, as in SRS's log lines. */
  toString(): string {
    return `${this.averageKbps},${this.last30SecKbps},${this.last5MinKbps}`;
  }
}

function meanKbps(bytes: number, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.floor((bytes * 8) / elapsedMs) : 0;
}
