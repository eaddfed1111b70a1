// How long to wait before the origins are asked once more.

export interface OutageState {
  /** Rounds that failed so far, 0 before the first wait. */
  readonly rounds: number;
  /** Since when there is no upstream, ms. */
  readonly outageMs: number;
  /** The stream was there: viewers look at a frozen picture. */
  readonly hadMedia: boolean;
}

const FIRST_MS = 50;
/** An origin that restarts takes seconds: until then half a second is the most that a viewer loses by waiting. */
const EARLY_CAP_MS = 500;
const EARLY_OUTAGE_MS = 30_000;
/** A stream that nobody publishes may be asked for by anybody. */
const UNKNOWN_CAP_MS = 2000;
const LATE_CAP_MS = 3000;
const JITTER = 0.25;

/** @param random 0 ≤ x < 1: streams that lost the same origin must not come back all at once */
export function retryDelayMs({ rounds, outageMs, hadMedia }: OutageState, random: number): number {
  const early = hadMedia ? EARLY_CAP_MS : UNKNOWN_CAP_MS;
  const cap = outageMs < EARLY_OUTAGE_MS ? early : LATE_CAP_MS;
  const delay = Math.min(cap, FIRST_MS * 2 ** Math.min(rounds, 16));
  return delay * (1 - JITTER + 2 * JITTER * random);
}
