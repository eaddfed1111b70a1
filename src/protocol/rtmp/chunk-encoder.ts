// Messages to bytes for what a session itself says: commands and protocol control. Type-0 header, then type 3, as
// SRS writes. Media for viewers is written by output/rtmp from the same bricks (chunk-writer.ts).

import {
  chunkedSize,
  extendedTimestampOf,
  messageHeaderSize,
  writeChunkedPayload,
  writeMessageHeader0,
} from './chunk-writer.ts';

const DEFAULT_CHUNK_SIZE = 128;

export class ChunkEncoder {
  /** Applies from the next message on; the peer must have been told before (Set Chunk Size). */
  chunkSize: number = DEFAULT_CHUNK_SIZE;

  /** One whole message, in a Buffer of its own. `timestamp` is unsigned 32 bits, ms. */
  encode(csid: number, typeId: number, streamId: number, timestamp: number, payload: Uint8Array): Buffer {
    const { length } = payload;
    const extended = extendedTimestampOf(timestamp);
    const size = messageHeaderSize(0, csid, timestamp) + chunkedSize(length, this.chunkSize, csid, extended);
    const bytes = Buffer.allocUnsafe(size);
    const at = writeMessageHeader0(bytes, 0, csid, timestamp, length, typeId, streamId);
    writeChunkedPayload(bytes, at, payload, csid, this.chunkSize, extended);
    return bytes;
  }
}
