// Files that several clients ask for at the same time, such as HLS segments and playlists, in memory: five hundred
// viewers then cost one read instead of five hundred turns of the thread pool. What a slow client has not taken yet
// counts against the limit, so that nobody can fill the memory by not reading.

import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** Lent to one response. */
export interface CachedFile {
  readonly bytes: Buffer;
  /** As @fastify/send makes it. */
  readonly etag: string;
  /** Value of Last-Modified. */
  readonly lastModified: string;
  /** The response is over. May be called twice. */
  readonly release: () => void;
}

export interface FileCacheOptions {
  /** Larger files are not kept. */
  readonly maxFileBytes: number;
  /** For all files, those in flight included. */
  readonly maxTotalBytes: number;
  /** A file is looked at again after so long: what is served may be so much older than what is on disk, ms. */
  readonly checkMs: (path: string) => number;
  /** Monotonic clock, ms. */
  readonly now: () => number;
}

interface Entry {
  readonly bytes: Buffer;
  readonly stats: Stats;
  readonly etag: string;
  readonly lastModified: string;
  /** When the file was last compared with this. */
  checkedMs: number;
  check: Promise<Entry | undefined> | undefined;
  usedMs: number;
  /** Responses that still send it. */
  users: number;
  isKept: boolean;
}

/** A second request within so long makes a file worth keeping. */
const WANTED_MS = 3000;
/** What nobody has asked for is forgotten after so long. */
const IDLE_MS = 15_000;
const MAX_SEEN = 1000;

export class FileCache {
  readonly #options: FileCacheOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<Entry | undefined>>();
  /** When files that are not kept were asked for. */
  readonly #seen = new Map<string, number>();
  #sizeBytes = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: FileCacheOptions) {
    this.#options = options;
  }

  /** Kept or in flight. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The file, if it is kept and was compared with the disk just now. */
  findFresh(path: string): CachedFile | undefined {
    const known = this.#entries.get(path);
    const { now, checkMs } = this.#options;
    if (known === undefined || now() - known.checkedMs >= checkMs(path)) return undefined;
    return this.#lend(path, known);
  }

  /**
   * Undefined if the file is not kept (yet), or not there.
   * @param isWanted it is worth keeping already
   */
  async find(path: string, isWanted = false): Promise<CachedFile | undefined> {
    const fresh = this.findFresh(path);
    if (fresh !== undefined) return fresh;
    const known = this.#entries.get(path);
    const entry = await (known === undefined
      ? this.#loadIfWanted(path, isWanted)
      : this.#checkOnce(path, known));
    return entry && this.#lend(path, entry);
  }

  /** Forgets everything that is not in flight. */
  clear(): void {
    for (const path of [...this.#entries.keys()]) this.#drop(path);
    this.#seen.clear();
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
  }

  #lend(path: string, entry: Entry): CachedFile {
    entry.usedMs = this.#options.now();
    if (!entry.isKept && entry.users === 0) this.#sizeBytes += entry.bytes.length;
    entry.users++;
    if (entry.isKept) {
      this.#entries.delete(path);
      this.#entries.set(path, entry);
    }
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      this.#freeIfUnused(entry);
    };
    const { bytes, etag, lastModified } = entry;
    return { bytes, etag, lastModified, release };
  }

  /** All who ask while a file is being looked at wait for the same answer. */
  #checkOnce(path: string, entry: Entry): Promise<Entry | undefined> {
    entry.check ??= this.#check(path, entry).finally(() => {
      entry.check = undefined;
    });
    return entry.check;
  }

  async #check(path: string, entry: Entry): Promise<Entry | undefined> {
    const startMs = this.#options.now();
    const stats = await stat(path).catch(() => undefined);
    entry.checkedMs = startMs;
    if (stats !== undefined && isSame(stats, entry.stats)) return entry;
    if (this.#entries.get(path) === entry) this.#drop(path);
    return stats && this.#loadOnce(path);
  }

  async #loadIfWanted(path: string, isWanted: boolean): Promise<Entry | undefined> {
    const nowMs = this.#options.now();
    const seenMs = this.#seen.get(path);
    if (isWanted || this.#loading.has(path) || (seenMs !== undefined && nowMs - seenMs < WANTED_MS)) {
      return this.#loadOnce(path);
    }
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.set(path, nowMs);
    return undefined;
  }

  /** All who ask while a file is being read wait for the same read. */
  #loadOnce(path: string): Promise<Entry | undefined> {
    let loading = this.#loading.get(path);
    if (loading === undefined) {
      loading = this.#load(path)
        .catch(() => undefined)
        .finally(() => this.#loading.delete(path));
      this.#loading.set(path, loading);
    }
    return loading;
  }

  async #load(path: string): Promise<Entry | undefined> {
    const { maxFileBytes, now } = this.#options;
    const checkedMs = now();
    const file = await open(path);
    let reserved = 0;
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > maxFileBytes || !this.#makeRoom(stats.size)) return undefined;
      reserved = stats.size;
      this.#sizeBytes += reserved;
      const bytes = Buffer.allocUnsafeSlow(stats.size);
      if (!(await fill(bytes, (offset) => file.read(bytes, offset, bytes.length - offset, offset))))
        return undefined;
      const entry: Entry = {
        bytes,
        stats,
        etag: etagOf(stats),
        lastModified: stats.mtime.toUTCString(),
        checkedMs,
        check: undefined,
        usedMs: now(),
        users: 0,
        isKept: true,
      };
      this.#drop(path);
      this.#entries.set(path, entry);
      this.#seen.delete(path);
      reserved = 0;
      this.#sweepLater();
      return entry;
    } finally {
      this.#sizeBytes -= reserved;
      await file.close();
    }
  }

  /** Drops what was not used for longest. Files in flight cannot go. */
  #makeRoom(bytes: number): boolean {
    const { maxTotalBytes } = this.#options;
    for (const [path, { users }] of this.#entries) {
      if (this.#sizeBytes + bytes <= maxTotalBytes) return true;
      if (users === 0) this.#drop(path);
    }
    return this.#sizeBytes + bytes <= maxTotalBytes;
  }

  #drop(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    entry.isKept = false;
    this.#freeIfUnused(entry);
  }

  #freeIfUnused(entry: Entry): void {
    if (!entry.isKept && entry.users === 0) this.#sizeBytes -= entry.bytes.length;
  }

  #sweepLater(): void {
    this.#sweeper ??= setTimeout(() => {
      this.#sweeper = undefined;
      const oldestMs = this.#options.now() - IDLE_MS;
      for (const [path, { usedMs, users }] of this.#entries) {
        if (usedMs < oldestMs && users === 0) this.#drop(path);
      }
      if (this.#entries.size > 0) this.#sweepLater();
    }, IDLE_MS).unref();
  }
}

/** @returns false if the file is shorter than it was */
async function fill(
  bytes: Buffer,
  readAt: (offset: number) => Promise<{ readonly bytesRead: number }>,
): Promise<boolean> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesRead } = await readAt(offset);
    if (bytesRead === 0) return false;
    offset += bytesRead;
  }
  return true;
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.dev === b.dev;
}

function etagOf({ size, mtime }: Stats): string {
  return `W/"${size.toString(16)}-${mtime.getTime().toString(16)}"`;
}
