// `daemon on`: the server runs in a process of its own and the one that was called ends. Node cannot fork, so it
// starts itself once more. Other than SRS it waits until the child serves or has failed, and ends with its code.

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from '../log/logger.ts';

/** In the environment of the child. */
const MARK = 'TSRS_DAEMON_CHILD';
/** The child ended without a word and without a code. */
const NO_EXIT_CODE = 255;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** What the child says to its parent. */
type Report = { readonly type: 'ready' } | { readonly type: 'failed'; readonly text: string };

/** This process is the one in the background. */
export const isDaemonChild = process.env[MARK] !== undefined;
// The mark is not for ffmpeg children.
delete process.env[MARK];

/** Tells the parent, which then ends. Only the first report counts. */
export function reportToParent(report: Report): void {
  if (!isDaemonChild || process.send === undefined || !process.connected) return;
  process.send(report, () => {
    if (process.connected) process.disconnect();
  });
}

export interface DaemonOptions {
  /** The log file, beside which the child's own output goes; undefined if it logs to the console. */
  readonly logFile: string | undefined;
  /** Where the process was called: the child starts there, too. */
  readonly cwd: string;
  readonly log: Logger;
  /** To the console of whoever called. */
  readonly print: (text: string) => void;
}

/** Resolves with the exit code of the calling process. */
export async function startDaemon(options: DaemonOptions): Promise<number> {
  const { log } = options;
  log.trace('start daemon mode...');
  const output = options.logFile === undefined ? undefined : openOutput(`${options.logFile}.sys`);
  const child = spawnSelf(options.cwd, output);
  const { isReady, text, exitCode } = await outcome(child);
  if (isReady) {
    child.unref();
    log.trace('father process exit');
    log.trace('grandpa process exit.');
    return 0;
  }
  options.print(`${text ?? writtenTo(output)}\n`);
  return exitCode;
}

function spawnSelf(cwd: string, output: Output | undefined): ChildProcess {
  const sink = output?.fd ?? 'inherit';
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, [MARK]: 'on' };
  return spawn(process.execPath, args, {
    argv0: process.argv0,
    cwd,
    env,
    detached: true,
    stdio: ['ignore', sink, sink, 'ipc'],
  });
}

interface Outcome {
  readonly isReady: boolean;
  readonly text: string | undefined;
  readonly exitCode: number;
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  const forward = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  return new Promise((resolve) => {
    let text: string | undefined;
    child.on('message', (report: Report) => {
      if (report.type === 'ready') resolve({ isReady: true, text: undefined, exitCode: 0 });
      else text = report.text;
    });
    child.on('error', (error) => resolve({ isReady: false, text: error.message, exitCode: NO_EXIT_CODE }));
    child.on('exit', (code) => resolve({ isReady: false, text, exitCode: code || NO_EXIT_CODE }));
  });
}

interface Output {
  readonly file: string;
  readonly fd: number;
  readonly startBytes: number;
}

/** For what a process writes that has no log: crashes of Node itself. Undefined if it cannot be written. */
function openOutput(file: string): Output | undefined {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const fd = fs.openSync(file, 'a');
    return { file, fd, startBytes: fs.fstatSync(fd).size };
  } catch {
    return undefined;
  }
}

/** What a child that failed has left there. */
function writtenTo(output: Output | undefined): string {
  if (output === undefined) return 'the daemon process failed';
  try {
    const bytes = fs.readFileSync(output.file).subarray(output.startBytes);
    return bytes.subarray(0, MAX_OUTPUT_BYTES).toString('utf8').trimEnd();
  } catch {
    return `the daemon process failed, see ${output.file}`;
  }
}
