// RTMP 1.0, section 5.3: messages to chunks and back, for the raw peer. Written apart from the server's code.

export interface RtmpMessage {
  readonly chunkStreamId: number;
  readonly typeId: number;
  readonly streamId: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** A type 0 chunk and type 3 chunks; the extended timestamp is repeated in each, as Adobe's encoder does. */
export function encodeChunks(message: RtmpMessage, chunkSize: number): Buffer {
  const { payload, timestamp } = message;
  const isExtended = timestamp >= 0xffffff;
  const extension = Buffer.alloc(isExtended ? 4 : 0);
  if (isExtended) extension.writeUInt32BE(timestamp);
  const header = Buffer.alloc(11);
  header.writeUIntBE(isExtended ? 0xffffff : timestamp, 0, 3);
  header.writeUIntBE(payload.length, 3, 3);
  header.writeUInt8(message.typeId, 6);
  header.writeUInt32LE(message.streamId, 7);
  const parts = [basicHeader(0, message.chunkStreamId), header, extension, payload.subarray(0, chunkSize)];
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    parts.push(basicHeader(3, message.chunkStreamId), extension, payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

export function basicHeader(format: number, id: number): Buffer {
  if (id < 64) return Buffer.from([(format << 6) | id]);
  if (id < 320) return Buffer.from([format << 6, id - 64]);
  return Buffer.from([(format << 6) | 1, (id - 64) & 0xff, (id - 64) >> 8]);
}

/** What the decoder remembers of a chunk stream. `fields` is what the last header said, delta or absolute. */
interface ChunkStream {
  timestamp: number;
  delta: number;
  isExtended: boolean;
  length: number;
  typeId: number;
  streamId: number;
  parts: Buffer[];
  received: number;
}

export class ChunkDecoder {
  chunkSize = 128;
  readonly #streams = new Map<number, ChunkStream>();
  #pending: Buffer = Buffer.alloc(0);

  /** Feeds bytes and returns the messages that they complete. */
  push(bytes: Buffer): RtmpMessage[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: RtmpMessage[] = [];
    for (;;) {
      const chunk = this.#readChunk(this.#pending);
      if (chunk === undefined) return messages;
      this.#pending = this.#pending.subarray(chunk.size);
      if (!chunk.message) continue;
      if (chunk.message.typeId === 1) this.chunkSize = chunk.message.payload.readUInt32BE(0);
      messages.push(chunk.message);
    }
  }

  #readChunk(bytes: Buffer): { size: number; message?: RtmpMessage } | undefined {
    const first = bytes[0];
    if (first === undefined) return undefined;
    const format = first >> 6;
    let id = first & 63;
    let at = 1;
    if (id === 0) {
      if (bytes.length < 2) return undefined;
      id = 64 + bytes.readUInt8(1);
      at = 2;
    } else if (id === 1) {
      if (bytes.length < 3) return undefined;
      id = 64 + bytes.readUInt16LE(1);
      at = 3;
    }
    const known = this.#streams.get(id);
    if (!known && format !== 0) throw new Error(`chunk stream ${id} starts with a chunk of type ${format}`);
    const stream = known ?? emptyChunkStream();
    const isContinuation = stream.received > 0;
    if (isContinuation && format !== 3)
      throw new Error(`type ${format} inside a message of chunk stream ${id}`);

    const headerSize = [11, 7, 3, 0][format] ?? 0;
    if (bytes.length < at + headerSize) return undefined;
    let field = format < 3 ? bytes.readUIntBE(at, 3) : 0;
    const isExtended = format < 3 ? field === 0xffffff : stream.isExtended;
    const length = format < 2 ? bytes.readUIntBE(at + 3, 3) : stream.length;
    const typeId = format < 2 ? bytes.readUInt8(at + 6) : stream.typeId;
    const streamId = format === 0 ? bytes.readUInt32LE(at + 7) : stream.streamId;
    at += headerSize;
    if (isExtended) {
      if (bytes.length < at + 4) return undefined;
      field = bytes.readUInt32BE(at);
      at += 4;
    }
    const size = Math.min(this.chunkSize, length - stream.received);
    if (bytes.length < at + size) return undefined;

    // Only now is the chunk complete, so only now may the state change.
    this.#streams.set(id, stream);
    if (!isContinuation) {
      if (format < 3) stream.delta = field;
      stream.timestamp = format === 0 ? field : (stream.timestamp + stream.delta) >>> 0;
      if (format === 0) stream.delta = 0;
    }
    Object.assign(stream, { isExtended, length, typeId, streamId });
    stream.parts.push(Buffer.from(bytes.subarray(at, at + size)));
    stream.received += size;
    if (stream.received < length) return { size: at + size };
    const payload = Buffer.concat(stream.parts);
    stream.parts = [];
    stream.received = 0;
    const message = { chunkStreamId: id, typeId, streamId, timestamp: stream.timestamp, payload };
    return { size: at + size, message };
  }
}

function emptyChunkStream(): ChunkStream {
  return {
    timestamp: 0,
    delta: 0,
    isExtended: false,
    length: 0,
    typeId: 0,
    streamId: 0,
    parts: [],
    received: 0,
  };
}
