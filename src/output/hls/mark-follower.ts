// Goes by the marks of the server where the stream is published, so that all edges have the same segments: which mark
// begins a segment here, and whether the one before it is whole.

import type { SegmentMark } from '../../media/message.ts';

export type MarkStep =
  /** Players have higher numbers by far: this stream is cut without marks. */
  | { readonly type: 'ignored' }
  /** Players have that number already; a later one will do. */
  | { readonly type: 'behind' }
  | {
      readonly type: 'begins';
      /** The segment before goes into the playlist. What began without a mark, or lacks its end, does not. */
      readonly isWhole: boolean;
      /** Its length, ms; undefined = as its frames have it. */
      readonly durationMs: number | undefined;
    };

/** A mark may be that far behind what is listed: edges have not all seen the same of a server that is gone. */
const MAX_BEHIND = 8;
/** A key frame would have begun a segment after one wanted length, sound after eight: with so many, marks have ended. */
const OVERDUE_RATIO = { keyFrame: 2, sound: 10 };

export class MarkFollower {
  #mark: SegmentMark | undefined;
  #isBehind = false;

  /** The mark that the open segment began with; undefined if it began without one. */
  get mark(): SegmentMark | undefined {
    return this.#mark;
  }

  /** What comes belongs to no segment until the next mark. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /**
   * A mark has come.
   * @param nextSequence the lowest number that the next segment may have
   * @param hasListed there are segments in the playlist
   */
  next(mark: SegmentMark, nextSequence: number, hasListed: boolean): MarkStep {
    const last = this.#mark;
    if (nextSequence - mark.sequence > MAX_BEHIND) {
      this.leave();
      return { type: 'ignored' };
    }
    this.#mark = mark;
    this.#isBehind = mark.sequence < nextSequence;
    if (this.#isBehind) return { type: 'behind' };
    if (last === undefined) return { type: 'begins', isWhole: hasListed, durationMs: undefined };
    const isWhole = mark.sequence === last.sequence + 1;
    const isExact = isWhole && !mark.isDiscontinuity;
    return { type: 'begins', isWhole, durationMs: isExact ? mark.timeMs - last.timeMs : undefined };
  }

  /** The marks have ended: another origin, which has none. @param durationMs of the segment without the frame */
  isOverdue(durationMs: number, isKeyFrame: boolean): boolean {
    const ratio = isKeyFrame ? OVERDUE_RATIO.keyFrame : OVERDUE_RATIO.sound;
    return this.#mark !== undefined && durationMs >= ratio * this.#mark.fragmentMs;
  }

  /** The open segment is lost, the next mark begins another. */
  skip(): void {
    this.#isBehind = this.#mark !== undefined;
  }

  /** Segments begin where this server says, from here on. */
  leave(): void {
    this.#mark = undefined;
    this.#isBehind = false;
  }
}
