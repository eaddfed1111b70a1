// Child processes with captured output and a certain end: whatever happens, none outlives the test run.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { recordProcess } from './run-folder.ts';
import { PATIENCE_MS, waitFor, withTimeout } from './wait-for.ts';

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

// A worker ends by itself, by a signal of the test runner, or because the runner is gone. What ends without a
// chance to say so, SIGKILL, is swept up from the list of process ids in the run's folder.
process.on('exit', killAll);
for (const ending of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect'] as const) {
  process.once(ending, () => {
    killAll();
    process.exit(1);
  });
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Opens an IPC channel for `send` and `request`. */
  readonly ipc?: boolean;
  /** Opens a pipe to the standard input: `input`. */
  readonly hasInput?: boolean;
  /** Killed after this time, ms; default 120 s. */
  readonly lifetimeMs?: number;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #command: string;
  readonly #exited: Promise<ExitStatus>;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #status: ExitStatus | undefined;

  constructor(file: string, args: readonly string[], options: ChildOptions = {}) {
    this.#command = [file, ...args].join(' ');
    this.#process = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(options.ipc ? ['ipc' as const] : [])],
    });
    running.add(this.#process);
    const forget = recordProcess(this.#process.pid);
    this.#process.stdin?.on('error', () => {});
    this.#process.stdout?.on('data', (bytes: Buffer) => this.#stdout.push(bytes));
    this.#process.stderr?.on('data', (bytes: Buffer) => this.#stderr.push(bytes));
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), options.lifetimeMs ?? 120_000);
    killer.unref();
    this.#exited = new Promise((resolve) => {
      const end = (status: ExitStatus) => {
        clearTimeout(killer);
        running.delete(this.#process);
        forget();
        this.#status = status;
        resolve(status);
      };
      // 'close' comes after the last byte of output, 'exit' may come before.
      this.#process.once('close', (code, signal) => end({ code, signal }));
      this.#process.once('error', (error) => {
        this.#stderr.push(Buffer.from(`${error.message}\n`));
        end({ code: null, signal: null });
      });
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`not started: ${this.describe()}`);
    return this.#process.pid;
  }

  /** Standard input, if `hasInput`. A process that is gone takes nothing any more; its status tells that. */
  get input(): Writable {
    const { stdin } = this.#process;
    if (!stdin) throw new Error(`no standard input: ${this.describe()}`);
    return stdin;
  }

  get status(): ExitStatus | undefined {
    return this.#status;
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stdout(): string {
    return this.stdoutBytes.toString('utf8');
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString('utf8');
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** For messages of failed expectations. */
  describe(): string {
    const { code, signal } = this.#status ?? { code: 'running', signal: null };
    return `${this.#command}\n[${signal ?? code}]\n${tail(this.output)}`;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async exited(timeoutMs = PATIENCE_MS): Promise<ExitStatus> {
    try {
      return await withTimeout('exit', timeoutMs, this.#exited);
    } catch (cause) {
      this.#process.kill('SIGKILL');
      await this.#exited;
      throw new Error(`did not end within ${timeoutMs} ms: ${this.describe()}`, { cause });
    }
  }

  /** Ends the process whatever it does: SIGKILL. For clean ends use `kill('SIGTERM')` and `exited()`. */
  async destroy(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /** Waits until the output holds `pattern`; fails at once if the process ends without it. */
  async waitForOutput(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    return waitFor(
      () => `${pattern} in the output of ${this.describe()}`,
      () => {
        const match = this.output.match(pattern);
        if (!match && this.#status) throw new Error(`ended without ${pattern}: ${this.describe()}`);
        return match;
      },
      { timeoutMs },
    );
  }

  /** Sends over IPC and returns the next answer. */
  async request(message: string, timeoutMs = PATIENCE_MS): Promise<unknown> {
    if (this.#status) throw new Error(`ended before it was asked for "${message}": ${this.describe()}`);
    const answer = new Promise((resolve, reject) => {
      this.#process.once('message', resolve);
      this.#process.send(message, (error) => error && reject(error));
    });
    return withTimeout(`answer to ${message}`, timeoutMs, answer);
  }
}

/** Runs a program to its end. */
export async function run(file: string, args: readonly string[], options: ChildOptions = {}): Promise<Child> {
  const child = new Child(file, args, options);
  await child.exited(options.lifetimeMs ?? 60_000);
  return child;
}

function tail(text: string, limit = 4000): string {
  return text.length > limit ? `…${text.slice(-limit)}` : text;
}
