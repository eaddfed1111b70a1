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
}

/** The files of one virtual host, by their path below the root of its URLs: `live/livestream.m3u8`. */
export class HlsMemory {
  readonly #files = new Map<string, MemoryFile>();

  get size(): number {
    return this.#files.size;
  }

  find(urlPath: string): MemoryFile | undefined {
    return this.#files.get(urlPath);
  }

  put(urlPath: string, bytes: Buffer, modifiedMs: number): void {
    this.#files.set(urlPath, { bytes, modifiedMs });
  }

  remove(urlPath: string): void {
    this.#files.delete(urlPath);
  }
}

export interface MemoryStoreHost {
  readonly memory: HlsMemory;
  readonly pages: BytePages;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  readonly events: SegmentStoreEvents;
}

interface OpenSegment {
  readonly sequence: number;
  readonly moment: SegmentMoment;
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
  /** Paths of keys and init segments by their URI. */
  readonly #sharedPaths = new Map<string, string>();
  #segment: OpenSegment | undefined;
  #currentUri = '';
  /** Off the playlist for one segment's time: a viewer may just be about to ask for them. */
  #expired: ListedSegment[] = [];

  /** @param nextSequence the lowest number that the next segment may have */
  constructor(names: HlsNames, options: HlsOptions, host: MemoryStoreHost, nextSequence: number) {
    this.#names = names;
    this.#options = options;
    this.#host = host;
    this.#keys = options.keys && new SegmentKeys(options.keys.fragmentsPerKey, randomBytes);
    this.#window.continueAt(nextSequence);
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
    for (const [uri, path] of previous.#sharedPaths) this.#sharedPaths.set(uri, path);
  }

  begin(moment: SegmentMoment): void {
    const sequence = this.#window.nextSequence;
    this.#currentUri = this.#names.segment(sequence, moment).uri;
    this.#segment = { sequence, moment, key: this.#keyFor(sequence), pages: [] };
  }

  append(page: Buffer, from: number, to: number): void {
    if (this.#segment === undefined) this.#host.pages.giveBack(page);
    else this.#segment.pages.push({ page, from, to });
  }

  end(durationMs: number, isDiscontinuity: boolean, init: Buffer | undefined): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    const { sequence, moment, key } = segment;
    const { urlPath, uri } = this.#names.segment(sequence, moment, durationMs);
    if (durationMs < MIN_KEEP_MS) {
      this.discard();
      this.#host.events.dropped(sequence, uri, durationMs);
      return;
    }
    this.#host.memory.put(urlPath, bytesOf(segment), this.#host.wallClock());
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
    this.#forget([...this.#expired.splice(0), ...this.#window.clear()]);
    this.#host.memory.remove(this.#names.playlistUrlPath);
  }

  async settled(): Promise<void> {}

  #keyFor(sequence: number): SegmentKey | undefined {
    if (this.#keys === undefined) return undefined;
    const current = this.#keys.currentFor(sequence);
    if (current !== undefined) return current;
    const { urlPath, uri } = this.#names.key(sequence);
    const key = this.#keys.create(sequence, uri);
    this.#sharedPaths.set(uri, urlPath);
    this.#host.memory.put(urlPath, key.key, this.#host.wallClock());
    return key;
  }

  /** One init segment serves all segments with the same codecs. */
  #initUri(bytes: Buffer, sequence: number): string {
    const { memory, wallClock } = this.#host;
    const plain = this.#names.init();
    const there = memory.find(plain.urlPath)?.bytes;
    const isPlain = there === undefined || there.equals(bytes);
    const { uri, urlPath } = isPlain ? plain : this.#names.init(sequence);
    this.#sharedPaths.set(uri, urlPath);
    if (memory.find(urlPath)?.bytes.equals(bytes) !== true) memory.put(urlPath, bytes, wallClock());
    return uri;
  }

  #refresh(): void {
    const expired = this.#window.expire(this.#options.windowMs);
    const text = this.#window.text(this.#options.minTargetMs) ?? '';
    this.#host.memory.put(this.#names.playlistUrlPath, Buffer.from(text), this.#host.wallClock());
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
