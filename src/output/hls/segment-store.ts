// Where segments go: a disk or memory. The segmenter hands over bytes in order and never waits; a store works off
// what it got in its own time and says how much of it is still pending.

import type { SegmentMoment } from './hls-names.ts';

/** A full segment, for hooks and the log. Paths and URLs as SRS names them. */
export interface HlsSegmentEvent {
  readonly sequence: number;
  readonly durationMs: number;
  /** File of the segment. */
  readonly path: string;
  /** As the playlist has it. */
  readonly uri: string;
  readonly playlistPath: string;
  /** Playlist below the folder. */
  readonly playlistUrlPath: string;
}

export interface SegmentStoreEvents {
  /** A segment is in the playlist. */
  listed(event: HlsSegmentEvent): void;
  /** A segment was too short and is gone. */
  dropped(sequence: number, uri: string, durationMs: number): void;
  /** Something could not be written; what the error is about is in its message. */
  failed(error: Error): void;
  /** Worth a line in the log, harmless. */
  warned(text: string): void;
}

export interface SegmentStore {
  /** Bytes taken and not yet at their place. */
  readonly pendingBytes: number;
  /** The lowest number that the next segment may have. */
  readonly nextSequence: number;
  /** URI of the segment that is open or was last, '' before the first. */
  readonly currentUri: string;
  /**
   * A publisher comes: what an earlier run or another server left is found and continued.
   * @param previous the stream's store until now, if its settings have changed: its work is finished first
   */
  start(previous?: SegmentStore): void;
  /**
   * @param sequence number of the segment where another server decides, at least `nextSequence`. What is listed goes if
   * the number does not follow. Only memory knows such numbers.
   */
  begin(moment: SegmentMoment, sequence?: number): void;
  /** Takes the bytes from..to of a page, and the page itself: it goes back to its pool when they are written. */
  append(page: Buffer, from: number, to: number): void;
  /**
   * The open segment is complete. Shorter than 100 ms, it is dropped and its number used again.
   * @param init what players need before it, undefined for formats without such a thing
   */
  end(durationMs: number, isDiscontinuity: boolean, init: Buffer | undefined): void;
  /** Gives the open segment up: its bytes, also those still pending, are freed. */
  discard(): void;
  /** Removes everything that is still listed, and the playlist. */
  dispose(): void;
  /** Resolves when all that was handed over until now is at its place. */
  settled(): Promise<void>;
}
