// The messages since the last key frame, so that a viewer who joins gets a picture at once. Format-neutral:
// a fan-out that gets its first viewer replays it into its own prepared bytes.
//
// Messages are records in pooled pages, not objects: five hundred publishers have some 70,000 messages in
// their caches, which the garbage collector would otherwise copy from generation to generation.

import type { AudioCodec, MediaMessage, SegmentMark, VideoCodec } from '../media/message.ts';
import { PAGE_SIZE, type PagePool } from './page-pool.ts';

export interface GopCacheOptions {
  /** Messages kept at most; 0 = no limit (`gop_cache_max_frames`). */
  readonly maxFrames: number;
  /** Payload bytes kept at most. */
  readonly maxBytes: number;
}

/** So many audio messages without a video one mean that the video has ended (SRS clears at 115, about 3 s). */
const MAX_AUDIO_RUN = 115;

/** Record: payload size u32, flags u8, codec u8, 2 bytes unused, time f64 (ms), then the payload. */
const RECORD_HEADER = 16;
const FLAGS_OFFSET = 4;
const TIME_OFFSET = 8;
const FLAG_VIDEO = 1;
const FLAG_KEY_FRAME = 2;
const FLAG_SEQUENCE_HEADER = 4;
const FLAG_MARK = 8;

type Codec = AudioCodec | VideoCodec;

const codecNames: Codec[] = [];

function codecId(codec: Codec): number {
  const known = codecNames.indexOf(codec);
  return known >= 0 ? known : codecNames.push(codec) - 1;
}

interface CachePage {
  readonly bytes: Buffer;
  /** Bytes used. */
  end: number;
}

/**
 * When a bound is passed the cache empties and stays empty until the next key frame: starting late joiners
 * inside a GOP would show them garbage.
 */
export class GopCache {
  readonly #pool: PagePool;
  #options: GopCacheOptions;
  #pages: CachePage[] = [];
  #last: CachePage | undefined;
  /** Of the messages with FLAG_MARK, in their order. */
  #marks: SegmentMark[] = [];
  #count = 0;
  #sizeBytes = 0;
  #audioRun = 0;

  constructor(pool: PagePool, options: GopCacheOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  /** Bounds count from the next message on. */
  configure(options: GopCacheOptions): void {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#count > 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Payload bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Starts anew with a key frame. */
  start(keyFrame: MediaMessage): void {
    this.clear();
    this.#keep(keyFrame);
  }

  /**
   * Adds a message behind the key frame.
   * @returns false if the cache had to give up this group of pictures and is empty now
   */
  append(message: MediaMessage): boolean {
    this.#audioRun = message.track === 'audio' ? this.#audioRun + 1 : 0;
    const { maxFrames, maxBytes } = this.#options;
    const isFull =
      (maxFrames > 0 && this.#count >= maxFrames) ||
      this.#sizeBytes + message.payload.length > maxBytes ||
      this.#audioRun > MAX_AUDIO_RUN;
    if (isFull) {
      this.clear();
      return false;
    }
    this.#keep(message);
    return true;
  }

  /** Hands over all messages in their order, the key frame first; each is lent until `take` returns. */
  forEach(take: (message: MediaMessage) => void): void {
    let marks = 0;
    for (const { bytes, end } of this.#pages) {
      for (let at = 0; at < end; ) {
        const next = at + RECORD_HEADER + bytes.readUInt32LE(at);
        const hasMark = ((bytes[at + FLAGS_OFFSET] as number) & FLAG_MARK) !== 0;
        take(readRecord(bytes, at, next, hasMark ? this.#marks[marks++] : undefined));
        at = next;
      }
    }
  }

  /** Time of the key frame, ms; undefined if there is none. */
  get startMs(): number | undefined {
    return this.#pages[0]?.bytes.readDoubleLE(TIME_OFFSET);
  }

  /** A segment begins with the key frame, as is decided now. */
  markStart(mark: SegmentMark): void {
    const bytes = this.#pages[0]?.bytes;
    if (bytes === undefined) return;
    bytes[FLAGS_OFFSET] = (bytes[FLAGS_OFFSET] as number) | FLAG_MARK;
    this.#marks.unshift(mark);
  }

  clear(): void {
    for (const { bytes } of this.#pages) if (bytes.length === PAGE_SIZE) this.#pool.giveBack(bytes);
    this.#pages = [];
    this.#last = undefined;
    this.#marks = [];
    this.#count = 0;
    this.#sizeBytes = 0;
    this.#audioRun = 0;
  }

  #keep(message: MediaMessage): void {
    const { payload, mark } = message;
    if (mark !== undefined) this.#marks.push(mark);
    const page = this.#pageFor(RECORD_HEADER + payload.length);
    writeRecord(page.bytes, page.end, message);
    page.end += RECORD_HEADER + payload.length;
    this.#count++;
    this.#sizeBytes += payload.length;
  }

  /** The last page, or a new one; a record larger than a page gets a buffer of its own. */
  #pageFor(size: number): CachePage {
    const last = this.#last;
    if (last !== undefined && last.end + size <= last.bytes.length) return last;
    const bytes = size <= PAGE_SIZE ? this.#pool.take() : Buffer.allocUnsafeSlow(size);
    const page = { bytes, end: 0 };
    this.#pages.push(page);
    this.#last = page;
    return page;
  }
}

function writeRecord(bytes: Buffer, at: number, message: MediaMessage): void {
  let flags = message.track === 'video' ? FLAG_VIDEO : 0;
  if (message.isKeyFrame) flags |= FLAG_KEY_FRAME;
  if (message.isSequenceHeader) flags |= FLAG_SEQUENCE_HEADER;
  if (message.mark !== undefined) flags |= FLAG_MARK;
  bytes.writeUInt32LE(message.payload.length, at);
  bytes[at + FLAGS_OFFSET] = flags;
  bytes[at + 5] = codecId(message.codec);
  bytes.writeDoubleLE(message.timestampMs, at + TIME_OFFSET);
  bytes.set(message.payload, at + RECORD_HEADER);
}

function readRecord(bytes: Buffer, at: number, next: number, mark: SegmentMark | undefined): MediaMessage {
  const flags = bytes[at + FLAGS_OFFSET] as number;
  return {
    track: (flags & FLAG_VIDEO) !== 0 ? 'video' : 'audio',
    timestampMs: bytes.readDoubleLE(at + TIME_OFFSET),
    codec: codecNames[bytes[at + 5] as number] as Codec,
    isKeyFrame: (flags & FLAG_KEY_FRAME) !== 0,
    isSequenceHeader: (flags & FLAG_SEQUENCE_HEADER) !== 0,
    payload: bytes.subarray(at + RECORD_HEADER, next),
    mark,
  };
}
