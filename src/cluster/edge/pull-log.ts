// What a pull says in the log, in SRS's words, and the bytes that it counts on the way.

import type { Logger } from '../../log/logger.ts';
import { Traffic } from '../../stats/traffic.ts';

/** `pithy_print_ms` of SRS. */
const REPORT_MS = 10_000;

/** States of SRS's edge: 100 asked to pull, 101 the origin was asked. */
export class PullLog {
  readonly traffic: Traffic;
  readonly #log: Logger;
  readonly #startMs: number;
  #state: 100 | 101 = 100;
  #reportedMs: number;

  constructor(log: Logger, nowMs: number) {
    this.#log = log;
    this.#startMs = nowMs;
    this.#reportedMs = nowMs;
    this.traffic = new Traffic(nowMs);
  }

  /** An origin was asked for the stream. The state stays 101 during retries, as in SRS. */
  asked(): void {
    if (this.#state === 101) return;
    this.#state = 101;
    this.#log.trace('edge change from 100 to state 101 (pull).');
  }

  tick(nowMs: number): void {
    this.traffic.sample(nowMs);
    if (nowMs - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = nowMs;
    const { sent, received } = this.traffic;
    this.#log.trace(
      `<- EIG time=${Math.round(nowMs - this.#startMs)}, okbps=${sent.toString()}, ikbps=${received.toString()}`,
    );
  }

  closed(): void {
    this.#log.trace('cleanup when unpublish');
    this.#log.trace(`edge change from ${this.#state} to 300 then 0 (init).`);
  }
}
