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
/** Encoders are back within a second or two: until then a fifth of one is the most that a viewer loses by waiting. */
const FIRST_CAP_MS = 200;
const FIRST_OUTAGE_MS = 2000;
/** An origin that restarts takes seconds. */
const EARLY_CAP_MS = 500;
const EARLY_OUTAGE_MS = 30_000;
/** A stream that nobody publishes may be asked for by anybody. */
const UNKNOWN_CAP_MS = 2000;
const LATE_CAP_MS = 3000;
const JITTER = 0.25;

/** @param random 0 ≤ x < 1: streams that lost the same origin must not come back all at once */
export function retryDelayMs({ rounds, outageMs, hadMedia }: OutageState, random: number): number {
  const delay = Math.min(capMs(outageMs, hadMedia), FIRST_MS * 2 ** Math.min(rounds, 16));
  return delay * (1 - JITTER + 2 * JITTER * random);
}

function capMs(outageMs: number, hadMedia: boolean): number {
  if (outageMs >= EARLY_OUTAGE_MS) return LATE_CAP_MS;
  if (!hadMedia) return UNKNOWN_CAP_MS;
  return outageMs < FIRST_OUTAGE_MS ? FIRST_CAP_MS : EARLY_CAP_MS;
}
