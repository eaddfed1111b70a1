// Times every case, compares it with the stored baseline, and prints ratios. A fixed piece of work is timed between
// the samples: dividing by it takes out what the machine does meanwhile, and compares machines, roughly.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Progress } from '../cli/progress.ts';
import { median } from '../measure/percentile.ts';
import { describeMachine } from '../report/machine.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { show } from '../report/number.ts';
import type { MicroCase } from './micro-case.ts';
import { outputCases } from './output-cases.ts';
import { protocolCases } from './protocol-cases.ts';

const WARM_UP_MS = 300;
const SAMPLE_US = 20_000;
const SAMPLES = 40;
/** Slower than this against the baseline is marked. */
const REGRESSION_RATIO = 1.3;

interface Baseline {
  readonly machine: string;
  /** By case: nanoseconds of one operation divided by those of the yardstick, median. */
  readonly relative: Readonly<Record<string, number>>;
}

export interface MicroResult {
  readonly name: string;
  readonly unit: string;
  readonly ns: number;
  readonly lowestNs: number;
  readonly relative: number;
  /** Against the baseline's; undefined for a new case. */
  readonly ratio: number | undefined;
}

export interface MicroOutcome {
  readonly results: readonly MicroResult[];
  readonly regressions: number;
}

export function runMicro(baselinePath: string, isSaving: boolean, progress: Progress): MicroOutcome {
  const baseline = readBaseline(baselinePath);
  const stick = yardstick();
  const results = [...protocolCases(), ...outputCases()].map((one) => {
    progress.show('micro', one.name);
    return compare(one, baseline, stick);
  });
  progress.clear();
  process.stdout.write(`${describeMachine()}\n\n${renderResults(results, baseline)}\n`);
  if (isSaving) saveBaseline(baselinePath, results);
  return { results, regressions: results.filter(isRegression).length };
}

/** CPU nanoseconds of one operation: what other processes take meanwhile does not count. */
function timeOnce(one: MicroCase): number {
  const start = process.cpuUsage();
  let operations = 0;
  let elapsedUs = 0;
  while (elapsedUs < SAMPLE_US) {
    operations += one.run();
    const { user, system } = process.cpuUsage(start);
    elapsedUs = user + system;
  }
  return (elapsedUs * 1e3) / operations;
}

/** Copying, arithmetic and short-lived objects, as the cases have them. */
function yardstick(): MicroCase {
  const from = Buffer.alloc(16 * 1024, 1);
  const to = Buffer.alloc(16 * 1024);
  return {
    name: 'yardstick',
    unit: 'round',
    run: () => {
      from.copy(to);
      let sum = 0;
      for (let i = 0; i < to.length; i++) sum = (sum * 31 + to[i]!) | 0;
      const byName = new Map<string, { readonly value: number }>();
      for (let i = 0; i < 200; i++) byName.set(`name${i}`, { value: sum + i });
      for (const { value } of byName.values()) sum ^= value;
      to[0] = sum & 1;
      return 1;
    },
  };
}

/** Each sample has its own yardstick: a machine that others use changes its speed within a second. */
function compare(one: MicroCase, baseline: Baseline | undefined, stick: MicroCase): MicroResult {
  for (const each of [stick, one]) {
    for (const endMs = performance.now() + WARM_UP_MS; performance.now() < endMs; ) each.run();
  }
  const samples: number[] = [];
  const ratios: number[] = [];
  for (let before = timeOnce(stick); samples.length < SAMPLES; ) {
    const ns = timeOnce(one);
    const after = timeOnce(stick);
    samples.push(ns);
    ratios.push((2 * ns) / (before + after));
    before = after;
  }
  const relative = median(ratios) ?? 0;
  const stored = baseline?.relative[one.name];
  const ratio = stored === undefined ? undefined : relative / stored;
  return {
    name: one.name,
    unit: one.unit,
    ns: median(samples) ?? 0,
    lowestNs: Math.min(...samples),
    relative,
    ratio,
  };
}

function isRegression(result: MicroResult): boolean {
  return result.ratio !== undefined && result.ratio > REGRESSION_RATIO;
}

function renderResults(results: readonly MicroResult[], baseline: Baseline | undefined): string {
  const rows = results.map((one) => [
    `${one.name}, per ${one.unit}`,
    `${show(one.ns, 0)} ns`,
    `${show(one.lowestNs, 0)} ns`,
    one.ratio === undefined ? 'new' : `${show(one.ratio, 2)}${isRegression(one) ? ' slower' : ''}`,
  ]);
  const table = renderMarkdown([['', 'median', 'lowest', 'to baseline'], ...rows]);
  return baseline === undefined ? table : `${table}\n\nbaseline: ${baseline.machine}`;
}

function readBaseline(path: string): Baseline | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Baseline) : undefined;
}

function saveBaseline(path: string, results: readonly MicroResult[]): void {
  const relative = Object.fromEntries(results.map((one) => [one.name, Number(one.relative.toPrecision(4))]));
  const baseline: Baseline = { machine: describeMachine(), relative };
  writeFileSync(path, `${JSON.stringify(baseline, undefined, 2)}\n`);
}
