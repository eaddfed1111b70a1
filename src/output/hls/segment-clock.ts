// From the times of messages to the times in segments: one timeline over all publishes, or that of the origin's marks.

import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage } from '../../media/message.ts';
import { unwrapTimestamp } from '../../media/timestamp.ts';
import { AudioSampleClock } from './audio-sample-clock.ts';

/** What the publishes of a stream share, so that players see one timeline. Changed in place. */
export interface SegmentTimeline {
  /** The latest time written, ms; -1 before the first. */
  lastMs: number;
}

/** Where a publish goes on whose times start before the end of the last one, ms: the step of the hub's clock. */
const REPUBLISH_STEP_MS = 10;

export class SegmentClock {
  readonly #timeline: SegmentTimeline;
  readonly #isDtsDirect: boolean;
  #samples: AudioSampleClock;
  /** Added to all times of this publish, ms; undefined before its first frame. */
  #offsetMs: number | undefined;
  #lastInputMs: number | undefined;

  /** @param isDtsDirect audio has the publisher's times, too, not counted ones */
  constructor(timeline: SegmentTimeline, isDtsDirect: boolean) {
    this.#timeline = timeline;
    this.#isDtsDirect = isDtsDirect;
    this.#samples = new AudioSampleClock();
  }

  /** Time of a message, ms. The publisher's own times (`atc on`) wrap. */
  timeOf(message: MediaMessage): number {
    const inputMs = this.#inputTime(message);
    if (this.#offsetMs === undefined) {
      const { lastMs } = this.#timeline;
      this.#offsetMs = inputMs <= lastMs ? lastMs + REPUBLISH_STEP_MS - inputMs : 0;
    }
    return inputMs + this.#offsetMs;
  }

  /** Time of an audio frame, ticks of 1/90000 s. @param sampleRate of the AAC track, 0 if unknown */
  soundTimeOf(message: MediaMessage, sampleRate: number): number {
    const timeMs = this.timeOf(message);
    const counted = this.#isDtsDirect ? undefined : this.#samples.next(timeMs, message, sampleRate);
    return counted ?? timeMs * TICKS_PER_MS;
  }

  /** The message has this time, ms, and what follows goes on from there. */
  anchor(message: MediaMessage, timeMs: number): void {
    this.#offsetMs = timeMs - this.#inputTime(message);
    this.#samples = new AudioSampleClock();
  }

  /** A frame of this time is written, ms. */
  wrote(timeMs: number): void {
    if (timeMs > this.#timeline.lastMs) this.#timeline.lastMs = timeMs;
  }

  #inputTime({ timestampMs }: MediaMessage): number {
    this.#lastInputMs = unwrapTimestamp(timestampMs, this.#lastInputMs ?? timestampMs);
    return this.#lastInputMs;
  }
}
