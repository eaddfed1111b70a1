// The initialisation segments of fMP4 on disk. One serves all segments with the same codecs; a changed one gets a name
// of its own, because players may still read the old one.

import { readFile } from 'node:fs/promises';
import { isMissing, replaceFile } from '../disk/disk-files.ts';
import type { HlsNames } from './hls-names.ts';
import type { ListedSegment } from './playlist-window.ts';

export class DiskInit {
  readonly #names: HlsNames;
  #bytes: Buffer | undefined;
  #uri: string | undefined;

  constructor(names: HlsNames) {
    this.#names = names;
  }

  /**
   * URI of this init segment, written if it is not there yet.
   * @param sequence of the segment that needs it
   */
  async uriOf(bytes: Buffer, sequence: number): Promise<string> {
    if (this.#uri !== undefined && this.#bytes?.equals(bytes) === true) return this.#uri;
    const plain = this.#names.init();
    const there = await readIfThere(plain.path);
    const isFree = there === undefined || there.equals(bytes);
    const name = isFree ? plain : this.#names.init(sequence);
    if (there === undefined || !isFree) await replaceFile(name.path, `${name.path}.temp`, bytes);
    this.#bytes = bytes;
    this.#uri = name.uri;
    return name.uri;
  }

  /** The folder was removed: the file is to be written again. */
  forget(): void {
    this.#bytes = undefined;
    this.#uri = undefined;
  }

  /** Files that only segments needed that are `gone`. */
  unused(gone: readonly ListedSegment[], left: readonly ListedSegment[]): string[] {
    const needed = new Set([this.#uri, ...left.map(({ map }) => map)]);
    const uris = new Set(gone.flatMap(({ map }) => (map === undefined || needed.has(map) ? [] : [map])));
    return [...uris].flatMap((uri) => this.#names.pathOfUri(uri) ?? []);
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`read ${path}`, { cause: error });
  }
}
