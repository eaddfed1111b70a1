// Waiting in a run: for the load to be there, and for time to pass.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RunContext } from './run-context.ts';
import type { WorkerProcess } from './worker-process.ts';

const POLL_MS = 250;
/** After the last connection was started; some servers need that long for thousands of viewers. */
const START_LIMIT_MS = 60_000;

/** Until `count` are running or have failed; an error when they do not get there in time, or none does. */
export async function waitFor(
  context: RunContext,
  stage: string,
  workers: readonly WorkerProcess[],
  count: number,
): Promise<void> {
  const rampMs = (count / context.options.rampPerSec) * 1000;
  const deadlineMs = performance.now() + rampMs + START_LIMIT_MS;
  for (;;) {
    const all = workers.map((worker) => worker.progress);
    const running = all.reduce((sum, one) => sum + one.running, 0);
    const failed = all.reduce((sum, one) => sum + one.failed, 0);
    const failure = all.find((one) => one.firstFailure !== undefined)?.firstFailure;
    context.progress.show(
      stage,
      `${running} of ${count}${failed > 0 ? `, ${failed} failed: ${failure}` : ''}`,
    );
    if (running >= count) return;
    if (
      running + failed >= count ||
      performance.now() > deadlineMs ||
      workers.some((worker) => worker.hasEnded)
    ) {
      if (failure !== undefined)
        context.progress.print(`${stage}: ${failed} failed, the first with: ${failure}`);
      if (running < count * context.options.minRunning)
        throw new Error(`${stage}: only ${running} of ${count} run`);
      return;
    }
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

export async function pause(seconds: number, context: RunContext, stage?: string): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  for (let leftMs = endMs - performance.now(); leftMs > 0; leftMs = endMs - performance.now()) {
    if (stage !== undefined) context.progress.show(stage, `${Math.ceil(leftMs / 1000)} s left`);
    await sleep(Math.min(leftMs, 1000), undefined, { signal: context.signal });
  }
}
