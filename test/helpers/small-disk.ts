// A disk that is soon full: a tmpfs of its own where the machine lets us mount one, else a limit on the size of files
// (which says "file too large" rather than "no space left").

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './names.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Shell commands before the server starts. */
  readonly prelude: string;
  /** Bytes that fit. */
  readonly sizeBytes: number;
  /** Makes room again. */
  free(): void;
  remove(): void;
}

const BLOCK_BYTES = 1024;

/** @param sizeBytes that fit until it is full */
export function smallDisk(sizeBytes: number): SmallDisk {
  const folder = newFolder('disk');
  const ballast = join(folder, 'ballast');
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes * 2}`, 'tmpfs', folder]);
  if (mounted.status === 0) {
    writeFileSync(ballast, Buffer.alloc(sizeBytes));
    return {
      folder,
      prelude: '',
      sizeBytes,
      free: () => rmSync(ballast),
      remove: () => spawnSync('umount', ['-l', folder]),
    };
  }
  // An ignored signal stays ignored in the program that follows: its writes fail instead.
  const prelude = `trap '' XFSZ; ulimit -f ${Math.floor(sizeBytes / BLOCK_BYTES)};`;
  return { folder, prelude, sizeBytes, free: () => {}, remove: () => {} };
}
