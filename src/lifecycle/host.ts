// Facts about this machine that the configuration is checked against.

import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';

/** The soft limit of open files, undefined where the system does not tell. Node raises it to the hard one. */
export function openFilesLimit(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined;
  }
}

/** How many addresses this machine has, the loopback ones aside. */
export function addressCount(): number {
  let count = 0;
  for (const addresses of Object.values(networkInterfaces())) {
    count += addresses?.filter((address) => !address.internal).length ?? 0;
  }
  return count;
}

/**
 * Gives the process the short name that it was called by, e.g. `srs` for `./objs/srs`: what `pidof`, `pgrep` and
 * `top` look at. Node.js calls its first thread MainThread since version 24.
 */
export function nameProcess(argv0: string): void {
  try {
    writeFileSync('/proc/self/comm', basename(argv0));
  } catch {
    // Not Linux, or a /proc that may only be read: the name stays.
  }
}
