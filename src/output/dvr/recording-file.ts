// One recording on its way to the disk: under a temporary name until it is complete. All work is done in turns of the
// disk's queue, one after the other; nothing here blocks whoever hands the bytes over.

import type { FileHandle } from 'node:fs/promises';
import type { BytePages } from '../disk/byte-pages.ts';
import { append, createFile, fileExists, hasCode, publishFile, removeFile } from '../disk/disk-files.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import { numberedPath } from './dvr-path.ts';
import type { FilePatch } from './recording-writer.ts';

/** Bytes of pages that the files of one stream have not written yet. */
export interface PendingBytes {
  count: number;
}

export interface RecordingFileHost {
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  /** Kept up to date. */
  readonly pending: PendingBytes;
  /** Temporary names that are being written: kept up to date. */
  readonly openNames: Set<string>;
  /** The file is open under this name, `.tmp` added. */
  readonly onOpen: (path: string) => void;
  /** The disk has taken the first part. */
  readonly onFirstPart: (path: string) => void;
  /** The disk takes no more; what it took will be kept. Told once. */
  readonly onFailure: (error: Error) => void;
  /** The folder was removed and is made again. */
  readonly onFolderLost: (path: string) => void;
}

/** A complete recording. */
export interface FinishedRecording {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Names that are tried when others are taken. */
const MAX_NUMBER = 1000;

export class RecordingFile {
  readonly #path: string;
  readonly #host: RecordingFileHost;
  /** Jobs run one after the other: this is the end of the line. */
  #line: Promise<void>;
  #handle: FileHandle | undefined;
  #finalPath: string;
  #size = 0;
  /** Where a file may end that can be played. */
  #wholeSize = 0;
  #hasFailed = false;

  /**
   * @param path where the file is to be in the end; if that name is taken, another like it
   * @param previous the file before, which is completed first
   */
  constructor(path: string, host: RecordingFileHost, previous: Promise<unknown>) {
    this.#path = path;
    this.#finalPath = path;
    this.#host = host;
    this.#line = previous.then(() => {});
    this.#add(() => this.#open());
  }

  /**
   * Writes from..to of a page and gives the page back.
   * @param isWhole a file that ends here can be played
   */
  append(page: Buffer, from: number, to: number, isWhole: boolean): void {
    this.#host.pending.count += page.length;
    this.#add(
      () => this.#write(page.subarray(from, to), isWhole),
      () => {
        this.#host.pending.count -= page.length;
        this.#host.pages.giveBack(page);
      },
    );
  }

  /**
   * Completes the file and gives it its name. Never rejects.
   * @param patches what is to be changed in a file of that size; if that fails, the file stays as it is
   * @returns undefined if nothing was written
   */
  async finish(patches: (sizeBytes: number) => readonly FilePatch[]): Promise<FinishedRecording | undefined> {
    let finished: FinishedRecording | undefined;
    this.#add(
      async () => {
        finished = await this.#finish(patches);
      },
      undefined,
      true,
    );
    await this.#line;
    return finished;
  }

  #add(job: () => Promise<void>, done?: () => void, isAlways = false): void {
    this.#line = this.#line.then(() => this.#run(job, done, isAlways));
  }

  async #run(job: () => Promise<void>, done: (() => void) | undefined, isAlways: boolean): Promise<void> {
    try {
      if (isAlways || !this.#hasFailed) await this.#host.queue.run(job);
    } catch (error) {
      this.#fail(error);
    } finally {
      done?.();
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#host.onFailure(error instanceof Error ? error : new Error(String(error)));
  }

  // Whoever holds the temporary name holds the final one as well: nobody else can complete a file of that name, on
  // other servers that share the folder either.
  async #open(): Promise<void> {
    for (let number = 0; number < MAX_NUMBER; number++) {
      const path = numberedPath(this.#path, number);
      const handle = await createNew(`${path}.tmp`);
      if (handle === undefined) continue;
      if (await fileExists(path)) {
        await handle.close();
        await removeFile(`${path}.tmp`);
        continue;
      }
      this.#handle = handle;
      this.#finalPath = path;
      this.#host.openNames.add(this.#temporary);
      this.#host.onOpen(path);
      return;
    }
    throw new Error(`${MAX_NUMBER} recordings have the name ${this.#path}: add [timestamp] to dvr_path`);
  }

  async #write(bytes: Buffer, isWhole: boolean): Promise<void> {
    if (this.#handle === undefined) return;
    try {
      await append(this.#handle, bytes);
    } catch (cause) {
      throw new Error(`write ${this.#temporary}`, { cause });
    }
    this.#size += bytes.length;
    if (!isWhole) return;
    if (this.#wholeSize === 0) this.#host.onFirstPart(this.#finalPath);
    this.#wholeSize = this.#size;
  }

  async #finish(
    patches: (sizeBytes: number) => readonly FilePatch[],
  ): Promise<FinishedRecording | undefined> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return undefined;
    try {
      if (this.#wholeSize === 0) {
        await removeFile(this.#temporary);
        return undefined;
      }
      const sizeBytes = await this.#complete(handle, patches(this.#wholeSize));
      const isFolderNew = await publishFile(handle, this.#temporary, this.#finalPath);
      if (isFolderNew) this.#host.onFolderLost(this.#finalPath);
      return { path: this.#finalPath, sizeBytes };
    } finally {
      this.#host.openNames.delete(this.#temporary);
      await handle.close().catch(() => {});
    }
  }

  /** @returns size of the file */
  async #complete(handle: FileHandle, patches: readonly FilePatch[]): Promise<number> {
    try {
      if (this.#hasFailed) await handle.truncate(this.#wholeSize);
      let size = this.#wholeSize;
      for (const { position, bytes } of patches) {
        await writeAt(handle, bytes, position);
        size = Math.max(size, position + bytes.length);
      }
      return size;
    } catch (cause) {
      await handle.truncate(this.#wholeSize).catch(() => {});
      this.#fail(new Error(`complete ${this.#temporary}`, { cause }));
      return this.#wholeSize;
    }
  }

  get #temporary(): string {
    return `${this.#finalPath}.tmp`;
  }
}

/** Undefined if there is a file of that name. */
async function createNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await createFile(path, true);
  } catch (error) {
    if (error instanceof Error && hasCode(error.cause, 'EEXIST')) return undefined;
    throw error;
  }
}

async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset, position + offset);
    offset += bytesWritten;
  }
}
