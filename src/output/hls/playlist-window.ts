// The segments that a playlist lists right now, and their numbers (spec http-delivery 3.2, 3.3).

import { encodeMediaPlaylist, type PlaylistSegment } from '../../container/m3u8/media-playlist.ts';

/** A segment with the place of its bytes: a file's path, or a key of the memory; undefined if it lies elsewhere. */
export interface ListedSegment extends PlaylistSegment {
  readonly path: string | undefined;
}

export class PlaylistWindow {
  #segments: ListedSegment[] = [];
  #nextSequence = 0;

  get segments(): readonly ListedSegment[] {
    return this.#segments;
  }

  /** Number of the next segment. It never goes back. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Makes the next number at least `sequence`. */
  continueAt(sequence: number): void {
    if (sequence > this.#nextSequence) this.#nextSequence = sequence;
  }

  /** Replaces the list by one that was found, which ends with the highest number. */
  adopt(segments: readonly ListedSegment[]): void {
    this.#segments = [...segments];
    const last = segments.at(-1);
    if (last !== undefined) this.continueAt(last.sequence + 1);
  }

  /** Lists a segment; its number is `nextSequence`. */
  add(segment: ListedSegment): void {
    this.#segments.push(segment);
    this.#nextSequence = segment.sequence + 1;
  }

  /** Takes off what is older than the window: the segment that passes its length is the first that stays. */
  expire(windowMs: number): ListedSegment[] {
    let sumMs = 0;
    let index = this.#segments.length;
    while (index > 0 && sumMs <= windowMs) {
      index--;
      sumMs += this.#segments[index]!.durationMs;
    }
    return sumMs > windowMs ? this.#segments.splice(0, index) : [];
  }

  /** Takes everything off. */
  clear(): ListedSegment[] {
    return this.#segments.splice(0);
  }

  /** The next segment has this number; takes everything off that it does not follow. */
  continueWith(sequence: number): ListedSegment[] {
    if (sequence === this.#nextSequence) return [];
    this.continueAt(sequence);
    return this.clear();
  }

  /** The playlist, undefined if it has no segment. */
  text(minTargetMs: number): string | undefined {
    return this.#segments.length === 0 ? undefined : encodeMediaPlaylist(this.#segments, minTargetMs);
  }
}
