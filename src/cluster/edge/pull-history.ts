// The last two groups of pictures that a pull has passed on, as marks: enough to know where another server's copy
// of the stream overlaps with what the viewers already have.

import type { MediaMessage } from '../../media/message.ts';
import { messageMark } from './message-mark.ts';

export interface PastMessage {
  readonly track: MediaMessage['track'];
  readonly isKeyFrame: boolean;
  readonly mark: number;
  /** As it was passed on, unsigned 32 bits, ms. */
  readonly timestampMs: number;
}

/** A group of pictures that is longer than that is not remembered: about a minute of audio and video. */
const MAX_GROUP = 6000;

/** What follows a key frame that was passed on. */
export interface Tail {
  readonly keyFrame: PastMessage;
  /** Marks of all that followed, by track. */
  readonly audio: readonly number[];
  readonly video: readonly number[];
}

export class PullHistory {
  #previous: PastMessage[] = [];
  #current: PastMessage[] = [];
  #lastMs = 0;
  #isEmpty = true;
  #hasVideo = false;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The stream has had pictures, so that it can only go on with a key frame. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** The latest time that was passed on, unsigned 32 bits. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** @param message as it was passed on */
  add(message: MediaMessage): void {
    const { track, isKeyFrame, timestampMs } = message;
    if (this.#isEmpty || ((timestampMs - this.#lastMs) | 0) > 0) this.#lastMs = timestampMs;
    this.#isEmpty = false;
    if (track === 'video') this.#hasVideo = true;
    if (isKeyFrame) {
      this.#previous = this.#current;
      this.#current = [];
    } else if (this.#current.length === 0 || this.#current.length > MAX_GROUP) {
      // Before the first key frame, or too long: nothing could be found again.
      this.#current.length = 0;
      return;
    }
    this.#current.push({ track, isKeyFrame, mark: messageMark(message), timestampMs });
  }

  /** The latest key frame with this mark, and what came after it. */
  findTail(mark: number): Tail | undefined {
    const past = [...this.#previous, ...this.#current];
    const at = past.findLastIndex((message) => message.isKeyFrame && message.mark === mark);
    const keyFrame = past[at];
    if (keyFrame === undefined) return undefined;
    const after = past.slice(at + 1);
    const marksOf = (track: MediaMessage['track']) =>
      after.filter((message) => message.track === track).map((message) => message.mark);
    return { keyFrame, audio: marksOf('audio'), video: marksOf('video') };
  }
}
