// Writes RTMP chunks into a Buffer that the caller owns: the bricks of ChunkEncoder and of the bytes that all
// viewers of a stream share (output/rtmp). Nothing here keeps state or allocates; every `write…` returns the
// offset behind what it wrote. RTMP 1.0, 5.3.1.

/** Timestamps (and deltas) from here on do not fit the 3-byte field and go into the extended timestamp. */
export const EXTENDED_TIMESTAMP = 0xffffff;

/** Chunk stream ids for media, one per kind, so that type-1 headers compress against their own kind. */
export const AUDIO_CSID = 4;
export const DATA_CSID = 5;
export const VIDEO_CSID = 6;

/** `extendedTimestamp` of writeChunkedPayload when the message has none. */
const NO_EXTENDED_TIMESTAMP = -1;

/** Bytes of a basic header: 1 for ids 2–63, 2 for 64–319, 3 up to 65599. */
export function basicHeaderSize(csid: number): number {
  if (csid < 64) return 1;
  return csid < 320 ? 2 : 3;
}

/** Bytes of the header that opens a message: type 0 with absolute time, type 1 with a delta. */
export function messageHeaderSize(fmt: 0 | 1, csid: number, timestampOrDelta: number): number {
  const extended = timestampOrDelta >= EXTENDED_TIMESTAMP ? 4 : 0;
  return basicHeaderSize(csid) + (fmt === 0 ? 11 : 7) + extended;
}

/** Bytes that writeChunkedPayload needs: the payload and its type-3 headers. */
export function chunkedSize(
  length: number,
  chunkSize: number,
  csid: number = AUDIO_CSID,
  extendedTimestamp: number = NO_EXTENDED_TIMESTAMP,
): number {
  if (length <= chunkSize) return length;
  const extended = extendedTimestamp === NO_EXTENDED_TIMESTAMP ? 0 : 4;
  return length + (Math.ceil(length / chunkSize) - 1) * (basicHeaderSize(csid) + extended);
}

/** What to give writeChunkedPayload as `extendedTimestamp` after a header with this timestamp or delta. */
export function extendedTimestampOf(timestampOrDelta: number): number {
  return timestampOrDelta >= EXTENDED_TIMESTAMP ? timestampOrDelta : NO_EXTENDED_TIMESTAMP;
}

/** Type-0 header: absolute `timestamp` (unsigned 32 bits, ms), opens or re-anchors a chunk stream. */
export function writeMessageHeader0(
  buf: Buffer,
  offset: number,
  csid: number,
  timestamp: number,
  length: number,
  typeId: number,
  streamId: number,
): number {
  let at = writeBasicHeader(buf, offset, 0, csid);
  at = writeTimeLengthType(buf, at, timestamp, length, typeId);
  // The message stream id is the one little-endian field of RTMP (5.3.1.2.1).
  buf[at] = streamId & 0xff;
  buf[at + 1] = (streamId >>> 8) & 0xff;
  buf[at + 2] = (streamId >>> 16) & 0xff;
  buf[at + 3] = streamId >>> 24;
  return writeExtendedTimestamp(buf, at + 4, timestamp);
}

/** Type-1 header: `delta` (ms, not negative) to the previous message of this chunk stream. */
export function writeMessageHeader1(
  buf: Buffer,
  offset: number,
  csid: number,
  delta: number,
  length: number,
  typeId: number,
): number {
  let at = writeBasicHeader(buf, offset, 1, csid);
  at = writeTimeLengthType(buf, at, delta, length, typeId);
  return writeExtendedTimestamp(buf, at, delta);
}

/**
 * The payload of a message whose header is already written, with a type-3 header before every chunk but the
 * first. With an extended timestamp (extendedTimestampOf) each type-3 header repeats it, as SRS, Flash and
 * ffmpeg expect.
 */
export function writeChunkedPayload(
  buf: Buffer,
  offset: number,
  payload: Uint8Array,
  csid: number,
  chunkSize: number,
  extendedTimestamp: number = NO_EXTENDED_TIMESTAMP,
): number {
  const { length } = payload;
  if (length <= chunkSize) {
    buf.set(payload, offset);
    return offset + length;
  }
  let at = offset;
  for (let from = 0; from < length; from += chunkSize) {
    if (from > 0) {
      at = writeBasicHeader(buf, at, 3, csid);
      if (extendedTimestamp !== NO_EXTENDED_TIMESTAMP) at = writeU32(buf, at, extendedTimestamp);
    }
    const part = payload.subarray(from, from + chunkSize);
    buf.set(part, at);
    at += part.length;
  }
  return at;
}

/** RTMP 1.0, 5.3.1.1: format in the two high bits, then the id in 6 bits, or 64 + 8 or 16 bits (low byte first). */
export function writeBasicHeader(buf: Buffer, offset: number, fmt: 0 | 1 | 2 | 3, csid: number): number {
  const high = fmt << 6;
  if (csid < 64) {
    buf[offset] = high | csid;
    return offset + 1;
  }
  buf[offset] = csid < 320 ? high : high | 1;
  buf[offset + 1] = (csid - 64) & 0xff;
  if (csid < 320) return offset + 2;
  buf[offset + 2] = (csid - 64) >>> 8;
  return offset + 3;
}

function writeTimeLengthType(
  buf: Buffer,
  offset: number,
  timestampOrDelta: number,
  length: number,
  typeId: number,
): number {
  const time = Math.min(timestampOrDelta, EXTENDED_TIMESTAMP);
  buf[offset] = time >>> 16;
  buf[offset + 1] = (time >>> 8) & 0xff;
  buf[offset + 2] = time & 0xff;
  buf[offset + 3] = length >>> 16;
  buf[offset + 4] = (length >>> 8) & 0xff;
  buf[offset + 5] = length & 0xff;
  buf[offset + 6] = typeId;
  return offset + 7;
}

function writeExtendedTimestamp(buf: Buffer, offset: number, timestampOrDelta: number): number {
  return timestampOrDelta >= EXTENDED_TIMESTAMP ? writeU32(buf, offset, timestampOrDelta) : offset;
}

function writeU32(buf: Buffer, offset: number, value: number): number {
  buf[offset] = value >>> 24;
  buf[offset + 1] = (value >>> 16) & 0xff;
  buf[offset + 2] = (value >>> 8) & 0xff;
  buf[offset + 3] = value & 0xff;
  return offset + 4;
}
