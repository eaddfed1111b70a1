// Where log lines end: a file or the console ("tank" is SRS's word). Lines are written in batches off the event
// loop, one write at a time. A tank never throws, never blocks and never grows without limit: when its disk is
// full or its reader stalls, lines wait up to a limit, then they are counted instead of kept.
// Not pino's own sonic-boom: on a full disk its flushSync retries for ever, with the whole process asleep.

import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { LogTarget } from './log-target.ts';

/** About 40,000 lines; more would not help anybody who reads them. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** One write: Docker's log driver reads 16 KB at a time, a file does not care. */
const BATCH_BYTES = 64 * 1024;
/** So many writes a second are made as lines come; behind them lines are gathered. */
const WRITES_AT_ONCE = 20;
/** Time of gathering, ms: at 400 requests a second a write for each took a tenth of their CPU. */
const GATHER_MS = 50;
/** Time between attempts on a file that cannot be opened or written. */
const RETRY_MS = 3000;
/** Time between attempts on a pipe that is full. */
const FULL_PIPE_RETRY_MS = 50;
/** How long `flushSync` and `close` may hold up a process that is about to end. */
const FLUSH_BUDGET_MS = 500;

const writeAsync = promisify(fs.write);

export interface LogTankOptions {
  /** Makes the line that tells readers that `count` lines are missing before it. */
  readonly lostLine: (count: number) => string;
  /** Told once per series of failures. Default: a line on stderr. */
  readonly reportFailure?: (text: string) => void;
  /** Default 3000 ms. */
  readonly retryMs?: number;
  /** Default 4 MiB. */
  readonly maxPendingBytes?: number;
}

export class LogTank {
  readonly #target: LogTarget;
  readonly #options: LogTankOptions;
  readonly #retryMs: number;
  readonly #maxPendingBytes: number;
  /** Lines not yet handed to the system, oldest first; after a failure the first may be the rest of a line. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lostLines = 0;
  #fd: number | undefined;
  #isFailing = false;
  #mustReopen = false;
  #isClosed = false;
  /** Closed, and its time to finish is over. */
  #isAbandoned = false;
  #isDraining = false;
  /** The running or the last round of writing. */
  #drain: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Monotonic, ms. */
  #writtenMs = Number.NEGATIVE_INFINITY;
  /** Monotonic, ms; starts with a write. */
  #secondStartMs = Number.NEGATIVE_INFINITY;
  #writesInSecond = 0;
  /** Ends the gathering of lines before its time. */
  #hurry: (() => void) | undefined;

  constructor(target: LogTarget, options: LogTankOptions) {
    this.#target = target;
    this.#options = options;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#maxPendingBytes = options.maxPendingBytes ?? MAX_PENDING_BYTES;
  }

  /** Queues one line, which ends with a newline. */
  write(line: string): void {
    if (this.#isClosed) return;
    const bytes = Buffer.from(line);
    if (this.#pendingBytes + bytes.length > this.#maxPendingBytes) {
      this.#lostLines++;
      return;
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BATCH_BYTES) this.#hurry?.();
    if (this.#retryTimer === undefined) this.#startDrain();
  }

  /** Opens the target anew before the next line: its file was moved away (SIGUSR1). */
  reopen(): void {
    this.#mustReopen = true;
    this.#stopRetry();
    this.#startDrain();
  }

  /** Resolves when all lines so far are written, or their writing failed. */
  async flush(): Promise<void> {
    this.#hurry?.();
    await this.#drain;
  }

  /**
   * Writes what waits before the process dies. Gives up after half a second or at the first real error, and
   * leaves alone what is being written already: the system finishes that.
   */
  flushSync(): void {
    try {
      this.#fd ??= this.#target.open();
      writeAllSync(this.#fd, this.#takeBatch(Number.POSITIVE_INFINITY));
    } catch {
      // Nobody is left to try again.
    }
  }

  /** Writes what waits, for half a second at most, and closes. Later lines are ignored. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopRetry();
    this.#hurry?.();
    if (!this.#isAbandoned) this.#startDrain();
    const timeout = new AbortController();
    const budget = delay(FLUSH_BUDGET_MS, undefined, { signal: timeout.signal }).catch(() => {});
    await Promise.race([this.#drain, budget]);
    timeout.abort();
    this.#isAbandoned = true;
    // Not under a write that hangs: the number of a closed descriptor may soon be a socket's.
    if (!this.#isDraining) this.#closeTarget();
  }

  #startDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#drain = this.#writePending();
  }

  async #writePending(): Promise<void> {
    try {
      for (;;) {
        if (this.#pending.length > 0 && this.#gatherMs > 0) await this.#gather(this.#gatherMs);
        if (this.#mustReopen) this.#closeTarget();
        if (this.#isAbandoned || (this.#pending.length === 0 && this.#lostLines === 0)) return;
        this.#fd ??= this.#target.open();
        await this.#writeBatch(this.#fd, this.#takeBatch(BATCH_BYTES));
        this.#isFailing = false;
        this.#wrote(performance.now());
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      // In the same turn as the last look at the queue: a line queued from now on starts a new round.
      this.#isDraining = false;
      if (this.#isAbandoned) this.#closeTarget();
    }
  }

  #wrote(nowMs: number): void {
    this.#writtenMs = nowMs;
    if (nowMs - this.#secondStartMs >= 1000) {
      this.#secondStartMs = nowMs;
      this.#writesInSecond = 0;
    }
    this.#writesInSecond++;
  }

  /** How long the next batch may wait for more lines: only where many come goes none out at once. */
  get #gatherMs(): number {
    if (this.#isClosed || this.#pendingBytes >= BATCH_BYTES || this.#writesInSecond < WRITES_AT_ONCE)
      return 0;
    return this.#writtenMs + GATHER_MS - performance.now();
  }

  async #gather(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }

  async #writeBatch(fd: number, batch: Buffer): Promise<void> {
    let rest = batch;
    try {
      while (rest.length > 0 && !this.#isAbandoned) rest = rest.subarray(await writeSome(fd, rest));
    } catch (error) {
      this.#pending.unshift(rest);
      this.#pendingBytes += rest.length;
      throw error;
    }
  }

  /** Lines of about `maxBytes` together; lines that were lost are mentioned where they are missing. */
  #takeBatch(maxBytes: number): Buffer {
    let count = 0;
    let size = 0;
    while (count < this.#pending.length && size < maxBytes) size += this.#pending[count++]!.length;
    const lines = this.#pending.splice(0, count);
    this.#pendingBytes -= size;
    if (this.#pending.length === 0 && this.#lostLines > 0) {
      lines.push(Buffer.from(this.#options.lostLine(this.#lostLines)));
      this.#lostLines = 0;
    }
    return Buffer.concat(lines);
  }

  #fail(error: unknown): void {
    this.#closeTarget();
    if (!this.#isFailing) this.#report(error);
    this.#isFailing = true;
    if (this.#isClosed) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#startDrain();
    }, this.#retryMs);
    this.#retryTimer.unref();
  }

  #report(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const report = this.#options.reportFailure ?? reportOnStderr;
    report(`cannot write log to ${this.#target.name}: ${reason}; trying again every ${this.#retryMs} ms`);
  }

  #stopRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #closeTarget(): void {
    this.#mustReopen = false;
    if (this.#fd !== undefined) this.#target.close(this.#fd);
    this.#fd = undefined;
  }
}

/** Bytes written; 0 after a pause if the pipe is full. */
async function writeSome(fd: number, bytes: Buffer): Promise<number> {
  try {
    const { bytesWritten } = await writeAsync(fd, bytes, 0, bytes.length, null);
    return bytesWritten;
  } catch (error) {
    if (!isAgain(error)) throw error;
    await delay(FULL_PIPE_RETRY_MS, undefined, { ref: false });
    return 0;
  }
}

function writeAllSync(fd: number, bytes: Buffer): void {
  const deadlineMs = Date.now() + FLUSH_BUDGET_MS;
  let rest = bytes;
  while (rest.length > 0 && Date.now() < deadlineMs) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (error) {
      if (!isAgain(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_RETRY_MS);
    }
  }
}

function isAgain(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

/** Asynchronous and deaf to errors: stderr may be gone as well. */
function reportOnStderr(text: string): void {
  fs.write(2, `${text}\n`, () => {});
}
