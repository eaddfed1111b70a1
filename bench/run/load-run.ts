// One run: start the server, publish, let the viewers in, wait until all is steady, measure a window, stop.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningServer } from '../target/running.ts';
import { findFreePort, readUse, ServerProcess, type ServerUnderTest } from '../target/server-process.ts';
import type { Setup, Target } from '../target/target.ts';
import { FfmpegViewers } from '../viewer/ffmpeg-viewers.ts';
import { ffmpegUrls, publisherJob, viewerJobs } from './jobs.ts';
import type { LoadOptions } from './load-options.ts';
import { type Measurement, toMeasurement } from './measurement.ts';
import type { RunContext } from './run-context.ts';
import { pause, waitFor } from './waiting.ts';
import { measureWindow } from './window.ts';
import { WorkerProcess } from './worker-process.ts';

const HOST = '127.0.0.1';

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
