// The figures of one run, from what the server's process, the workers and the server itself told.

import type { LoopReport } from '../measure/loop-report.ts';
import { percentile } from '../measure/percentile.ts';
import type { ProcessUse } from '../measure/proc.ts';
import type { SyscallCounts } from '../measure/syscalls.ts';
import type { Tape } from '../source/tape.ts';
import type { Target, ViewerProtocolName } from '../target/target.ts';
import { type CheckSummary, isFullRate, summarizeChecks } from '../viewer/stream-check.ts';
import type { LoadOptions } from './load-options.ts';
import type { ViewerReport } from './worker-messages.ts';
import type { WindowAnswer } from './worker-process.ts';

/** A viewer counts as served with at least this share of the published bytes; flushes move the window's edges. */
const RATE_TOLERANCE = 0.1;

export interface RawMeasurement {
  readonly windowSec: number;
  readonly idle: ProcessUse;
  readonly before: ProcessUse;
  readonly after: ProcessUse;
  readonly busy: number;
  readonly loop: LoopReport | undefined;
  readonly answers: readonly WindowAnswer[];
  readonly failedViewers: number;
  readonly startupMs: number;
  readonly syscalls: SyscallCounts | undefined;
}

export interface Measurement {
  readonly target: string;
  readonly protocol: ViewerProtocolName;
  readonly viewers: number;
  readonly publishers: number;
  readonly windowSec: number;
  /** Share of one core, %. */
  readonly cpuPercent: number;
  readonly userPercent: number;
  readonly sysPercent: number;
  /** CPU time for one viewer watching one second, µs. */
  readonly usPerViewerSec: number | undefined;
  readonly idleRssMb: number;
  readonly rssMb: number;
  readonly kbPerViewer: number | undefined;
  readonly deliveredMbps: number;
  readonly publishedMbps: number;
  /** Bytes per viewer against bytes published; protocol framing makes it a little more than 1. */
  readonly deliveredRatio: number | undefined;
  readonly startupMs: number;
  readonly firstKeyP50Ms: number | undefined;
  readonly firstKeyP99Ms: number | undefined;
  readonly delayP50Ms: number | undefined;
  readonly delayP99Ms: number | undefined;
  readonly loop: LoopReport | undefined;
  readonly clientPercent: number;
  readonly publisherPercent: number;
  /** Share of all cores that was busy, %: above 90 the figures tell of the machine, not of the server. */
  readonly machinePercent: number;
  readonly failedViewers: number;
  /** Viewers with less than nine tenths of the published rate. */
  readonly starvedViewers: number;
  readonly checks: CheckSummary;
  readonly slowChecks: CheckSummary | undefined;
  readonly slowDeliveredMbps: number | undefined;
  readonly syscalls: SyscallCounts | undefined;
}

export function toMeasurement(
  target: Target,
  options: LoadOptions,
  tape: Tape,
  raw: RawMeasurement,
): Measurement {
  const { windowSec, before, after, idle } = raw;
  const userPercent = (100 * (after.userSec - before.userSec)) / windowSec;
  const sysPercent = (100 * (after.sysSec - before.sysSec)) / windowSec;
  const cpuPercent = userPercent + sysPercent;
  const report = mergeReports(raw.answers);
  const served = report.receivedBytes.length;
  const received = sum(report.receivedBytes);
  const sentBytes = sum(
    raw.answers.map((answer) => ('publishers' in answer ? answer.publishers.sentBodyBytes : 0)),
  );
  const perStream = sentBytes / options.publishers;
  const perViewer = (value: number): number | undefined =>
    options.viewers === 0 ? undefined : value / options.viewers;
  return {
    target: target.name,
    protocol: options.protocol,
    viewers: options.viewers,
    publishers: options.publishers,
    windowSec,
    cpuPercent,
    userPercent,
    sysPercent,
    usPerViewerSec: perViewer(cpuPercent * 1e4),
    idleRssMb: idle.rssBytes / 2 ** 20,
    rssMb: after.rssBytes / 2 ** 20,
    kbPerViewer: perViewer((after.rssBytes - idle.rssBytes) / 1024),
    deliveredMbps: toMbps(received, windowSec),
    publishedMbps: toMbps(sentBytes, windowSec),
    deliveredRatio: served === 0 ? undefined : received / served / perStream,
    startupMs: raw.startupMs,
    firstKeyP50Ms: percentile(report.firstKeyMs, 0.5),
    firstKeyP99Ms: percentile(report.firstKeyMs, 0.99),
    delayP50Ms: percentile(report.delaysMs, 0.5),
    delayP99Ms: percentile(report.delaysMs, 0.99),
    loop: raw.loop,
    clientPercent: clientPercent(raw, 'viewers'),
    publisherPercent: clientPercent(raw, 'publishers'),
    machinePercent: 100 * raw.busy,
    failedViewers: raw.failedViewers,
    starvedViewers: countStarved(report.receivedBytes, windowSec * publishedBytesPerSec(tape)),
    checks: summarizeChecks(report.findings),
    slowChecks: options.slow === 0 ? undefined : summarizeChecks(report.slowFindings),
    slowDeliveredMbps: options.slow === 0 ? undefined : toMbps(sum(report.slowReceivedBytes), windowSec),
    syscalls: raw.syscalls,
  };
}

function countStarved(receivedBytes: readonly number[], publishedBytes: number): number {
  return receivedBytes.filter(
    (bytes) => bytes < publishedBytes && !isFullRate(bytes, publishedBytes, RATE_TOLERANCE),
  ).length;
}

function publishedBytesPerSec(tape: Tape): number {
  return (tape.bodyBytesPerRound / tape.roundMs) * 1000;
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
