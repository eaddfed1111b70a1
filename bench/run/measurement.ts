// The figures of one run, from what the server's process, the workers and the server itself told.

import { cpus } from 'node:os';
import type { LoopAnswer, LoopReport } from '../measure/loop-report.ts';
import { percentile } from '../measure/percentile.ts';
import type { ProcessUse } from '../measure/proc.ts';
import { type SelfTime, topSelfTimes } from '../measure/self-time.ts';
import type { SyscallCounts } from '../measure/syscalls.ts';
import { publishedBytesPerSec, type Tape } from '../source/tape.ts';
import type { Target, ViewerProtocolName } from '../target/target.ts';
import type { FfmpegSummary } from '../viewer/ffmpeg-viewers.ts';
import { type CheckSummary, isFullRate, summarizeChecks } from '../viewer/stream-check.ts';
import type { LoadOptions } from './load-options.ts';
import type { ViewerReport } from './worker-messages.ts';
import type { WindowAnswer } from './worker-process.ts';

/** How much a served viewer may lack of the published bytes: flushes, and segments, move the window's edges. */
const RATE_TOLERANCE = 0.1;
/** One percent of a core for one second. */
const US_PER_PERCENT_SEC = 1e4;
const RATE_TOLERANCE_HLS = 0.25;

export interface RawMeasurement {
  readonly windowSec: number;
  /** With publishers, before the first viewer; undefined, as the other two, when the process is not known. */
  readonly idle: ProcessUse | undefined;
  readonly before: ProcessUse | undefined;
  readonly after: ProcessUse | undefined;
  readonly busy: number;
  readonly loop: LoopAnswer | undefined;
  readonly answers: readonly WindowAnswer[];
  readonly failedViewers: number;
  readonly startupMs: number | undefined;
  readonly syscalls: SyscallCounts | undefined;
  readonly ffmpeg: FfmpegSummary | undefined;
}

export interface Measurement {
  readonly target: string;
  readonly protocol: ViewerProtocolName;
  readonly viewers: number;
  readonly publishers: number;
  readonly windowSec: number;
  /** Share of one core, %. */
  readonly cpuPercent: number | undefined;
  readonly userPercent: number | undefined;
  readonly sysPercent: number | undefined;
  /** CPU time for one viewer watching one second, µs. */
  readonly usPerViewerSec: number | undefined;
  readonly idleRssMb: number | undefined;
  readonly rssMb: number | undefined;
  readonly kbPerViewer: number | undefined;
  readonly deliveredMbps: number;
  readonly publishedMbps: number;
  /** Bytes per viewer against bytes published; protocol framing makes it a little more than 1. */
  readonly deliveredRatio: number | undefined;
  readonly startupMs: number | undefined;
  readonly firstKeyP50Ms: number | undefined;
  readonly firstKeyP99Ms: number | undefined;
  readonly delayP50Ms: number | undefined;
  readonly delayP99Ms: number | undefined;
  readonly loop: LoopReport | undefined;
  /** Self time of a Node server's functions, when a profile was made. */
  readonly topFunctions: readonly SelfTime[];
  readonly clientPercent: number;
  readonly publisherPercent: number;
  /** Share of all cores that was busy, %: above 90 the figures tell of the machine, not of the server. */
  readonly machinePercent: number;
  /** What the machine did beside the server and its load, % of one core; much of it spoils the figures. */
  readonly otherPercent: number | undefined;
  readonly failedViewers: number;
  /** Viewers with less than nine tenths of the published rate. */
  readonly starvedViewers: number;
  readonly checks: CheckSummary;
  readonly slowChecks: CheckSummary | undefined;
  readonly slowDeliveredMbps: number | undefined;
  readonly syscalls: SyscallCounts | undefined;
  readonly ffmpeg: FfmpegSummary | undefined;
}

export function toMeasurement(
  target: Target,
  options: LoadOptions,
  tape: Tape,
  raw: RawMeasurement,
): Measurement {
  const { windowSec } = raw;
  const report = mergeReports(raw.answers);
  const use = serverUse(raw, options.viewers);
  const clients = { viewers: clientPercent(raw, 'viewers'), publishers: clientPercent(raw, 'publishers') };
  const served = report.receivedBytes.length;
  const received = sum(report.receivedBytes);
  const sentBytes = sum(
    raw.answers.map((answer) => ('publishers' in answer ? answer.publishers.sentBodyBytes : 0)),
  );
  const perStream = sentBytes / options.publishers;
  return {
    target: target.name,
    protocol: options.protocol,
    viewers: options.viewers,
    publishers: options.publishers,
    windowSec,
    ...use,
    deliveredMbps: toMbps(received, windowSec),
    publishedMbps: toMbps(sentBytes, windowSec),
    deliveredRatio: served === 0 ? undefined : received / served / perStream,
    startupMs: raw.startupMs,
    firstKeyP50Ms: percentile(report.firstKeyMs, 0.5),
    firstKeyP99Ms: percentile(report.firstKeyMs, 0.99),
    delayP50Ms: percentile(report.delaysMs, 0.5),
    delayP99Ms: percentile(report.delaysMs, 0.99),
    loop: raw.loop?.report,
    topFunctions: raw.loop?.cpuProfile ? topSelfTimes(raw.loop.cpuProfile) : [],
    clientPercent: clients.viewers,
    publisherPercent: clients.publishers,
    machinePercent: 100 * raw.busy,
    otherPercent: otherPercent(
      raw.busy,
      use.cpuPercent,
      clients.viewers + clients.publishers,
      options.ffmpeg,
    ),
    failedViewers: raw.failedViewers,
    starvedViewers: countStarved(
      report.receivedBytes,
      windowSec * publishedBytesPerSec(tape),
      options.protocol,
    ),
    checks: summarizeChecks(report.findings),
    slowChecks: options.slow === 0 ? undefined : summarizeChecks(report.slowFindings),
    slowDeliveredMbps: options.slow === 0 ? undefined : toMbps(sum(report.slowReceivedBytes), windowSec),
    syscalls: raw.syscalls,
    ffmpeg: raw.ffmpeg,
  };
}

type ServerUse = Pick<
  Measurement,
  'cpuPercent' | 'userPercent' | 'sysPercent' | 'usPerViewerSec' | 'idleRssMb' | 'rssMb' | 'kbPerViewer'
>;

function serverUse({ before, after, idle, windowSec }: RawMeasurement, viewers: number): ServerUse {
  const percent = (to: number | undefined, from: number | undefined): number | undefined =>
    to === undefined || from === undefined ? undefined : (100 * (to - from)) / windowSec;
  const perViewer = (value: number | undefined): number | undefined =>
    value === undefined || viewers === 0 ? undefined : value / viewers;
  const userPercent = percent(after?.userSec, before?.userSec);
  const sysPercent = percent(after?.sysSec, before?.sysSec);
  const cpuPercent =
    userPercent === undefined || sysPercent === undefined ? undefined : userPercent + sysPercent;
  const grownKb =
    after === undefined || idle === undefined ? undefined : (after.rssBytes - idle.rssBytes) / 1024;
  return {
    cpuPercent,
    userPercent,
    sysPercent,
    usPerViewerSec: perViewer(cpuPercent === undefined ? undefined : cpuPercent * US_PER_PERCENT_SEC),
    idleRssMb: toMb(idle?.rssBytes),
    rssMb: toMb(after?.rssBytes),
    kbPerViewer: perViewer(grownKb),
  };
}

/** Unknown when the server's own share is, or when ffmpeg clients run, which are not counted. */
function otherPercent(
  busy: number,
  serverPercent: number | undefined,
  clientsPercent: number,
  ffmpegClients: number,
): number | undefined {
  if (serverPercent === undefined || ffmpegClients > 0) return undefined;
  return Math.max(0, 100 * busy * cpus().length - serverPercent - clientsPercent);
}

function toMb(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}

function countStarved(received: readonly number[], published: number, protocol: ViewerProtocolName): number {
  const tolerance = protocol === 'hls' ? RATE_TOLERANCE_HLS : RATE_TOLERANCE;
  return received.filter((bytes) => bytes < published && !isFullRate(bytes, published, tolerance)).length;
}

function clientPercent(raw: RawMeasurement, kind: 'viewers' | 'publishers'): number {
  const answers = raw.answers.filter((answer) => kind in answer);
  return (100 * sum(answers.map((answer) => answer.cpuSec))) / raw.windowSec;
}

function mergeReports(answers: readonly WindowAnswer[]): ViewerReport {
  const reports = answers.flatMap((answer) => ('viewers' in answer ? [answer.viewers] : []));
  return {
    receivedBytes: reports.flatMap((report) => report.receivedBytes),
    slowReceivedBytes: reports.flatMap((report) => report.slowReceivedBytes),
    firstKeyMs: reports.flatMap((report) => report.firstKeyMs),
    delaysMs: reports.flatMap((report) => report.delaysMs),
    findings: reports.flatMap((report) => report.findings),
    slowFindings: reports.flatMap((report) => report.slowFindings),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function toMbps(bytes: number, seconds: number): number {
  return (bytes * 8) / 1e6 / seconds;
}
