// Runs a target: writes its files, starts it, waits until its ports accept, and stops it again. Ends only
// what it started itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoopAnswer, LoopRequest } from '../measure/loop-report.ts';
import { type ProcessUse, readTreeUse } from '../measure/proc.ts';
import type { LaunchPlan } from './target.ts';

const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 5_000;
const POLL_MS = 5;
const REPORT_LIMIT_MS = 5_000;
const LOG_TAIL_BYTES = 2_000;
const FIRST_PORT = 15_000;
const PORT_COUNT = 15_000;
const LOOP_DELAY_PRELOAD = new URL('../measure/loop-delay.js', import.meta.url).href;

/** What a run needs of a server, whoever started it. */
export interface ServerUnderTest {
  readonly pid: number | undefined;
  readonly startupMs: number | undefined;
  readonly hasEnded: boolean;
  /** Starts the event-loop measurement of a Node server, and a CPU profile if one is wanted. */
  openLoopWindow(hasProfile: boolean): void;
  closeLoopWindow(): Promise<LoopAnswer | undefined>;
  stop(): Promise<void>;
  kill(): void;
}

/** CPU and memory of a server now; undefined when its process is not known. */
export function readUse(server: ServerUnderTest): ProcessUse | undefined {
  return server.pid === undefined ? undefined : readTreeUse(server.pid);
}

export class ServerProcess implements ServerUnderTest {
  readonly pid: number;
  readonly startupMs: number;
  private readonly child: ChildProcess;
  private readonly isNode: boolean;

  private constructor(child: ChildProcess, isNode: boolean, startupMs: number) {
    this.child = child;
    this.pid = child.pid ?? 0;
    this.isNode = isNode;
    this.startupMs = startupMs;
  }

  static async start(plan: LaunchPlan, dir: string, host: string): Promise<ServerProcess> {
    for (const folder of ['conf', 'html', 'tmp', 'objs/nginx/html', 'data'])
      mkdirSync(join(dir, folder), { recursive: true });
    for (const file of plan.files) writeFileSync(file.path, file.text);
    const logPath = join(dir, 'server.log');
    const startedMs = performance.now();
    const child = launch(plan, dir, logPath);
    const failure = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
    });
    const problem = await Promise.race([failure, waitForPorts(host, plan.ports)]);
    if (problem !== undefined) {
      child.kill('SIGKILL');
      throw new Error(`${plan.command} did not start: ${problem}\n${tail(logPath)}`);
    }
    return new ServerProcess(child, plan.isNode, performance.now() - startedMs);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  openLoopWindow(hasProfile: boolean): void {
    const request: LoopRequest = hasProfile ? 'tsrs-bench:open-profile' : 'tsrs-bench:open';
    if (this.isNode && this.child.connected) this.child.send(request);
  }

  /** Undefined when the server is no Node program, or does not answer. */
  async closeLoopWindow(): Promise<LoopAnswer | undefined> {
    if (!this.isNode || !this.child.connected) return undefined;
    const answer = new Promise<LoopAnswer>((resolve) => {
      this.child.once('message', (message) => resolve(message as LoopAnswer));
    });
    this.child.send('tsrs-bench:close' satisfies LoopRequest);
    return Promise.race([answer, sleep(REPORT_LIMIT_MS, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    const isOver = await Promise.race([ended.then(() => true), sleep(STOP_LIMIT_MS, false, { ref: false })]);
    if (!isOver) this.kill();
    await ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

function launch(plan: LaunchPlan, dir: string, logPath: string): ChildProcess {
  const log = openSync(logPath, 'w');
  const args = plan.isNode ? ['--import', LOOP_DELAY_PRELOAD, ...plan.args] : plan.args;
  const stdio = plan.isNode ? (['ignore', log, log, 'ipc'] as const) : (['ignore', log, log] as const);
  const child = spawn(plan.command, args, { cwd: dir, stdio: [...stdio] });
  closeSync(log);
  return child;
}

/** Resolves to undefined when all ports accept, and to a sentence when they do not in time. */
async function waitForPorts(host: string, ports: readonly number[]): Promise<string | undefined> {
  const deadlineMs = performance.now() + START_LIMIT_MS;
  for (const port of ports) {
    while (!(await accepts(host, port))) {
      if (performance.now() > deadlineMs)
        return `port ${port} does not accept after ${START_LIMIT_MS / 1000} s`;
      await sleep(POLL_MS);
    }
  }
  return undefined;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port below the range that clients' own ports come from, and that nobody listens on at this moment. */
export async function findFreePort(host: string): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (await canListen(host, port)) return port;
  }
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-LOG_TAIL_BYTES);
  } catch {
    return '';
  }
}
