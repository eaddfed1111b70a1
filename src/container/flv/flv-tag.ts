// Writing FLV (Adobe Flash Video File Format 10.1, E.2 to E.4) into buffers that the caller owns. The FLV
// fan-out appends tags to shared pages and patches their timestamps for each viewer, so these functions
// allocate nothing and trust their caller about the room that is left.

export const FLV_TAG_AUDIO = 8;
export const FLV_TAG_VIDEO = 9;
export const FLV_TAG_SCRIPT = 18;
export type FlvTagType = typeof FLV_TAG_AUDIO | typeof FLV_TAG_VIDEO | typeof FLV_TAG_SCRIPT;

/** The file header alone; PreviousTagSize0 (4 bytes) follows. */
export const FLV_FILE_HEADER_SIZE = 9;
/** Type, data size, timestamp and stream id in front of each tag's data. */
export const FLV_TAG_HEADER_SIZE = 11;
/** PreviousTagSize behind each tag. */
const FLV_TAG_TRAILER_SIZE = 4;
/** What a tag needs beside its data. */
export const FLV_TAG_OVERHEAD = FLV_TAG_HEADER_SIZE + FLV_TAG_TRAILER_SIZE;
/** Data size is 24 bits. */
export const FLV_MAX_DATA_SIZE = 0xffffff;

/** File header and PreviousTagSize0: the 13 bytes that every FLV stream starts with. */
export function encodeFlvHeader(hasAudio: boolean, hasVideo: boolean): Buffer {
  const flags = (hasAudio ? 0x04 : 0) | (hasVideo ? 0x01 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, FLV_FILE_HEADER_SIZE, 0, 0, 0, 0]);
}

/**
 * Writes the 11 bytes before a tag's data. `dataSize` must fit in 24 bits.
 * @returns the offset behind them, where the data goes
 */
export function writeTagHeader(
  target: Buffer,
  offset: number,
  type: FlvTagType,
  dataSize: number,
  timestampMs: number,
): number {
  target[offset] = type;
  target[offset + 1] = dataSize >>> 16;
  target[offset + 2] = dataSize >>> 8;
  target[offset + 3] = dataSize;
  writeTagTimestamp(target, offset, timestampMs);
  target[offset + 8] = 0;
  target[offset + 9] = 0;
  target[offset + 10] = 0;
  return offset + FLV_TAG_HEADER_SIZE;
}

/**
 * Sets the timestamp of the tag that starts at `offset`: 24 low bits, then the 8 high ones. It keeps 31 bits as
 * SRS does, because the field is signed: players take a set top bit for a negative time.
 */
export function writeTagTimestamp(target: Buffer, offset: number, timestampMs: number): void {
  target[offset + 4] = timestampMs >>> 16;
  target[offset + 5] = timestampMs >>> 8;
  target[offset + 6] = timestampMs;
  target[offset + 7] = (timestampMs >>> 24) & 0x7f;
}

/**
 * Writes the PreviousTagSize behind a tag's data.
 * @returns the offset behind it, where the next tag goes
 */
export function writePreviousTagSize(target: Buffer, offset: number, dataSize: number): number {
  const size = FLV_TAG_HEADER_SIZE + dataSize;
  target[offset] = size >>> 24;
  target[offset + 1] = size >>> 16;
  target[offset + 2] = size >>> 8;
  target[offset + 3] = size;
  return offset + FLV_TAG_TRAILER_SIZE;
}

/** A whole tag with its PreviousTagSize, in a Buffer of its own. Throws RangeError above 16,777,215 bytes. */
export function encodeTag(type: FlvTagType, timestampMs: number, data: Buffer): Buffer {
  if (data.length > FLV_MAX_DATA_SIZE) throw new RangeError(`FLV tag data of ${data.length} bytes`);
  const tag = Buffer.allocUnsafe(data.length + FLV_TAG_OVERHEAD);
  const dataOffset = writeTagHeader(tag, 0, type, data.length, timestampMs);
  data.copy(tag, dataOffset);
  writePreviousTagSize(tag, dataOffset + data.length, data.length);
  return tag;
}
