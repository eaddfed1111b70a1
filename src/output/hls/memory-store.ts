// Segments and playlist of one stream in memory (`hls_memory on`): nothing is written anywhere, the HTTP server asks
// `HlsMemory` for them.

import { randomBytes } from 'node:crypto';
import type { BytePages } from '../disk/byte-pages.ts';
import { MIN_KEEP_MS } from './cut-rules.ts';
import type { HlsNames, SegmentMoment } from './hls-names.ts';
import type { HlsOptions } from './hls-options.ts';
import { type ListedSegment, PlaylistWindow } from './playlist-window.ts';
import { ivHex, type SegmentKey, SegmentKeys, segmentCipher } from './segment-key.ts';
import type { SegmentStore, SegmentStoreEvents } from './segment-store.ts';

/** A file that exists only in memory. The bytes never change. */
export interface MemoryFile {
  readonly bytes: Buffer;
  /** ms since 1970 */
  readonly modifiedMs: number;
  /** URL of the stream that it belongs to. */
  readonly streamUrl: string;
}

/** The files of one virtual host, by their path below the root of its URLs: `live/livestream.m3u8`. */
export class HlsMemory {
  readonly #files = new Map<string, MemoryFile>();
  /** Segments of streams that will be there soon, by the streams' URLs. */
  readonly #coming = new Map<string, readonly string[]>();

  get size(): number {
    return this.#files.size;
  }

  find(urlPath: string): MemoryFile | undefined {
    return this.#files.get(urlPath);
  }

  put(urlPath: string, file: MemoryFile): void {
    this.#files.set(urlPath, file);
  }

  remove(urlPath: string): void {
    this.#files.delete(urlPath);
  }

  /** Whether a segment will be there soon; undefined as long as nobody knows which ones a stream will have. */
  isComing(streamUrl: string, urlPath: string): boolean | undefined {
    return this.#coming.get(streamUrl)?.includes(urlPath);
  }

  /** @param urlPaths undefined = nobody knows */
  expect(streamUrl: string, urlPaths: readonly string[] | undefined): void {
    if (urlPaths === undefined) this.#coming.delete(streamUrl);
    else this.#coming.set(streamUrl, urlPaths);
  }
}

export interface MemoryStoreHost {
  readonly memory: HlsMemory;
  readonly streamUrl: string;
  readonly pages: BytePages;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  readonly events: SegmentStoreEvents;
}

/** Numbers of segments that are not there yet. */
export interface MemoryNumbers {
  /** The lowest that the next one may have. */
  readonly next: number;
  /** … and where this server begins to count by itself. */
  readonly own: number;
}

interface OpenSegment {
  readonly sequence: number;
  readonly moment: SegmentMoment;
  /** Another server has given the number. */
  readonly isNumbered: boolean;
  readonly key: SegmentKey | undefined;
  readonly pages: { readonly page: Buffer; readonly from: number; readonly to: number }[];
}

export class MemoryStore implements SegmentStore {
  readonly pendingBytes = 0;
  readonly #names: HlsNames;
  readonly #options: HlsOptions;
  readonly #host: MemoryStoreHost;
  readonly #keys: SegmentKeys | undefined;
  readonly #window = new PlaylistWindow();
  readonly #ownSequence: number;
  /** Paths of keys and init segments by their URI. */
  readonly #sharedPaths = new Map<string, string>();
  #segment: OpenSegment | undefined;
  #currentUri = '';
  /** Off the playlist for one segment's time: a viewer may just be about to ask for them. */
  #expired: ListedSegment[] = [];
  /** Taken off all at once; they expire with the next segment. */
  #cleared: ListedSegment[] = [];

  constructor(names: HlsNames, options: HlsOptions, host: MemoryStoreHost, numbers: MemoryNumbers) {
    this.#names = names;
    this.#options = options;
    this.#host = host;
    this.#keys = options.keys && new SegmentKeys(options.keys.fragmentsPerKey, randomBytes);
    this.#window.continueAt(numbers.next);
    this.#ownSequence = numbers.own;
  }

  get nextSequence(): number {
    return this.#window.nextSequence;
  }

  get currentUri(): string {
    return this.#currentUri;
  }

  start(previous?: SegmentStore): void {
    if (previous === undefined) return;
    this.#window.continueAt(previous.nextSequence);
    if (!(previous instanceof MemoryStore)) return;
    this.#window.adopt(previous.#window.segments);
    this.#expired = previous.#expired;
    this.#cleared = previous.#cleared;
    for (const [uri, path] of previous.#sharedPaths) this.#sharedPaths.set(uri, path);
  }

  begin(moment: SegmentMoment, numbered?: number): void {
    if (numbered !== undefined) this.#cleared.push(...this.#window.continueWith(numbered));
    else if (this.#window.segments.length === 0) this.#window.continueAt(this.#ownSequence);
    const sequence = this.#window.nextSequence;
    if (numbered !== undefined) this.#expect([sequence, sequence + 1], moment);
    this.#currentUri = this.#names.segment(sequence, moment).uri;
    const isNumbered = numbered !== undefined;
    this.#segment = { sequence, moment, isNumbered, key: this.#keyFor(sequence), pages: [] };
  }

  append(page: Buffer, from: number, to: number): void {
    if (this.#segment === undefined) this.#host.pages.giveBack(page);
    else this.#segment.pages.push({ page, from, to });
  }

  end(durationMs: number, isDiscontinuity: boolean, init: Buffer | undefined): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    const { sequence, moment, key, isNumbered } = segment;
    // Who counts here has its segments when they are listed.
    if (!isNumbered) this.#expect([], moment);
    const { urlPath, uri } = this.#names.segment(sequence, moment, durationMs);
    // Other servers list what has a number, however short it is.
    if (durationMs < MIN_KEEP_MS && !isNumbered) {
      this.discard();
      this.#host.events.dropped(sequence, uri, durationMs);
      return;
    }
    this.#put(urlPath, bytesOf(segment));
    this.discard();
    const map = init && this.#initUri(init, sequence);
    const playlistKey = key && { uri: key.uri, ivHex: ivHex(key) };
    this.#window.add({ sequence, durationMs, uri, path: urlPath, isDiscontinuity, key: playlistKey, map });
    this.#refresh();
    const { playlistUrlPath } = this.#names;
    const playlistPath = playlistUrlPath;
    this.#host.events.listed({ sequence, durationMs, path: urlPath, uri, playlistPath, playlistUrlPath });
  }

  discard(): void {
    for (const { page } of this.#segment?.pages ?? []) this.#host.pages.giveBack(page);
    this.#segment = undefined;
  }

  dispose(): void {
    this.discard();
    this.#host.memory.expect(this.#host.streamUrl, undefined);
    this.#forget([...this.#expired.splice(0), ...this.#cleared.splice(0), ...this.#window.clear()]);
    this.#host.memory.remove(this.#names.playlistUrlPath);
  }

  async settled(): Promise<void> {}

  #put(urlPath: string, bytes: Buffer): void {
    const { memory, wallClock, streamUrl } = this.#host;
    memory.put(urlPath, { bytes, modifiedMs: wallClock(), streamUrl });
  }

  #expect(sequences: readonly number[], moment: SegmentMoment): void {
    const { memory, streamUrl } = this.#host;
    const urlPaths = sequences.map((sequence) => this.#names.segment(sequence, moment).urlPath);
    memory.expect(streamUrl, urlPaths);
  }

  #keyFor(sequence: number): SegmentKey | undefined {
    if (this.#keys === undefined) return undefined;
    const current = this.#keys.currentFor(sequence);
    if (current !== undefined) return current;
    const { urlPath, uri } = this.#names.key(sequence);
    const key = this.#keys.create(sequence, uri);
    this.#sharedPaths.set(uri, urlPath);
    this.#put(urlPath, key.key);
    return key;
  }

  /** One init segment serves all segments with the same codecs. */
  #initUri(bytes: Buffer, sequence: number): string {
    const { memory } = this.#host;
    const plain = this.#names.init();
    const there = memory.find(plain.urlPath)?.bytes;
    const isPlain = there === undefined || there.equals(bytes);
    const { uri, urlPath } = isPlain ? plain : this.#names.init(sequence);
    this.#sharedPaths.set(uri, urlPath);
    if (memory.find(urlPath)?.bytes.equals(bytes) !== true) this.#put(urlPath, bytes);
    return uri;
  }

  #refresh(): void {
    const expired = [...this.#cleared.splice(0), ...this.#window.expire(this.#options.windowMs)];
    const text = this.#window.text(this.#options.minTargetMs) ?? '';
    this.#put(this.#names.playlistUrlPath, Buffer.from(text));
    const gone = this.#expired;
    this.#expired = expired;
    this.#forget(gone);
  }

  #forget(segments: readonly ListedSegment[]): void {
    for (const { path } of segments) if (path !== undefined) this.#host.memory.remove(path);
    const used = new Set([...this.#expired, ...this.#window.segments].flatMap(sharedUris));
    for (const uri of segments.flatMap(sharedUris)) {
      const path = this.#sharedPaths.get(uri);
      if (path === undefined || used.has(uri)) continue;
      this.#sharedPaths.delete(uri);
      this.#host.memory.remove(path);
    }
  }
}

/** What a segment shares with others: its key, its init segment. */
function sharedUris({ key, map }: ListedSegment): string[] {
  return [key?.uri, map].filter((uri) => uri !== undefined);
}

/** The bytes of a segment in a Buffer of their own. */
function bytesOf({ pages, key }: OpenSegment): Buffer {
  const parts = pages.map(({ page, from, to }) => page.subarray(from, to));
  if (key === undefined) return Buffer.concat(parts);
  const cipher = segmentCipher(key);
  return Buffer.concat([...parts.map((part) => cipher.update(part)), cipher.final()]);
}
