// Reads an RTMP chunk stream at the least cost: headers are parsed, payloads are skipped where they lie, and
// only the first bytes of a message are kept (frame type, stamp, command). RTMP 1.0, 5.3.1.

/** Enough for a stamp in a frame, and for the commands and statuses that servers send. */
export const HEAD_BYTES = 512;

const TYPE_SET_CHUNK_SIZE = 1;
const DEFAULT_CHUNK_SIZE = 128;
const MAX_HEADER_BYTES = 18;
const EXTENDED = 0xffffff;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;

export type OnMessage = (
  type: number,
  timestampMs: number,
  lengthBytes: number,
  head: Buffer,
  headBytes: number,
) => void;

/** What the chunks of one chunk stream id refer back to, and how far its message has come. */
class ChunkStream {
  timestampMs = 0;
  deltaMs = 0;
  lengthBytes = 0;
  type = 0;
  isExtended = false;
  leftBytes = 0;
  headBytes = 0;
  readonly head = Buffer.allocUnsafeSlow(HEAD_BYTES);
}

export class ChunkReader {
  private readonly onMessage: OnMessage;
  private readonly streams = new Map<number, ChunkStream>();
  private readonly pending = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES);
  private pendingBytes = 0;
  private chunkSizeBytes = DEFAULT_CHUNK_SIZE;
  private current: ChunkStream | undefined;
  /** Payload bytes of the current chunk that have not arrived yet. */
  private chunkLeftBytes = 0;

  constructor(onMessage: OnMessage) {
    this.onMessage = onMessage;
  }

  /** Takes `data` up to `end`; nothing of it is kept after the call. */
  feed(data: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      at = this.current === undefined ? this.readHeader(data, at, end) : this.skipPayload(data, at, end);
    }
  }

  private readHeader(data: Buffer, start: number, end: number): number {
    if (this.pendingBytes === 0) {
      const size = this.headerSize(data, start, end - start);
      if (size <= end - start) {
        this.startChunk(data, start);
        return start + size;
      }
    }
    return this.completeHeader(data, start, end);
  }

  /** The header is cut by the end of a read: collects it byte by byte. */
  private completeHeader(data: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      this.pending[this.pendingBytes++] = data[at++]!;
      if (this.headerSize(this.pending, 0, this.pendingBytes) === this.pendingBytes) {
        this.pendingBytes = 0;
        this.startChunk(this.pending, 0);
        return at;
      }
    }
    return at;
  }

  /** Size of the header at `at`, or a number above `available` when more bytes must be seen first. */
  private headerSize(data: Buffer, at: number, available: number): number {
    const first = data[at]!;
    const basic = basicHeaderSize(first);
    if (available < basic) return basic;
    const format = first >> 6;
    const fixed = basic + MESSAGE_HEADER_BYTES[format as 0 | 1 | 2 | 3];
    if (format === 3) {
      return fixed + (this.streams.get(chunkStreamId(data, at))?.isExtended ? 4 : 0);
    }
    if (available < fixed) return fixed;
    return fixed + (data.readUIntBE(at + basic, 3) === EXTENDED ? 4 : 0);
  }

  private startChunk(data: Buffer, at: number): void {
    const id = chunkStreamId(data, at);
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = new ChunkStream();
      this.streams.set(id, stream);
    }
    const format = data[at]! >> 6;
    const field = at + basicHeaderSize(data[at]!);
    if (format < 3) readMessageHeader(stream, format, data, field);
    if (stream.leftBytes === 0) startMessage(stream, format);
    this.current = stream;
    this.chunkLeftBytes = Math.min(stream.leftBytes, this.chunkSizeBytes);
    if (this.chunkLeftBytes === 0) this.endChunk(stream);
  }

  private skipPayload(data: Buffer, at: number, end: number): number {
    const stream = this.current!;
    const taken = Math.min(this.chunkLeftBytes, end - at);
    if (stream.headBytes < HEAD_BYTES) {
      const kept = Math.min(taken, HEAD_BYTES - stream.headBytes);
      data.copy(stream.head, stream.headBytes, at, at + kept);
      stream.headBytes += kept;
    }
    this.chunkLeftBytes -= taken;
    stream.leftBytes -= taken;
    if (this.chunkLeftBytes === 0) this.endChunk(stream);
    return at + taken;
  }

  private endChunk(stream: ChunkStream): void {
    this.current = undefined;
    if (stream.leftBytes > 0) return;
    if (stream.type === TYPE_SET_CHUNK_SIZE && stream.headBytes >= 4) {
      this.chunkSizeBytes = stream.head.readUInt32BE(0) & 0x7fffffff;
    }
    this.onMessage(stream.type, stream.timestampMs, stream.lengthBytes, stream.head, stream.headBytes);
  }
}

function basicHeaderSize(first: number): number {
  const id = first & 0x3f;
  return id === 0 ? 2 : id === 1 ? 3 : 1;
}

function chunkStreamId(data: Buffer, at: number): number {
  const id = data[at]! & 0x3f;
  if (id === 0) return data[at + 1]! + 64;
  if (id === 1) return data[at + 2]! * 256 + data[at + 1]! + 64;
  return id;
}

function readMessageHeader(stream: ChunkStream, format: number, data: Buffer, at: number): void {
  const time = data.readUIntBE(at, 3);
  stream.isExtended = time === EXTENDED;
  const extendedAt = at + MESSAGE_HEADER_BYTES[format as 0 | 1 | 2];
  stream.deltaMs = stream.isExtended ? data.readUInt32BE(extendedAt) : time;
  if (format === 2) return;
  stream.lengthBytes = data.readUIntBE(at + 3, 3);
  stream.type = data[at + 6]!;
}

/** A type-3 header that opens a message repeats the delta of the one before. RTMP 1.0, 5.3.1.2.4 */
function startMessage(stream: ChunkStream, format: number): void {
  stream.timestampMs = format === 0 ? stream.deltaMs : (stream.timestampMs + stream.deltaMs) >>> 0;
  stream.leftBytes = stream.lengthBytes;
  stream.headBytes = 0;
}
