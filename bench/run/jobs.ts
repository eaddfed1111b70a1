// What the load of a run does: jobs for the worker processes, URLs for ffmpeg.

import { sourceAddresses } from '../measure/limits.ts';
import { publishedBytesPerSec, type Tape } from '../source/tape.ts';
import type { Setup, Target } from '../target/target.ts';
import type { CheckLimits } from '../viewer/stream-check.ts';
import type { LoadOptions } from './load-options.ts';
import type { RunContext } from './run-context.ts';
import type { PublisherJob, ViewerJob } from './worker-messages.ts';

/** Rounding by servers that rewrite timestamps. */
const GAP_TOLERANCE_MS = 10;
const HLS_AUDIO_GAP_MS = 1000;

export function publisherJob(target: Target, setup: Setup, context: RunContext): PublisherJob {
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

export function viewerJobs(target: Target, setup: Setup, context: RunContext): ViewerJob[] {
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

/** HLS keeps the publisher's clock, and gathers audio frames. */
function checkLimits(tape: Tape, options: LoadOptions): CheckLimits {
  const isHls = options.protocol === 'hls';
  const { audio, video } = tape.largestGapMs;
  return {
    maxGapMs: { audio: isHls ? HLS_AUDIO_GAP_MS : audio + GAP_TOLERANCE_MS, video: video + GAP_TOLERANCE_MS },
    maxFirstMs: isHls ? Number.MAX_SAFE_INTEGER : options.maxFirstMs,
  };
}

export function ffmpegUrls(target: Target, setup: Setup, options: LoadOptions): string[] {
  const { host, rtmpPort, httpPort } = setup;
  const streams = streamNames(options.publishers);
  return Array.from({ length: options.ffmpeg }, (_, i) => {
    const stream = streams[i % streams.length]!;
    if (options.protocol === 'rtmp') return `rtmp://${host}:${rtmpPort}/${target.app}/${stream}`;
    if (options.protocol === 'hls') return `http://${host}:${httpPort}${target.hlsPath(stream)}`;
    return `http://${host}:${httpPort}${target.flvPath(stream)}`;
  });
}
