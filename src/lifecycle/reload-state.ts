// What became of the last reload: for the raw API (rpc=reload-fetch), metrics and the log. A configuration that
// was refused stays visible here until a later reload succeeds.

import { randomBytes } from 'node:crypto';

/** SRS's numbers: none yet, reading the file, checking it, applying it, done. */
export const RELOAD_STEP = { none: 0, parsing: 10, checking: 20, applying: 30, finished: 90 } as const;
export type ReloadStep = (typeof RELOAD_STEP)[keyof typeof RELOAD_STEP];

export interface ReloadOutcome {
  /** Seven random characters, new for each reload that starts: ask for a reload and poll until it differs. */
  readonly rid: string;
  /** How far it came. */
  readonly state: ReloadStep;
  /** SRS's error number, 0 for success. */
  readonly err: number;
  /** `Success`, or `code=1023(ConfigInvalid) : check config : check normal : illegal directive foo`. */
  readonly msg: string;
  /** When it started, Unix time in ms; 0 before the first reload. */
  readonly timeMs: number;
  /** What is wrong, as `file:line:column: error: text`; empty after a success. */
  readonly diagnostics: readonly string[];
}

/** What the API needs to offer reloads. */
export interface ReloadControl {
  readonly state: ReloadState;
  /** Asks for a reload and returns at once: the answer is in `state`, under a new `rid`. */
  request(): void;
}

/** Written by the reloader only. */
export class ReloadState {
  #last: ReloadOutcome = outcome(RELOAD_STEP.none, 0);
  #successes = 0;
  #failures = 0;
  #lastSuccessMs: number;

  /** @param startMs when the running configuration was loaded, Unix time */
  constructor(startMs: number) {
    this.#lastSuccessMs = startMs;
  }

  /** The last reload, by whichever way it was asked for; `state` 0 before the first. */
  get last(): ReloadOutcome {
    return this.#last;
  }

  /** The last reload failed: the server runs on an older configuration than its file holds. */
  get isFailed(): boolean {
    return this.#last.err !== 0;
  }

  get successes(): number {
    return this.#successes;
  }

  get failures(): number {
    return this.#failures;
  }

  /** When the running configuration was taken over, Unix time in ms. */
  get lastSuccessMs(): number {
    return this.#lastSuccessMs;
  }

  begin(nowMs: number): void {
    this.#last = outcome(RELOAD_STEP.parsing, nowMs);
  }

  enter(state: ReloadStep): void {
    this.#last = { ...this.#last, state };
  }

  succeed(): void {
    this.enter(RELOAD_STEP.finished);
    this.#successes++;
    this.#lastSuccessMs = this.#last.timeMs;
  }

  /** The reload ends at the step it has come to. */
  fail(err: number, msg: string, diagnostics: readonly string[]): void {
    this.#last = { ...this.#last, err, msg, diagnostics };
    this.#failures++;
  }
}

function outcome(state: ReloadStep, timeMs: number): ReloadOutcome {
  const rid = randomBytes(4).toString('hex').slice(0, 7);
  return { rid, state, err: 0, msg: 'Success', timeMs, diagnostics: [] };
}
