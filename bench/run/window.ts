// The measured window of a run.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoopAnswer } from '../measure/loop-report.ts';
import { busyShare, readMachineStat } from '../measure/proc.ts';
import { countSyscalls, type SyscallCounts } from '../measure/syscalls.ts';
import { readUse, type ServerUnderTest } from '../target/server-process.ts';
import type { FfmpegViewers } from '../viewer/ffmpeg-viewers.ts';
import type { LoadOptions } from './load-options.ts';
import type { RawMeasurement } from './measurement.ts';
import type { RunContext } from './run-context.ts';
import { pause } from './waiting.ts';
import type { WindowAnswer, WorkerProcess } from './worker-process.ts';

const SYSCALL_SECONDS = 3;

/** What loads the server while it is measured. */
export interface Load {
  readonly publishers: WorkerProcess;
  readonly viewers: readonly WorkerProcess[];
  readonly ffmpeg: FfmpegViewers | undefined;
}

export async function measureWindow(
  name: string,
  context: RunContext,
  server: ServerUnderTest,
  load: Load,
): Promise<Omit<RawMeasurement, 'startupMs' | 'idle'>> {
  const workers = [load.publishers, ...load.viewers];
  for (const worker of workers) worker.openWindow();
  load.ffmpeg?.openWindow();
  server.openLoopWindow(context.options.profileDir !== undefined);
  const machineBefore = readMachineStat();
  const before = readUse(server);
  const startedMs = performance.now();
  await pause(context.options.durationSec, context, `${name}: measure`);
  const after = readUse(server);
  const windowSec = (performance.now() - startedMs) / 1000;
  const busy = busyShare(machineBefore, readMachineStat());
  const ffmpeg = load.ffmpeg?.closeWindow();
  const loop = await server.closeLoopWindow();
  saveProfile(name, context.options, loop);
  const answers = await Promise.all(workers.map((worker) => worker.closeWindow()));
  if (server.hasEnded) throw new Error(`${name} ended during the run`);
  const syscalls = await traceSyscalls(server, context.options, receivedBytes(answers) / windowSec);
  const failedViewers = sumFailed(load.viewers);
  return { windowSec, before, after, busy, loop, answers, failedViewers, syscalls, ffmpeg };
}

function saveProfile(name: string, options: LoadOptions, loop: LoopAnswer | undefined): void {
  if (options.profileDir === undefined || loop === undefined || loop.cpuProfile === '') return;
  mkdirSync(options.profileDir, { recursive: true });
  const file = `${name}-${options.protocol}-${options.viewers}.cpuprofile`.replaceAll(/[^\w.-]/g, '-');
  writeFileSync(join(options.profileDir, file), loop.cpuProfile);
}

async function traceSyscalls(
  server: ServerUnderTest,
  options: LoadOptions,
  bytesPerSec: number,
): Promise<SyscallCounts | undefined> {
  if (!options.syscalls || server.pid === undefined) return undefined;
  return countSyscalls(server.pid, SYSCALL_SECONDS, bytesPerSec);
}

function receivedBytes(answers: readonly WindowAnswer[]): number {
  const all = answers.flatMap((answer) => ('viewers' in answer ? answer.viewers.receivedBytes : []));
  return all.reduce((sum, bytes) => sum + bytes, 0);
}

function sumFailed(viewers: readonly WorkerProcess[]): number {
  return viewers.reduce((sum, worker) => sum + worker.progress.failed, 0);
}
