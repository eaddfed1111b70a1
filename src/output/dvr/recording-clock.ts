// Times in one file, by `time_jitter`: each file has a clock of its own.

import type { MediaMessage } from '../../media/message.ts';
import { unwrapTimestamp } from '../../media/timestamp.ts';
import { StreamClock } from '../../stream/stream-clock.ts';

/**
 * `full`: starts at 0 and never jumps. `zero`: starts at 0 and keeps the publisher's steps. `off`: the publisher's
 * times.
 */
export type RecordingJitter = 'full' | 'zero' | 'off';

/** A larger step to before the first message is a jump of the publisher's clock, ms. */
const JUMP_MS = 1000;

export class RecordingClock {
  readonly #jitter: RecordingJitter;
  readonly #steady = new StreamClock();
  #first: number | undefined;
  #last = 0;

  constructor(jitter: RecordingJitter) {
    this.#jitter = jitter;
  }

  /**
   * Time of a message in the file, ms, never negative.
   * @param publishedMs as published, unsigned 32 bits
   */
  map(track: MediaMessage['track'], publishedMs: number): number {
    if (this.#jitter === 'full') return this.#steady.map(track, publishedMs);
    const time = this.#first === undefined ? publishedMs : unwrapTimestamp(publishedMs, this.#last);
    // Tracks may start a little before each other; behind a larger step back, it is there that the file goes on.
    if (this.#first === undefined || time < this.#first - JUMP_MS) this.#first = time;
    this.#last = time;
    return Math.max(0, this.#jitter === 'zero' ? time - this.#first : time);
  }

  /** How long the file is at this time, ms. */
  elapsed(timeMs: number): number {
    return this.#jitter === 'off' ? timeMs - (this.#first ?? timeMs) : timeMs;
  }
}
