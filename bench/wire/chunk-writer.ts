// RTMP chunks as the load clients send them: every message starts with a type-0 header, so that its
// timestamp can be patched in place, and goes on with type-3 headers. RTMP 1.0, 5.3.1.

/** Bytes of a type-0 header with a one-byte chunk stream id and no extended timestamp. */
export const CHUNK_HEADER_BYTES = 12;

export interface OutMessage {
  readonly chunkStreamId: number;
  readonly type: number;
  readonly streamId: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

export function encodeChunks(message: OutMessage, chunkSizeBytes: number): Buffer {
  const { body } = message;
  const header = Buffer.alloc(CHUNK_HEADER_BYTES);
  header[0] = message.chunkStreamId;
  header.writeUIntBE(message.timestampMs, 1, 3);
  header.writeUIntBE(body.length, 4, 3);
  header[7] = message.type;
  header.writeUInt32LE(message.streamId, 8);
  const parts: Buffer[] = [header, body.subarray(0, chunkSizeBytes)];
  for (let at = chunkSizeBytes; at < body.length; at += chunkSizeBytes) {
    parts.push(Buffer.from([0xc0 | message.chunkStreamId]), body.subarray(at, at + chunkSizeBytes));
  }
  return Buffer.concat(parts);
}

/** Writes the time of a message that `encodeChunks` made and that starts at `offset`. */
export function patchChunkTimestamp(bytes: Buffer, offset: number, timestampMs: number): void {
  bytes[offset + 1] = (timestampMs >>> 16) & 0xff;
  bytes[offset + 2] = (timestampMs >>> 8) & 0xff;
  bytes[offset + 3] = timestampMs & 0xff;
}
