// The messages since the last key frame, so that a viewer who joins gets a picture at once. Format-neutral:
// a fan-out that gets its first viewer replays it into its own prepared bytes.

import type { MediaMessage } from '../media/message.ts';
import { PAGE_SIZE, type PagePool } from './page-pool.ts';

export interface GopCacheOptions {
  /** Messages kept at most; 0 = no limit (`gop_cache_max_frames`). */
  readonly maxFrames: number;
  /** Payload bytes kept at most. */
  readonly maxBytes: number;
}

/** So many audio messages without a video one mean that the video has ended (SRS clears at 115, about 3 s). */
const MAX_AUDIO_RUN = 115;

/**
 * Copies payloads into pooled pages. When a bound is passed the cache empties and stays empty until the next
 * key frame: starting late joiners inside a GOP would show them garbage.
 */
export class GopCache {
  readonly #pool: PagePool;
  #options: GopCacheOptions;
  #messages: MediaMessage[] = [];
  #pages: Buffer[] = [];
  #pageOffset = PAGE_SIZE;
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
    return this.#messages.length > 0;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The cached messages in their order, the key frame first. Their payloads live until the next change. */
  get messages(): readonly MediaMessage[] {
    return this.#messages;
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
      (maxFrames > 0 && this.#messages.length >= maxFrames) ||
      this.#sizeBytes + message.payload.length > maxBytes ||
      this.#audioRun > MAX_AUDIO_RUN;
    if (isFull) {
      this.clear();
      return false;
    }
    this.#keep(message);
    return true;
  }

  clear(): void {
    for (const page of this.#pages) this.#pool.giveBack(page);
    this.#pages = [];
    this.#messages = [];
    this.#pageOffset = PAGE_SIZE;
    this.#sizeBytes = 0;
    this.#audioRun = 0;
  }

  #keep(message: MediaMessage): void {
    const { track, timestampMs, codec, isKeyFrame, isSequenceHeader } = message;
    const payload = this.#store(message.payload);
    this.#messages.push({ track, timestampMs, codec, isKeyFrame, isSequenceHeader, payload });
    this.#sizeBytes += payload.length;
  }

  #store(payload: Buffer): Buffer {
    if (payload.length > PAGE_SIZE / 2) {
      const own = Buffer.allocUnsafeSlow(payload.length);
      payload.copy(own);
      return own;
    }
    if (this.#pageOffset + payload.length > PAGE_SIZE) {
      this.#pages.push(this.#pool.take());
      this.#pageOffset = 0;
    }
    const page = this.#pages[this.#pages.length - 1] as Buffer;
    const start = this.#pageOffset;
    payload.copy(page, start);
    this.#pageOffset = start + payload.length;
    return page.subarray(start, this.#pageOffset);
  }
}
