// What the segmenter needs of a format: frames in, pages of a segment out. One writer lives as long as one publish.

import type { TsSkipReason } from '../../container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../media/message.ts';

/** Why a frame is in no segment. */
export type SkipReason = TsSkipReason;

/** Where the bytes go. */
export interface SegmentPageHost {
  /** A page of at least `minSize` bytes; undefined if the disk is too far behind or the memory used up. */
  take(minSize: number): Buffer | undefined;
  /** Hands over the bytes from..to of a page, and the page. */
  append(page: Buffer, from: number, to: number): void;
}

export interface SegmentWriter {
  /** Pictures have been seen. */
  readonly hasVideo: boolean;
  /** Samples per second of the AAC track, 0 if there is none. */
  readonly aacSampleRate: number;
  /** Why the last message is left out, undefined if it is not or there was nothing in it. */
  readonly skipReason: SkipReason | undefined;
  /** A track has come that the open segment cannot take: it should end soon. */
  readonly isCutDue: boolean;
  /** Takes a decoder configuration in. */
  header(message: MediaMessage): void;
  /**
   * Looks at a frame; its payload is lent until `write`.
   * @param dts decoding time, ticks of 1/90000 s
   * @returns false if there is nothing to write
   */
  prepare(message: MediaMessage, dts: number): boolean;
  /**
   * Opens a segment; the prepared frame may be its first.
   * @param sequence its number, if it must fit to whatever server's segment before it
   */
  open(sequence?: number): void;
  /** Writes the prepared frame. @returns false if there is no page for it: the segment is lost */
  write(): boolean;
  /** Writes frames that still wait for others. @returns as `write` */
  writeRest(): boolean;
  /**
   * Hands over what is left of the segment.
   * @param isNumbered whatever server's next segment must fit to it
   */
  close(isNumbered?: boolean): SegmentContent;
  /** Forgets the open segment. */
  abandon(): void;
}

export interface SegmentContent {
  readonly isEmpty: boolean;
  /** What players need before the segment, if the format has such a thing (fMP4). */
  readonly init: Buffer | undefined;
}
