// Entry of `npm run bench`: reads the command line, runs the servers in turn, prints the table.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Arguments, loadOptions, UsageError } from './cli/arguments.ts';
import { helpText } from './cli/help.ts';
import { Progress } from './cli/progress.ts';
import { findShortages, readMachineLimits, sourceAddresses } from './measure/limits.ts';
import { runMicro } from './micro/run-micro.ts';
import { describeMachine } from './report/machine.ts';
import { renderNotes } from './report/notes.ts';
import { show } from './report/number.ts';
import { renderTable, type Series } from './report/table.ts';
import type { LoadOptions } from './run/load-options.ts';
import { runLoad } from './run/load-run.ts';
import type { Measurement } from './run/measurement.ts';
import { waitUntilQuiet } from './run/quiet.ts';
import type { RunContext } from './run/run-context.ts';
import { readFlvFile } from './source/flv-file.ts';
import { sourceFile } from './source/source-file.ts';
import { buildTape } from './source/tape.ts';
import { chooseTargets, type Folders } from './target/choose.ts';
import type { Target } from './target/target.ts';

/** Compiled to bench/.build/bench/main.js. */
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS: Folders = { project: PROJECT, cache: resolve(PROJECT, 'bench/.cache') };

const MICRO_BASELINE = resolve(PROJECT, 'bench/micro/baseline.json');

const EXIT_FINDINGS = 1;
const EXIT_USAGE = 2;

async function main(): Promise<number> {
  const args = new Arguments(process.argv.slice(2));
  if (args.has('help')) {
    process.stdout.write(helpText());
    return 0;
  }
  const options = loadOptions(args);
  if (args.has('micro')) return microBenchmarks(options.waitQuietSec, args.has('save-baseline'));
  requireMachine(options);
  const context = createContext(args, options);
  const targets = ableTargets(chooseTargets(args, FOLDERS), context);
  const series = await runInTurn(targets, args.number('runs', 1, 100), context);
  report(args, options, series);
  return hasFindings(series) ? EXIT_FINDINGS : 0;
}

async function microBenchmarks(waitQuietSec: number, isSaving: boolean): Promise<number> {
  const progress = new Progress();
  await waitUntilQuiet(waitQuietSec, progress, stopSignal());
  const { regressions } = runMicro(MICRO_BASELINE, isSaving, progress);
  return regressions > 0 ? EXIT_FINDINGS : 0;
}

/** Leaves out, and names, those that do not serve the protocol at all. */
function ableTargets(targets: readonly Target[], context: RunContext): Target[] {
  const { protocol } = context.options;
  for (const target of targets) {
    if (!target.protocols.includes(protocol))
      context.progress.print(`${target.name} has no ${protocol}: left out`);
  }
  const able = targets.filter((target) => target.protocols.includes(protocol));
  if (able.length === 0) throw new UsageError(`none of the servers has ${protocol}`);
  return able;
}

function requireMachine(options: LoadOptions): void {
  const needs = { ...options, sourceAddresses: sourceAddresses(options.viewers).length };
  const shortages = findShortages(needs, readMachineLimits());
  if (shortages.length > 0)
    throw new UsageError(`This machine is too small for the run:\n- ${shortages.join('\n- ')}`);
}

function createContext(args: Arguments, options: LoadOptions): RunContext {
  const progress = new Progress();
  const chosen = args.text('source');
  if (chosen === undefined) progress.show('source', `${options.bitrateKbps} kbps`);
  const sourcePath = chosen === undefined ? sourceFile(FOLDERS.cache, options.bitrateKbps) : resolve(chosen);
  const { tape } = buildTape(readFlvFile(sourcePath), 1, options.chunkSizeBytes);
  return { options, sourcePath, tape, progress, signal: stopSignal() };
}

/** Aborted when the user stops the bench. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

/** A B A B: what changes on the machine during the runs touches all servers alike. */
async function runInTurn(targets: readonly Target[], runs: number, context: RunContext): Promise<Series[]> {
  const all = targets.map((target) => ({
    target: target.name,
    runs: [] as Measurement[],
    failures: [] as string[],
  }));
  for (let run = 1; run <= runs; run++) {
    for (const [i, target] of targets.entries()) {
      const series = all[i]!;
      await waitUntilQuiet(context.options.waitQuietSec, context.progress, context.signal);
      try {
        const one = await runLoad(target, context);
        series.runs.push(one);
        context.progress.print(`${target.name}, run ${run} of ${runs}: ${describeRun(one)}`);
      } catch (error) {
        if (context.signal.aborted) throw error;
        series.failures.push(errorText(error));
        context.progress.print(`${target.name}, run ${run} of ${runs} failed: ${errorText(error)}`);
      }
    }
  }
  return all;
}

function describeRun({ cpuPercent, userPercent, sysPercent, rssMb }: Measurement): string {
  return `CPU ${show(cpuPercent)} % (user ${show(userPercent)}, sys ${show(sysPercent)}), ${show(rssMb, 0)} MB`;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(args: Arguments, options: LoadOptions, series: readonly Series[]): void {
  const { viewers, protocol, publishers, bitrateKbps, minLatency } = options;
  const latency = minLatency ? ', min_latency on' : '';
  const title = `${viewers} ${protocol} viewers, ${publishers} publishers at ${bitrateKbps} kbps${latency}`;
  const machine = describeMachine();
  process.stdout.write(`\n${title}\n${machine}\n\n${renderTable(series)}\n\n${renderNotes(series)}\n`);
  const path = args.text('json');
  if (path === undefined) return;
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(resolve(path), `${JSON.stringify({ title, machine, options, series }, undefined, 2)}\n`);
}

/** Ours must serve everybody, and rightly; peers are only reported. */
function hasFindings(series: readonly Series[]): boolean {
  const ours = series.find((one) => one.target === 'tsrs');
  if (ours === undefined) return false;
  if (ours.failures.length > 0) return true;
  return ours.runs.some(({ failedViewers, starvedViewers, checks }) => {
    const wrong = checks.withoutKeyFrameStart + checks.awayFromZero + checks.withBackwards + checks.withGaps;
    return failedViewers + starvedViewers + wrong > 0;
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    const isExpected = error instanceof UsageError || (error instanceof Error && error.name === 'AbortError');
    process.stderr.write(`\n${isExpected ? text : error instanceof Error ? (error.stack ?? text) : text}\n`);
    process.exit(error instanceof UsageError ? EXIT_USAGE : EXIT_FINDINGS);
  },
);
