// Decides where the segments of a stream begin, for this server's edges (see SegmentMark): at a key frame, once a segment
// has its wanted length. Where a stream comes from another server with marks, those are remembered, so that a publisher
// of this server could go on with their numbers.

import type { MediaMessage, SegmentMark } from '../media/message.ts';
import type { MarkPlace, MarkRequest } from './mark-request.ts';

/** 2020-01-01: the numbers stay below 2^31, which is what some players read, for many years. */
const SEQUENCE_EPOCH_MS = Date.UTC(2020, 0, 1);
/** Pictures without a key frame, with sound, are cut after so many wanted lengths. */
const WITHOUT_KEY_RATIO = 8;
/** Between two publishers, and where time jumps, ms: the step of the hub's clock. */
const STEP_MS = 10;
/** No pause, but a jump of the publisher's own times, ms. */
const MAX_PAUSE_MS = 60_000;
/** What another server has got of the stream behind the place that an edge tells of, ms. */
const TAKE_OVER_MS = 1000;
/** Clocks of servers may differ by that, ms. */
const MAX_CLOCK_ERROR_MS = 3_600_000;

/**
 * A number above all that another server, or this one before a restart, has given to segments of the stream. Nobody
 * remembers them, but segments are as long as the wanted length or longer, so the clock counts faster; and players
 * wait until a playlist has passed the number that they know (RFC 8216, 6.3.4).
 */
export function clockSequence(nowMs: number, fragmentMs: number): number {
  return Math.max(0, Math.floor((nowMs - SEQUENCE_EPOCH_MS) / fragmentMs));
}

export class SegmentMarks {
  #fragmentMs: number;
  #nextSequence: number;
  /** The latest mark: its time on the shared timeline, and on the stream's clock; NaN before the first. */
  #timeMs = 0;
  #markedMs = Number.NaN;
  /** The next message that a segment may begin with does begin one. */
  #isDue = true;
  #hasVideo = false;
  #isDiscontinuity = false;

  /** @param nowMs wall clock, ms since 1970 */
  constructor(request: MarkRequest, nowMs: number) {
    this.#fragmentMs = request.fragmentMs;
    this.#nextSequence = clockSequence(nowMs, request.fragmentMs);
    this.ask(request, nowMs);
  }

  get fragmentMs(): number {
    return this.#fragmentMs;
  }

  /**
   * Somebody asks for marks. The last one decides how long segments are, since edges get another length one after the
   * other; the first one that comes from another server decides where the numbers go on, if there are none yet.
   * @param nowMs wall clock, ms since 1970
   */
  ask({ fragmentMs, last }: MarkRequest, nowMs: number): void {
    this.#fragmentMs = fragmentMs;
    const isTold = !Number.isNaN(this.#markedMs) || this.#isDiscontinuity;
    // Numbers far ahead of the clock are nobody's.
    if (isTold || last === undefined || last.sequence > clockSequence(nowMs + MAX_CLOCK_ERROR_MS, fragmentMs))
      return;
    this.#nextSequence = last.sequence + 1;
    this.#timeMs = last.timeMs + TAKE_OVER_MS;
    this.#isDiscontinuity = true;
  }

  /** Where the stream stands. @param streamMs its latest time on its own clock */
  place(streamMs: number): MarkPlace | undefined {
    if (Number.isNaN(this.#markedMs)) return undefined;
    const sinceMs = Math.max(0, streamMs - this.#markedMs);
    return { sequence: this.#nextSequence - 1, timeMs: this.#timeMs + sinceMs };
  }

  /** A publisher starts. */
  restart(): void {
    this.#hasVideo = false;
    this.changed();
  }

  /** A decoder configuration has changed, or a track has come: the next segment does not continue the last one. */
  changed(): void {
    this.#isDue = true;
    if (!Number.isNaN(this.#markedMs)) this.#isDiscontinuity = true;
  }

  /** A mark came from the server of the publisher with the message of this time. */
  passed(mark: SegmentMark, timestampMs: number): void {
    this.#fragmentMs = mark.fragmentMs;
    this.#nextSequence = mark.sequence + 1;
    this.#timeMs = mark.timeMs;
    this.#markedMs = timestampMs;
  }

  /**
   * The mark of the next message, if a segment begins with it.
   * @param timestampMs on the stream's clock
   * @param hasVideo pictures have come, or are announced
   */
  next(
    track: MediaMessage['track'],
    isKeyFrame: boolean,
    timestampMs: number,
    hasVideo: boolean,
  ): SegmentMark | undefined {
    if (hasVideo && !this.#hasVideo && !this.#isDue) this.changed();
    this.#hasVideo = hasVideo;
    const lengthMs = timestampMs - this.#markedMs;
    if (isKeyFrame || (track === 'audio' && !hasVideo)) {
      if (!this.#isDue && lengthMs >= 0 && lengthMs < this.#fragmentMs) return undefined;
    } else if (track === 'video' || !(lengthMs >= WITHOUT_KEY_RATIO * this.#fragmentMs)) {
      return undefined;
    }
    return this.#mark(timestampMs, lengthMs);
  }

  #mark(timestampMs: number, lengthMs: number): SegmentMark {
    const isFirst = Number.isNaN(lengthMs);
    const isJump = lengthMs < 0 || lengthMs > MAX_PAUSE_MS;
    if (!isFirst) this.#timeMs += isJump ? STEP_MS : lengthMs;
    const mark = {
      fragmentMs: this.#fragmentMs,
      sequence: this.#nextSequence,
      timeMs: this.#timeMs,
      isDiscontinuity: this.#isDiscontinuity || isJump,
    };
    this.#nextSequence++;
    this.#markedMs = timestampMs;
    this.#isDue = false;
    this.#isDiscontinuity = false;
    return mark;
  }
}
