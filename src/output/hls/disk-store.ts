// Segments and playlist of one stream on disk. What the segmenter hands over becomes jobs that run one after the
// other; nothing here ever blocks the event loop or the stream.

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { BytePages } from '../disk/byte-pages.ts';
import { makeFolder, readSmallFile, removeFile, replaceFile, writeWholeFile } from '../disk/disk-files.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import { MIN_KEEP_MS } from './cut-rules.ts';
import { DiskInit } from './disk-init.ts';
import { type DiskJob, DiskJobs, type SegmentEnd } from './disk-jobs.ts';
import { DiskSegment } from './disk-segment.ts';
import { existing, findPlaylist } from './found-playlist.ts';
import type { HlsNames, SegmentMoment } from './hls-names.ts';
import type { HlsOptions } from './hls-options.ts';
import { type ListedSegment, PlaylistWindow } from './playlist-window.ts';
import { ivHex, type SegmentKey, SegmentKeys } from './segment-key.ts';
import type { SegmentStore, SegmentStoreEvents } from './segment-store.ts';

export interface DiskStoreHost {
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  readonly events: SegmentStoreEvents;
}

export class DiskStore implements SegmentStore {
  readonly #names: HlsNames;
  readonly #options: HlsOptions;
  readonly #host: DiskStoreHost;
  readonly #keys: SegmentKeys | undefined;
  readonly #window = new PlaylistWindow();
  readonly #init: DiskInit;
  readonly #jobs: DiskJobs;
  #segment: DiskSegment | undefined;
  #currentUri = '';
  /** A segment is missing before the next one. */
  #isGap = false;
  /** The playlist on disk as we know it. */
  #playlistText: string | undefined;
  /** Off the playlist for one segment's time: a viewer may just be about to ask for them. */
  #expired: ListedSegment[] = [];

  /** @param nextSequence the lowest number that the next segment may have */
  constructor(names: HlsNames, options: HlsOptions, host: DiskStoreHost, nextSequence: number) {
    this.#names = names;
    this.#options = options;
    this.#host = host;
    this.#init = new DiskInit(names);
    this.#jobs = new DiskJobs({
      queue: host.queue,
      pages: host.pages,
      run: (job) => this.#run(job),
      onError: (error) => host.events.failed(error),
    });
    this.#keys = options.keys && new SegmentKeys(options.keys.fragmentsPerKey, randomBytes);
    this.#window.continueAt(nextSequence);
  }

  get pendingBytes(): number {
    return this.#jobs.pendingBytes;
  }

  get nextSequence(): number {
    return this.#window.nextSequence;
  }

  get currentUri(): string {
    return this.#currentUri;
  }

  start(previous?: SegmentStore): void {
    if (previous !== undefined) this.#jobs.add({ type: 'take-over', previous });
    this.#jobs.add({ type: 'start' });
  }

  begin(moment: SegmentMoment): void {
    this.#jobs.add({ type: 'begin', moment });
  }

  append(page: Buffer, from: number, to: number): void {
    this.#jobs.add({ type: 'append', page, from, to });
  }

  end(durationMs: number, isDiscontinuity: boolean, init: Buffer | undefined): void {
    this.#jobs.add({ type: 'end', content: { durationMs, isDiscontinuity, init } });
  }

  discard(): void {
    if (!this.#jobs.discardSegment()) this.#jobs.add({ type: 'discard' });
  }

  dispose(): void {
    this.#jobs.add({ type: 'dispose' });
  }

  settled(): Promise<void> {
    return this.#jobs.settled();
  }

  #run(job: DiskJob): Promise<void> {
    switch (job.type) {
      case 'take-over':
        return this.#takeOver(job.previous);
      case 'start':
        return this.#start();
      case 'begin':
        return this.#begin(job.moment);
      case 'append':
        return this.#append(job.page.subarray(job.from, job.to));
      case 'end':
        return this.#end(job.content);
      case 'discard':
        return this.#loseSegment();
      case 'dispose':
        return this.#dispose();
    }
  }

  async #takeOver(previous: SegmentStore): Promise<void> {
    await previous.settled();
    this.#window.continueAt(previous.nextSequence);
  }

  async #start(): Promise<void> {
    await makeFolder(dirname(this.#names.playlistPath));
    const { windowMs } = this.#options;
    const found = await findPlaylist(this.#names, windowMs, this.#host.wallClock());
    if (found === undefined) return;
    // Our own list knows more than the file, unless another server has gone on with it.
    const hasOwn = this.#window.segments.length > 0;
    if (hasOwn && found.nextSequence <= this.#window.nextSequence) return;
    this.#window.continueAt(found.nextSequence);
    const isContinued = !found.isOld && found.nextSequence === this.#window.nextSequence;
    this.#window.adopt(isContinued ? found.segments : []);
    if (!isContinued) this.#expired.push(...found.segments);
    const text = await readSmallFile(this.#names.playlistPath, Number.MAX_SAFE_INTEGER);
    this.#playlistText = text?.text;
  }

  async #begin(moment: SegmentMoment): Promise<void> {
    const sequence = this.#window.nextSequence;
    const name = this.#names.segment(sequence, moment);
    this.#currentUri = name.uri;
    const key = await this.#keyFor(sequence);
    this.#segment = new DiskSegment(sequence, moment, key, name.path);
    try {
      await this.#segment.open();
    } catch (error) {
      await this.#segmentFailed();
      throw error;
    }
  }

  async #keyFor(sequence: number): Promise<SegmentKey | undefined> {
    if (this.#keys === undefined) return undefined;
    const current = this.#keys.currentFor(sequence);
    if (current !== undefined) return current;
    const name = this.#names.key(sequence);
    const key = this.#keys.create(sequence, name.uri);
    try {
      await writeWholeFile(name.path, key.key);
      return key;
    } catch (error) {
      this.#keys.forget();
      this.#isGap = true;
      throw error;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    try {
      await this.#segment?.write(bytes);
    } catch (error) {
      await this.#segmentFailed();
      throw error;
    }
  }

  async #end({ durationMs, isDiscontinuity, init }: SegmentEnd): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    const { sequence, moment, key } = segment;
    const { path, uri } = this.#names.segment(sequence, moment, durationMs);
    if (durationMs < MIN_KEEP_MS) {
      await segment.remove();
      this.#host.events.dropped(sequence, uri, durationMs);
      return;
    }
    const map = await this.#finish(segment, path, init);
    const playlistKey = key && { uri: key.uri, ivHex: ivHex(key) };
    const isCut = isDiscontinuity || this.#isGap;
    this.#isGap = false;
    this.#window.add({ sequence, durationMs, uri, path, isDiscontinuity: isCut, key: playlistKey, map });
    try {
      await this.#refresh();
    } finally {
      const { playlistPath, playlistUrlPath } = this.#names;
      this.#host.events.listed({ sequence, durationMs, path, uri, playlistPath, playlistUrlPath });
    }
  }

  /** @returns URI of the init segment, if it has one */
  async #finish(segment: DiskSegment, path: string, init: Buffer | undefined): Promise<string | undefined> {
    try {
      const isFolderNew = await segment.finish(path);
      if (isFolderNew) await this.#folderWasRemoved(path);
      return init && (await this.#init.uriOf(init, segment.sequence));
    } catch (error) {
      this.#segment = segment;
      await this.#segmentFailed();
      throw error;
    }
  }

  async #folderWasRemoved(path: string): Promise<void> {
    this.#host.events.warned(`hls: the folder of ${path} was removed, it is made again`);
    this.#init.forget();
    this.#window.adopt(await existing(this.#window.segments));
  }

  /** Writes the playlist, then removes what nobody can be asking for any more. */
  async #refresh(): Promise<void> {
    const expired = this.#window.expire(this.#options.windowMs);
    const text = this.#window.text(this.#options.minTargetMs);
    if (text === undefined) return;
    try {
      const { playlistPath } = this.#names;
      await replaceFile(playlistPath, `${playlistPath}.temp`, text);
      this.#playlistText = text;
    } catch (error) {
      this.#expired.push(...expired);
      throw error;
    }
    const gone = this.#expired;
    this.#expired = expired;
    if (this.#options.isCleanup) await this.#remove(gone);
  }

  async #loseSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    this.#isGap = true;
    await segment?.remove();
  }

  /** The disk may be full: what is kept only for politeness goes first. */
  async #segmentFailed(): Promise<void> {
    await this.#loseSegment();
    if (this.#options.isCleanup) await this.#remove(this.#expired.splice(0));
  }

  async #dispose(): Promise<void> {
    await this.#loseSegment();
    const onDisk = await readSmallFile(this.#names.playlistPath, Number.MAX_SAFE_INTEGER);
    const listed = this.#window.clear();
    const expired = this.#expired.splice(0);
    if (onDisk !== undefined && onDisk.text !== this.#playlistText) {
      this.#host.events.warned(`hls: ${this.#names.playlistPath} is another server's now, its files stay`);
      return;
    }
    this.#init.forget();
    await this.#remove([...expired, ...listed]);
    await removeFile(this.#names.playlistPath);
  }

  /** A file that cannot be removed is a warning: the others are still to go. */
  async #remove(segments: readonly ListedSegment[]): Promise<void> {
    const inits = this.#init.unused(segments, [...this.#expired, ...this.#window.segments]);
    for (const path of [...segments.map((segment) => segment.path), ...inits]) {
      if (path === undefined) continue;
      await removeFile(path).catch((error: Error) =>
        this.#host.events.warned(`hls: ${error.message} failed`),
      );
    }
  }
}
