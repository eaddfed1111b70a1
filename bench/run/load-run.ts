// One run: start the server, publish, let the viewers in, wait until all is steady, measure a window, stop.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../cli/progress.ts';
import { sourceAddresses } from '../measure/limits.ts';
import { busyShare, type ProcessUse, readMachineStat, readTreeUse } from '../measure/proc.ts';
import { countSyscalls, type SyscallCounts } from '../measure/syscalls.ts';
import type { Tape } from '../source/tape.ts';
import { RunningServer } from '../target/running.ts';
import { findFreePort, ServerProcess, type ServerUnderTest } from '../target/server-process.ts';
import type { Setup, Target } from '../target/target.ts';
import { type FfmpegSummary, FfmpegViewers } from '../viewer/ffmpeg-viewers.ts';
import type { CheckLimits } from '../viewer/stream-check.ts';
import type { LoadOptions } from './load-options.ts';
import { type Measurement, type RawMeasurement, toMeasurement } from './measurement.ts';
import type { PublisherJob, ViewerJob } from './worker-messages.ts';
import { type WindowAnswer, WorkerProcess } from './worker-process.ts';

const HOST = '127.0.0.1';
const POLL_MS = 250;
const START_LIMIT_MS = 30_000;
const SYSCALL_SECONDS = 3;
/** Rounding by servers that rewrite timestamps. */
const GAP_TOLERANCE_MS = 10;
const HLS_AUDIO_GAP_MS = 1000;

export interface RunContext {
  readonly options: LoadOptions;
  readonly sourcePath: string;
  readonly tape: Tape;
  readonly progress: Progress;
  /** Aborted when the user stops the bench. */
  readonly signal: AbortSignal;
}

/** The parts of a run that must be ended, whatever happens. */
interface Running {
  readonly workers: WorkerProcess[];
  server: ServerUnderTest | undefined;
  ffmpeg: FfmpegViewers | undefined;
}

export async function runLoad(target: Target, context: RunContext): Promise<Measurement> {
  const dir = mkdtempSync(join(tmpdir(), 'tsrs-bench-'));
  const running: Running = { workers: [], server: undefined, ffmpeg: undefined };
  const stopLoad = (): void => {
    running.ffmpeg?.stop();
    for (const worker of running.workers) worker.stop();
  };
  const killAll = (): void => {
    stopLoad();
    running.server?.kill();
  };
  process.once('exit', killAll);
  try {
    return await measureTarget(target, context, dir, running);
  } finally {
    stopLoad();
    await running.server?.stop();
    process.off('exit', killAll);
    if (context.options.keep) context.progress.print(`${target.name}: its files are in ${dir}`);
    else rmSync(dir, { recursive: true, force: true });
  }
}

async function measureTarget(
  target: Target,
  context: RunContext,
  dir: string,
  running: Running,
): Promise<Measurement> {
  const { options, progress } = context;
  const setup = await prepare(target, options, dir);
  progress.show(`${target.name}: start`);
  const server = await startServer(target, setup);
  running.server = server;

  const publishers = new WorkerProcess(publisherJob(target, setup, context));
  running.workers.push(publishers);
  await waitFor(context, `${target.name}: publishers`, [publishers], options.publishers);
  await pause(options.settleSec, context);
  const idle = readUse(server);

  const viewers = viewerJobs(target, setup, context).map((job) => new WorkerProcess(job));
  running.workers.push(...viewers);
  if (options.ffmpeg > 0) running.ffmpeg = new FfmpegViewers(ffmpegUrls(target, setup, options));
  await waitFor(context, `${target.name}: viewers`, viewers, options.viewers);
  await pause(options.settleSec, context);

  const load = { publishers, viewers, ffmpeg: running.ffmpeg };
  const raw = await measureWindow(target.name, context, server, load);
  return toMeasurement(target, options, context.tape, { ...raw, startupMs: server.startupMs, idle });
}

async function startServer(target: Target, setup: Setup): Promise<ServerUnderTest> {
  if (target.type === 'running') return new RunningServer(target.pid);
  return ServerProcess.start(target.plan(setup), setup.dir, setup.host);
}

function readUse(server: ServerUnderTest): ProcessUse | undefined {
  return server.pid === undefined ? undefined : readTreeUse(server.pid);
}

function ffmpegUrls(target: Target, setup: Setup, options: LoadOptions): string[] {
  const { host, rtmpPort, httpPort } = setup;
  const streams = streamNames(options.publishers);
  return Array.from({ length: options.ffmpeg }, (_, i) => {
    const stream = streams[i % streams.length]!;
    if (options.protocol === 'rtmp') return `rtmp://${host}:${rtmpPort}/${target.app}/${stream}`;
    if (options.protocol === 'hls') return `http://${host}:${httpPort}${target.hlsPath(stream)}`;
    return `http://${host}:${httpPort}${target.flvPath(stream)}`;
  });
}

async function prepare(target: Target, options: LoadOptions, dir: string): Promise<Setup> {
  const isRunning = target.type === 'running';
  return {
    host: isRunning ? target.host : HOST,
    rtmpPort: isRunning ? target.rtmpPort : await findFreePort(HOST),
    httpPort: isRunning ? target.httpPort : await findFreePort(HOST),
    apiPort: await findFreePort(HOST),
    dir,
    connections: options.viewers + options.publishers + options.ffmpeg,
    minLatency: options.minLatency,
    hls: options.hls,
    mergedRead: options.mergedRead,
  };
}

/** What loads the server while it is measured. */
interface Load {
  readonly publishers: WorkerProcess;
  readonly viewers: readonly WorkerProcess[];
  readonly ffmpeg: FfmpegViewers | undefined;
}

async function measureWindow(
  name: string,
  context: RunContext,
  server: ServerUnderTest,
  load: Load,
): Promise<Omit<RawMeasurement, 'startupMs' | 'idle'>> {
  const workers = [load.publishers, ...load.viewers];
  for (const worker of workers) worker.openWindow();
  load.ffmpeg?.openWindow();
  server.openLoopWindow();
  const machineBefore = readMachineStat();
  const before = readUse(server);
  const startedMs = performance.now();
  await pause(context.options.durationSec, context, `${name}: measure`);
  const after = readUse(server);
  const windowSec = (performance.now() - startedMs) / 1000;
  const busy = busyShare(machineBefore, readMachineStat());
  const ffmpeg: FfmpegSummary | undefined = load.ffmpeg?.closeWindow();
  const loop = await server.closeLoopWindow();
  const answers = await Promise.all(workers.map((worker) => worker.closeWindow()));
  if (server.hasEnded) throw new Error(`${name} ended during the run`);
  const syscalls = await traceSyscalls(server, context.options, receivedBytes(answers) / windowSec);
  const failedViewers = sumFailed(load.viewers);
  return { windowSec, before, after, busy, loop, answers, failedViewers, syscalls, ffmpeg };
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

/** Until `count` are running or have failed; an error when they do not get there in time, or none does. */
async function waitFor(
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

async function pause(seconds: number, context: RunContext, stage?: string): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  for (let leftMs = endMs - performance.now(); leftMs > 0; leftMs = endMs - performance.now()) {
    if (stage !== undefined) context.progress.show(stage, `${Math.ceil(leftMs / 1000)} s left`);
    await sleep(Math.min(leftMs, 1000), undefined, { signal: context.signal });
  }
}

function publisherJob(target: Target, setup: Setup, context: RunContext): PublisherJob {
  const { options } = context;
  return {
    kind: 'publishers',
    host: setup.host,
    rtmpPort: setup.rtmpPort,
    app: target.app,
    streams: streamNames(options.publishers),
    sourcePath: context.sourcePath,
    writesPerSec: options.writesPerSec,
    chunkSizeBytes: options.chunkSizeBytes,
    rampPerSec: options.rampPerSec,
  };
}

function viewerJobs(target: Target, setup: Setup, context: RunContext): ViewerJob[] {
  const { options, tape } = context;
  const processes = options.viewers === 0 ? 0 : options.viewerProcesses;
  const share = (total: number, index: number): number =>
    Math.floor((total + processes - 1 - index) / processes);
  return Array.from({ length: processes }, (_, index) => ({
    kind: 'viewers',
    protocol: options.protocol,
    host: setup.host,
    rtmpPort: setup.rtmpPort,
    httpPort: setup.httpPort,
    app: target.app,
    streams: streamNames(options.publishers).map((name) => ({
      name,
      flvPath: target.flvPath(name),
      hlsPath: target.hlsPath(name),
    })),
    index,
    of: processes,
    viewers: share(options.viewers, index),
    checked: share(options.checked, index),
    slow: share(options.slow, index),
    slowBytesPerSec: options.slowRate * publishedBytesPerSec(tape),
    rampPerSec: options.rampPerSec / processes,
    sourceAddresses: sourceAddresses(options.viewers),
    limits: checkLimits(tape, options),
  }));
}

function streamNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `bench${i}`);
}

function publishedBytesPerSec(tape: Tape): number {
  return (tape.bodyBytesPerRound / tape.roundMs) * 1000;
}

/** HLS keeps the publisher's clock, and gathers audio frames. */
function checkLimits(tape: Tape, options: LoadOptions): CheckLimits {
  const isHls = options.protocol === 'hls';
  const { audio, video } = tape.largestGapMs;
  return {
    maxGapMs: { audio: isHls ? HLS_AUDIO_GAP_MS : audio + GAP_TOLERANCE_MS, video: video + GAP_TOLERANCE_MS },
    maxFirstMs: isHls ? Number.MAX_SAFE_INTEGER : options.maxFirstMs,
  };
}
