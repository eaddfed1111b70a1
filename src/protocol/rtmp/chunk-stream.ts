// What a chunk decoder remembers of one chunk stream: the last header, and the message that is still incomplete.

import { NO_BYTES } from '../../bytes/no-bytes.ts';

/** The time field of the last header was a timestamp (type 0) or a delta (types 1 and 2). */
export class ChunkStream {
  readonly csid: number;
  /** Of the message that is being read, or was read last: unsigned 32 bits, ms. */
  timestamp = 0;
  /** What a type-3 header that opens a message adds to the timestamp. */
  delta = 0;
  length = 0;
  typeId = 0;
  streamId = 0;
  /** Value of the last header's extended timestamp; meaningful if `hasExtended`. */
  extended = 0;
  hasExtended = false;
  /** Was the last header with a time of type 0? */
  isAbsolute = true;
  /** A header opened a message that is not complete yet. */
  isOpen = false;
  /** Payload bytes of the open message that `body` holds. */
  received = 0;
  /** Holds the open message; grows as its bytes arrive, never ahead of them. */
  body: Buffer = NO_BYTES;

  constructor(csid: number) {
    this.csid = csid;
  }
}
