// The counter behind [timestamp] with `hls_ts_floor on` (spec http-delivery 3.4): one more per segment, close to the
// wall clock divided by the fragment length, so that several servers name their segments alike.

/** A segment must not fall behind or run ahead of the clock by more fragments than that. */
const MAX_DEVIATION = 20;
/** So much of the deviation is made up for by the length of the next segment. */
const CATCH_UP = 0.3;

export interface FloorStep {
  readonly floor: number;
  /** What somebody should hear of, undefined if all is well. */
  readonly warning: string | undefined;
}

export class FloorCounter {
  readonly #fragmentMs: number;
  #accepted: number | undefined;
  #previous: number | undefined;
  #deviation = 0;

  /** @param fragmentMs `hls_fragment` */
  constructor(fragmentMs: number) {
    this.#fragmentMs = fragmentMs;
  }

  /** How far the counter is ahead of the clock, fragments. */
  get deviation(): number {
    return this.#deviation;
  }

  /** What the wanted length of the open segment changes by, ms. */
  get extraMs(): number {
    return CATCH_UP * this.#deviation * this.#fragmentMs;
  }

  /** Counts a segment that opens at `nowMs`. */
  next(nowMs: number): FloorStep {
    const current = Math.floor(nowMs / this.#fragmentMs);
    let accepted = this.#accepted === undefined ? current - 1 : this.#accepted + 1;
    let warning: string | undefined;
    if (accepted - current > MAX_DEVIATION) {
      warning = `hls: jmp for ts deviation, current=${current}, accept=${accepted}`;
      accepted = current - 1;
    }
    this.#deviation = accepted - current;
    const previous = this.#previous;
    if (previous !== undefined && previous !== current - 1) {
      warning ??= `hls: dup/jmp ts, previous=${previous}, current=${current}, accept=${accepted}, deviation=${this.#deviation}`;
    }
    this.#accepted = accepted;
    this.#previous = current;
    return { floor: accepted, warning };
  }
}
