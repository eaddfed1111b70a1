// What does not fit into a table: what the viewers found wrong, and what slow and real clients saw.

import type { Measurement } from '../run/measurement.ts';
import type { CheckSummary } from '../viewer/stream-check.ts';
import { show } from './number.ts';
import type { Series } from './table.ts';

/** One paragraph per server. */
export function renderNotes(series: readonly Series[]): string {
  return series
    .flatMap((one) => [
      ...(one.runs.length === 0
        ? []
        : [`${one.target}: ${describeChecks(one.runs.map((run) => run.checks))}`]),
      ...one.failures.map((failure) => `${one.target} failed: ${failure}`),
      ...one.runs.flatMap(describeSlow),
      ...one.runs.flatMap(describeFfmpeg),
      ...one.runs.slice(-1).flatMap(describeProfile),
    ])
    .join('\n');
}

/** All findings of these runs in one sentence. */
function describeChecks(checks: readonly CheckSummary[]): string {
  const total = (value: (one: CheckSummary) => number): number =>
    checks.reduce((sum, one) => sum + value(one), 0);
  const findings = [
    ['without media', total((one) => one.withoutMedia)],
    ['not starting at a key frame', total((one) => one.withoutKeyFrameStart)],
    ['starting away from zero', total((one) => one.awayFromZero)],
    ['with time running backwards', total((one) => one.withBackwards)],
    ['with a gap', total((one) => one.withGaps)],
    ['with a skip', total((one) => one.withSkips)],
  ] as const;
  const found = findings.filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`);
  const largest = Math.max(...checks.map((one) => one.largestGapMs));
  const first = Math.max(...checks.map((one) => one.largestFirstMs));
  const verdict = found.length === 0 ? 'all right' : found.join(', ');
  const count = total((one) => one.checked);
  return `${count} checked viewers, ${verdict}; longest step ${show(largest, 0)} ms, largest first timestamp ${show(first, 0)} ms`;
}

function describeSlow(run: Measurement): string[] {
  if (run.slowChecks === undefined) return [];
  return [
    `  slow viewers: ${describeChecks([run.slowChecks])}; together ${show(run.slowDeliveredMbps)} Mbps`,
  ];
}

function describeFfmpeg(run: Measurement): string[] {
  if (run.ffmpeg === undefined) return [];
  const { clients, failed, leastFrames, mostFrames, complaints, firstComplaint } = run.ffmpeg;
  const said = complaints === 0 ? 'no complaint' : `${complaints} complaints, the first: ${firstComplaint}`;
  const frames = `${leastFrames} to ${mostFrames} frames in ${show(run.windowSec, 0)} s`;
  return [`  ${clients} ffmpeg clients, ${failed} ended early: ${frames}, ${said}`];
}

/** Self times of the last run's profile. */
function describeProfile({ topFunctions }: Measurement): string[] {
  if (topFunctions.length === 0) return [];
  const lines = topFunctions.map(({ name, percent }) => `    ${show(percent).padStart(5)} %  ${name}`);
  return ['  functions by self time, share of the busy samples:', ...lines];
}
