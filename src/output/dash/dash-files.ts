// The files of one stream: what the channel hands over becomes work that is done in order, in turns of the disk's
// queue, and never blocks the stream.

import type { FileHandle } from 'node:fs/promises';
import type { BytePages } from '../disk/byte-pages.ts';
import { append, createFile, publishFile, removeFile, replaceFile } from '../disk/disk-files.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';

export interface DashFilesHost {
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  readonly onFailure: (error: Error) => void;
}

/** A segment that is being written. */
export interface DashSegmentFile {
  readonly path: string;
  handle: FileHandle | undefined;
  hasFailed: boolean;
  /** Nothing is in it: it gets no name. */
  isEmpty: boolean;
}

export class DashFiles {
  readonly #host: DashFilesHost;
  #line: Promise<void>;
  #pendingBytes = 0;

  /** @param previous work that is to be done before */
  constructor(host: DashFilesHost, previous: Promise<void>) {
    this.#host = host;
    this.#line = previous;
  }

  /** Bytes of pages that are not written yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Opens a segment under a temporary name. */
  begin(path: string): DashSegmentFile {
    const segment: DashSegmentFile = { path, handle: undefined, hasFailed: false, isEmpty: true };
    this.#add(async () => {
      segment.handle = await createFile(`${path}.tmp`);
    });
    return segment;
  }

  /** Writes from..to of a page and gives the page back. */
  append(segment: DashSegmentFile, page: Buffer, from: number, to: number): void {
    this.#pendingBytes += page.length;
    this.#add(async () => {
      try {
        if (segment.handle !== undefined && !segment.hasFailed) {
          await append(segment.handle, page.subarray(from, to));
        }
      } catch (cause) {
        segment.hasFailed = true;
        throw new Error(`write ${segment.path}.tmp`, { cause });
      } finally {
        this.#pendingBytes -= page.length;
        this.#host.pages.giveBack(page);
      }
    });
  }

  /** Gives the segment its name. `done` hears whether it is there. */
  end(segment: DashSegmentFile, done: (isThere: boolean) => void): void {
    this.#add(async () => {
      const { handle, hasFailed, isEmpty, path } = segment;
      if (handle === undefined) return;
      let isThere = false;
      try {
        if (hasFailed || isEmpty) await removeFile(`${path}.tmp`);
        else await publishFile(handle, `${path}.tmp`, path);
        isThere = !hasFailed && !isEmpty;
      } finally {
        await handle.close().catch(() => {});
        done(isThere);
      }
    });
  }

  /** Writes a small file as a whole; `content` is asked when it is its turn, and may have nothing to say. */
  replace(path: string, content: () => string | Buffer | undefined): void {
    this.#add(async () => {
      const bytes = content();
      if (bytes !== undefined) await replaceFile(path, `${path}.tmp`, bytes);
    });
  }

  /** Removes files; `paths` are asked when it is their turn. */
  remove(paths: () => readonly string[]): void {
    this.#add(async () => {
      for (const path of paths()) await removeFile(path);
    });
  }

  /** Resolves when all is done that was asked for until now. */
  settled(): Promise<void> {
    return this.#line;
  }

  #add(job: () => Promise<void>): void {
    this.#line = this.#line.then(async () => {
      try {
        await this.#host.queue.run(job);
      } catch (error) {
        this.#host.onFailure(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }
}
