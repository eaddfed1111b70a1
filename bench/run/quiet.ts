// Waits until nothing else runs on the machine, so that a run measures the server.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../cli/progress.ts';
import { busyShare, readMachineStat } from '../measure/proc.ts';

const QUIET_SHARE = 0.04;
/** So many seconds in a row must be quiet. */
const QUIET_SECONDS = 5;

/** Gives up waiting, with a line that says so, when the machine stays busy. */
export async function waitUntilQuiet(maxSec: number, progress: Progress, signal: AbortSignal): Promise<void> {
  if (maxSec === 0) return;
  const deadlineMs = performance.now() + maxSec * 1000;
  for (let quiet = 0; quiet < QUIET_SECONDS; ) {
    if (performance.now() > deadlineMs) {
      progress.print(`the machine was not quiet within ${maxSec} s: measured all the same`);
      return;
    }
    const before = readMachineStat();
    await sleep(1000, undefined, { signal });
    const busy = busyShare(before, readMachineStat());
    quiet = busy < QUIET_SHARE ? quiet + 1 : 0;
    progress.show('wait until the machine is quiet', `${Math.round(100 * busy)} % busy`);
  }
}
