// Bytes to messages, RTMP 1.0, 5.3. The hot path of every publisher: a message that lies in the given bytes as one
// chunk is handed over as a view of them, any other is put together once in a buffer that is used again.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { ProtocolError } from '../error.ts';
import {
  type ChunkLimits,
  COMMAND_LIMITS,
  isCommandType,
  MAX_CHUNK_STREAMS,
  MAX_COMMAND_SIZE,
} from './chunk-limits.ts';
import { ChunkStream } from './chunk-stream.ts';
import { EXTENDED_TIMESTAMP } from './chunk-writer.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message/message-type.ts';

const DEFAULT_CHUNK_SIZE = 128;
/** SRS refuses smaller ones with code 2010. */
const MIN_CHUNK_SIZE = 128;

/** Basic header 3, message header 11, extended timestamp 4. */
const MAX_HEADER_SIZE = 18;
/** Message header without basic header and extended timestamp, by type. */
const HEADER_SIZES = [11, 7, 3, 0] as const;
/** Chunk stream ids below this one are found by index, the others in a map. */
const NEAR_IDS = 16;
/** `#readHeader` when the bytes end inside the header. */
const INCOMPLETE = -1;

/** First size of a buffer for a message in several pieces; doubles as bytes arrive. */
const FIRST_BODY_SIZE = 8 * 1024;
/** A finished message's buffer is kept for the next one up to this size. */
const MAX_SPARE_SIZE = 1024 * 1024;

/** Takes one message; it is lent until the call returns. False stops the decoder behind this message. */
export type MessageSink = (message: RtmpMessage) => boolean;

class LentMessage implements RtmpMessage {
  typeId = 0;
  timestamp = 0;
  streamId = 0;
  csid = 0;
  payload: Buffer = NO_BYTES;
}

/**
 * Decodes one connection's chunks. Set Chunk Size and Abort are obeyed here, and handed over like all messages;
 * messages without payload are skipped, as in SRS.
 */
export class ChunkDecoder {
  readonly #sink: MessageSink;
  /** By id, for the ids that real clients use. */
  readonly #nearStreams: (ChunkStream | undefined)[] = new Array(NEAR_IDS).fill(undefined);
  #farStreams: Map<number, ChunkStream> | undefined;
  readonly #message = new LentMessage();
  /** A header that the last bytes ended in. */
  #carry = NO_BYTES;
  #carrySize = 0;
  #limits: ChunkLimits = COMMAND_LIMITS;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #streamCount = 0;
  /** Capacity of the buffers of all unfinished messages. */
  #unfinishedSize = 0;
  #spare: Buffer = NO_BYTES;
  /** The stream whose chunk payload comes next; undefined: a header comes next. */
  #current: ChunkStream | undefined;
  /** Bytes of that chunk's payload still to come. */
  #chunkLeft = 0;
  #isStopped = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** The peer's chunk size. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** For a peer that has become, or ceased to be, one that may send media. Starts with COMMAND_LIMITS. */
  set limits(limits: ChunkLimits) {
    this.#limits = limits;
    if (this.#spare.length > limits.maxMessageSize) this.#spare = NO_BYTES;
  }

  /**
   * Decodes `bytes` from `offset` on and returns the offset of the first byte not taken, which is `bytes.length`
   * unless the sink stopped the decoder. Nothing refers to `bytes` afterwards. Throws ProtocolError on violations
   * (2001, 2007, 2010, 2013) and past limits; the decoder is of no use then.
   */
  push(bytes: Buffer, offset = 0): number {
    let at = offset;
    this.#isStopped = false;
    while (at < bytes.length && !this.#isStopped) {
      if (this.#current === undefined) {
        at = this.#takeHeader(bytes, at);
      } else {
        const end = Math.min(at + this.#chunkLeft, bytes.length);
        this.#takePayload(this.#current, bytes, at, end);
        at = end;
      }
    }
    return at;
  }

  /** Reads the header at `at`, or keeps its first bytes for the next push. Returns the offset behind it. */
  #takeHeader(bytes: Buffer, at: number): number {
    if (this.#carrySize > 0) return this.#takeCarriedHeader(bytes, at);
    const end = this.#readHeader(bytes, at, bytes.length);
    if (end !== INCOMPLETE) return end;
    if (this.#carry.length === 0) this.#carry = Buffer.alloc(MAX_HEADER_SIZE);
    this.#carrySize = bytes.copy(this.#carry, 0, at);
    return bytes.length;
  }

  /** Completes a carried header byte by byte: rare, and at most 18 times. */
  #takeCarriedHeader(bytes: Buffer, offset: number): number {
    for (let at = offset; at < bytes.length; at++) {
      this.#carry[this.#carrySize++] = bytes[at]!;
      const end = this.#readHeader(this.#carry, 0, this.#carrySize);
      if (end === INCOMPLETE) continue;
      this.#takeCarriedRest(end);
      return at + 1;
    }
    return bytes.length;
  }

  /**
   * Carried bytes behind a header: those that were looked at for an extended timestamp which is not there. They are
   * payload, and perhaps the start of the next header.
   */
  #takeCarriedRest(from: number): void {
    const size = this.#carrySize;
    let at = from;
    if (this.#current !== undefined && at < size) {
      const end = Math.min(at + this.#chunkLeft, size);
      this.#takePayload(this.#current, this.#carry, at, end);
      at = end;
    }
    this.#carry.copyWithin(0, at, size);
    this.#carrySize = size - at;
  }

  /** Returns the offset behind the header at `at`, or INCOMPLETE; changes nothing before the header is whole. */
  #readHeader(bytes: Buffer, at: number, end: number): number {
    const first = bytes[at]!;
    let csid = first & 0x3f;
    let next = at + 1;
    if (csid < 2) {
      next += csid + 1;
      if (next > end) return INCOMPLETE;
      csid = 64 + bytes[at + 1]! + (csid === 1 ? bytes[at + 2]! << 8 : 0);
    }
    const fmt = first >> 6;
    return fmt === 3
      ? this.#readType3(csid, bytes, next, end)
      : this.#readTypes012(fmt, csid, bytes, next, end);
  }

  #readTypes012(fmt: number, csid: number, bytes: Buffer, at: number, end: number): number {
    let next = at + HEADER_SIZES[fmt]!;
    if (next > end) return INCOMPLETE;
    let time = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const hasExtended = time === EXTENDED_TIMESTAMP;
    if (hasExtended) {
      if (next + 4 > end) return INCOMPLETE;
      time = readU32(bytes, next);
      next += 4;
    }
    const stream = this.#streamForHeader(fmt, csid);
    if (fmt !== 2) this.#readLengthAndType(stream, bytes, at + 3);
    if (fmt === 0) stream.streamId = bytes.readUInt32LE(at + 7);
    stream.hasExtended = hasExtended;
    stream.extended = time;
    stream.isAbsolute = fmt === 0;
    stream.delta = time;
    stream.timestamp = fmt === 0 ? time : (stream.timestamp + time) >>> 0;
    this.#openChunk(stream);
    return next;
  }

  #readType3(csid: number, bytes: Buffer, at: number, end: number): number {
    const stream = this.#find(csid);
    if (stream === undefined) throw freshChunk(3, csid);
    let next = at;
    if (stream.hasExtended) {
      const size = stream.isOpen
        ? repeatedExtendedSize(stream, bytes, at, end)
        : at + 4 > end
          ? INCOMPLETE
          : 4;
      if (size === INCOMPLETE) return INCOMPLETE;
      if (!stream.isOpen) stream.delta = readU32(bytes, at);
      next += size;
    }
    if (!stream.isOpen) {
      // After a type-0 header with an extended timestamp SRS and others send the new time, not a delta.
      const isNewTime = stream.hasExtended && stream.isAbsolute;
      stream.timestamp = isNewTime ? stream.delta : (stream.timestamp + stream.delta) >>> 0;
      stream.extended = stream.delta;
    }
    this.#openChunk(stream);
    return next;
  }

  /** The state for a header of type 0 to 2, which must suit it. */
  #streamForHeader(fmt: number, csid: number): ChunkStream {
    const stream = this.#find(csid);
    if (stream === undefined) {
      // librtmp answers pings with a type-1 header on an id that it never used before.
      if (fmt === 2) throw freshChunk(fmt, csid);
      return this.#create(csid);
    }
    if (fmt === 0 && stream.isOpen) {
      throw new ProtocolError('chunkStart', 'for existed chunk, fmt should not be 0');
    }
    return stream;
  }

  #readLengthAndType(stream: ChunkStream, bytes: Buffer, at: number): void {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    if (stream.isOpen && length !== stream.length) {
      const detail = `msg in chunk cache, size=${stream.length} cannot change to ${length}`;
      throw new ProtocolError('lengthChanged', detail);
    }
    stream.length = length;
    stream.typeId = bytes[at + 3]!;
  }

  #checkLength(stream: ChunkStream): void {
    const { maxMessageSize } = this.#limits;
    const max = isCommandType(stream.typeId) ? Math.min(maxMessageSize, MAX_COMMAND_SIZE) : maxMessageSize;
    if (stream.length <= max) return;
    const detail = `message too large, type=${stream.typeId}, size=${stream.length}, max=${max}`;
    throw new ProtocolError('messageTooLarge', detail);
  }

  /** A header was read: the payload of one chunk follows, unless the message is empty. */
  #openChunk(stream: ChunkStream): void {
    if (stream.length === 0) return;
    this.#checkLength(stream);
    stream.isOpen = true;
    this.#current = stream;
    this.#chunkLeft = Math.min(this.#chunkSize, stream.length - stream.received);
  }

  #takePayload(stream: ChunkStream, bytes: Buffer, at: number, end: number): void {
    const size = end - at;
    this.#chunkLeft -= size;
    if (this.#chunkLeft === 0) this.#current = undefined;
    if (size === stream.length) {
      stream.isOpen = false;
      this.#deliver(stream, bytes.subarray(at, end));
      return;
    }
    this.#append(stream, bytes, at, end);
    if (stream.received < stream.length) return;
    const { body, received } = stream;
    this.#close(stream);
    this.#deliver(stream, body.subarray(0, received));
    if (this.#keepsBody(body)) this.#spare = body;
  }

  /** For the next message of a peer that sends media: whoever sends commands sends few. */
  #keepsBody(body: Buffer): boolean {
    const isMedia = this.#limits.maxMessageSize > MAX_COMMAND_SIZE;
    return isMedia && body.length <= MAX_SPARE_SIZE && body.length > this.#spare.length;
  }

  #append(stream: ChunkStream, bytes: Buffer, at: number, end: number): void {
    const received = stream.received + end - at;
    if (received > stream.body.length) this.#grow(stream, received);
    bytes.copy(stream.body, stream.received, at, end);
    stream.received = received;
  }

  #grow(stream: ChunkStream, needed: number): void {
    const old = stream.body;
    const size = Math.min(stream.length, Math.max(needed, old.length * 2, FIRST_BODY_SIZE));
    let body = this.#spare;
    if (body.length >= size) this.#spare = NO_BYTES;
    else body = Buffer.allocUnsafe(size);
    this.#unfinishedSize += body.length - old.length;
    if (this.#unfinishedSize > this.#limits.maxUnfinishedSize) {
      throw new ProtocolError('tooMuchUnfinished', `unfinished messages hold ${this.#unfinishedSize} bytes`);
    }
    old.copy(body, 0, 0, stream.received);
    stream.body = body;
  }

  #close(stream: ChunkStream): void {
    this.#unfinishedSize -= stream.body.length;
    stream.body = NO_BYTES;
    stream.received = 0;
    stream.isOpen = false;
  }

  #deliver(stream: ChunkStream, payload: Buffer): void {
    const message = this.#message;
    message.typeId = stream.typeId;
    message.timestamp = stream.timestamp;
    message.streamId = stream.streamId;
    message.csid = stream.csid;
    message.payload = payload;
    if (stream.typeId <= MESSAGE_TYPE.abort) this.#obey(message);
    if (!this.#sink(message)) this.#isStopped = true;
    message.payload = NO_BYTES;
  }

  #obey(message: RtmpMessage): void {
    if (message.payload.length < 4) {
      const detail = `requires 4 only ${message.payload.length} bytes, type=${message.typeId}`;
      throw new ProtocolError('messageDecode', detail);
    }
    const value = message.payload.readInt32BE(0);
    if (message.typeId === MESSAGE_TYPE.setChunkSize) this.#setChunkSize(value);
    if (message.typeId === MESSAGE_TYPE.abort) this.#abort(value);
  }

  #setChunkSize(size: number): void {
    if (size < MIN_CHUNK_SIZE) {
      throw new ProtocolError('chunkSize', `chunk size should be ${MIN_CHUNK_SIZE}+, value=${size}`);
    }
    this.#chunkSize = size;
  }

  #abort(csid: number): void {
    const stream = this.#find(csid);
    if (stream?.isOpen) this.#close(stream);
  }

  #find(csid: number): ChunkStream | undefined {
    return csid >= 0 && csid < NEAR_IDS ? this.#nearStreams[csid] : this.#farStreams?.get(csid);
  }

  #create(csid: number): ChunkStream {
    if (++this.#streamCount > MAX_CHUNK_STREAMS) {
      throw new ProtocolError('tooManyChunkStreams', `more than ${MAX_CHUNK_STREAMS} chunk streams`);
    }
    const stream = new ChunkStream(csid);
    if (csid < NEAR_IDS) {
      this.#nearStreams[csid] = stream;
    } else {
      this.#farStreams ??= new Map();
      this.#farStreams.set(csid, stream);
    }
    return stream;
  }
}

/**
 * Size of the extended timestamp in a type-3 header inside a message: 4 if the bytes there repeat it (Flash, FMLE,
 * ffmpeg, SRS), 0 if they are payload already (old librtmp), INCOMPLETE if that cannot be told yet. Some repeat the
 * field of the first header, others the absolute time, which differ after a delta.
 */
function repeatedExtendedSize(stream: ChunkStream, bytes: Buffer, at: number, end: number): number {
  const size = repeatedSize(stream.extended, bytes, at, end);
  return size === 0 ? repeatedSize(stream.timestamp, bytes, at, end) : size;
}

function repeatedSize(value: number, bytes: Buffer, at: number, end: number): number {
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return INCOMPLETE;
    if (bytes[at + i] !== ((value >>> (24 - 8 * i)) & 0xff)) return 0;
  }
  return 4;
}

function readU32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function freshChunk(fmt: number, csid: number): ProtocolError {
  return new ProtocolError('chunkStart', `fresh chunk expect fmt=0, actual=${fmt}, cid=${csid}`);
}
