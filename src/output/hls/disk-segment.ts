// One segment on its way to the disk: under a temporary name until it is complete, encrypted on the way if asked.

import type { Cipheriv } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { append, createFile, publishFile, removeFile } from '../disk/disk-files.ts';
import type { SegmentMoment } from './hls-names.ts';
import { type SegmentKey, segmentCipher } from './segment-key.ts';

export class DiskSegment {
  readonly sequence: number;
  readonly moment: SegmentMoment;
  readonly key: SegmentKey | undefined;
  readonly #temporary: string;
  readonly #cipher: Cipheriv | undefined;
  #handle: FileHandle | undefined;

  /** @param path the file's name as far as it is known; `.tmp` is added */
  constructor(sequence: number, moment: SegmentMoment, key: SegmentKey | undefined, path: string) {
    this.sequence = sequence;
    this.moment = moment;
    this.key = key;
    this.#temporary = `${path}.tmp`;
    this.#cipher = key && segmentCipher(key);
  }

  async open(): Promise<void> {
    this.#handle = await createFile(this.#temporary);
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#append(this.#cipher === undefined ? bytes : this.#cipher.update(bytes));
  }

  /**
   * Completes the file under its final name.
   * @returns true if the folder had been removed meanwhile and was made again
   */
  async finish(path: string): Promise<boolean> {
    if (this.#cipher !== undefined) await this.#append(this.#cipher.final());
    const handle = this.#handle;
    if (handle === undefined) throw new Error(`${this.#temporary} is not open`);
    const isFolderNew = await publishFile(handle, this.#temporary, path);
    await this.#close();
    return isFolderNew;
  }

  /** Closes and removes what there is. Never rejects. */
  async remove(): Promise<void> {
    await this.#close();
    await removeFile(this.#temporary).catch(() => {});
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#handle === undefined) throw new Error(`${this.#temporary} is not open`);
    try {
      await append(this.#handle, bytes);
    } catch (cause) {
      throw new Error(`write ${this.#temporary}`, { cause });
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => {});
  }
}
