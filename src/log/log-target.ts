// What a log tank writes to: a file or the console, as descriptors.

import fs from 'node:fs';
import path from 'node:path';

const FILE_MODE = 0o644;
const STDOUT = 1;

/** Where lines go. The tank opens it with the first line, and again after a failure or on demand. */
export interface LogTarget {
  /** For messages about the target itself. */
  readonly name: string;
  open(): number;
  close(fd: number): void;
}

/** A file to append to. A missing folder is made: a fresh clone has no ./objs. */
export function fileTarget(file: string): LogTarget {
  return {
    name: file,
    open: () => {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      return fs.openSync(file, 'a', FILE_MODE);
    },
    close: (fd) => fs.close(fd, () => {}),
  };
}

/** Standard output, warnings and errors included: SRS's console lines are all there. */
export function consoleTarget(): LogTarget {
  return {
    name: 'console',
    open: openConsole,
    close: (fd) => {
      if (fd !== STDOUT) fs.close(fd, () => {});
    },
  };
}

/**
 * A write to a full pipe (a stalled log collector) or a stopped terminal would hold a thread, and Node waits for
 * its threads when it exits. So open those anew without blocking; that leaves the descriptor, which other
 * processes share, as it is.
 */
function openConsole(): number {
  try {
    const stat = fs.fstatSync(STDOUT);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return STDOUT;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
    return fs.openSync(`/proc/self/fd/${STDOUT}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // No /proc, or not the owner of the terminal.
    return STDOUT;
  }
}
