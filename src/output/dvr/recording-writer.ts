// What a recording needs of a format: messages in, pages of a file out, and what to change in the file at its end.

import type { MediaMessage } from '../../media/message.ts';

/** Where the bytes go. */
export interface RecordingPages {
  /** A page of at least `minSize` bytes; undefined if the disk is too far behind or the memory used up. */
  take(minSize: number): Buffer | undefined;
  /**
   * Hands over the bytes from..to of a page, and the page.
   * @param isWhole a file that ends with these bytes can be played
   */
  append(page: Buffer, from: number, to: number, isWhole: boolean): void;
}

/** Bytes to write into the file, behind its end too. */
export interface FilePatch {
  readonly position: number;
  readonly bytes: Buffer;
}

/** `skipped`: the format has no place for it. `no room`: the disk is too slow. */
export type WriteResult = 'written' | 'skipped' | 'no room';

export interface RecordingWriter {
  /** A change of codecs that another file should start with. */
  readonly isCutDue: boolean;
  /** Why the last message was skipped, undefined if there was nothing in it. */
  readonly skipReason: string | undefined;
  /** Takes a decoder configuration in: the first of its track, or one that differs from the last. */
  header(message: MediaMessage, timeMs: number): WriteResult;
  /** Writes a frame; its payload is lent. `timeMs` is its time in the file. */
  write(message: MediaMessage, timeMs: number): WriteResult;
  /** Hands over what is not yet handed over. */
  flush(): void;
  /**
   * What is to be changed when all is written, in this order.
   * @param sizeBytes of the file: less than was handed over if the disk did not take all
   */
  complete(sizeBytes: number): readonly FilePatch[];
}
