// The result as a Markdown table: one row per figure, one column per server, medians with their range, and
// the first server's share of each other one, pair by pair.

import { median } from '../measure/percentile.ts';
import type { Measurement } from '../run/measurement.ts';
import { COLUMNS, type Column } from './columns.ts';
import { renderMarkdown } from './markdown.ts';
import { showRange } from './number.ts';

/** Runs of one server, in the order in which they were made. */
export interface Series {
  readonly target: string;
  readonly runs: readonly Measurement[];
  /** Why runs brought no figures. */
  readonly failures: readonly string[];
}

export function renderTable(series: readonly Series[]): string {
  const [first, ...peers] = series.filter((one) => one.runs.length > 0);
  if (first === undefined) return '';
  const measured = [first, ...peers];
  const head = [
    '',
    ...series.map((one) => one.target),
    ...peers.map((peer) => `${first.target} / ${peer.target}`),
  ];
  const rows = COLUMNS.map((column) => [
    column.title,
    ...measured.map((one) => showRange(valuesOf(one, column), median(valuesOf(one, column)), column.digits)),
    ...peers.map((peer) => (column.isCompared ? showRatio(first, peer, column) : '')),
  ]).filter((row) => row.slice(1, 1 + measured.length).some((cell) => cell !== '-'));
  return renderMarkdown([head, ...rows]);
}

/** Ratios of the runs that stood beside each other, and their median. */
function pairRatios(first: Series, peer: Series, column: Column): number[] {
  return first.runs.flatMap((run, i) => {
    const other = peer.runs[i];
    const [a, b] = [column.value(run), other === undefined ? undefined : column.value(other)];
    return a === undefined || b === undefined || b === 0 ? [] : [a / b];
  });
}

function showRatio(first: Series, peer: Series, column: Column): string {
  const ratios = pairRatios(first, peer, column);
  return showRange(ratios, median(ratios), 2);
}

function valuesOf(series: Series, column: Column): number[] {
  return series.runs.map(column.value).filter((value) => value !== undefined);
}
