// Reloads the configuration: reads and checks the file, lets every part prepare, and only then changes anything.
// Whatever goes wrong before that leaves the server as it is, and stays visible in the ReloadState.

import type { Config } from '../config/config.ts';
import { type Diagnostic, diagnosticLine } from '../config/diagnostic.ts';
import { type ConfigChange, diffConfigs } from '../config/diff.ts';
import type { LoadFailure, LoadResult } from '../config/load.ts';
import { errorText } from '../log/error-text.ts';
import type { Logger } from '../log/logger.ts';
import { describeChange } from './reload/change-text.ts';
import type { Preparation, ReloadChange, ReloadPart } from './reload/reload-part.ts';
import { RELOAD_STEP, type ReloadControl, type ReloadState } from './reload-state.ts';

/** The configuration that is in force. */
export interface ConfigHolder {
  current: Config;
}

export interface ReloaderOptions {
  readonly holder: ConfigHolder;
  /** Reads the file that the server was started with. */
  readonly read: () => LoadResult;
  /** In the order in which they apply. */
  readonly parts: readonly ReloadPart[];
  readonly state: ReloadState;
  readonly log: Logger;
  /** Where log lines go, said before a new configuration is applied as SRS does. */
  readonly logPlace: (config: Config) => readonly string[];
}

const CONFIG_INVALID = 1023;
const UNKNOWN_ERROR = 1;
/** SRS 7 puts the names of its numbers into the message. */
const ERROR_NAME: Readonly<Record<number, string>> = {
  1002: '(SocketListen)',
  1023: '(ConfigInvalid)',
  1034: '(SystemPidAcquire)',
  1035: '(SystemPidAlreadyRunning)',
  2023: '(EdgeReload)',
};
/** A file that stays broken is mentioned again and again: the next restart would fail on it, ms. */
const REMINDER_MS = 5 * 60_000;

/** A reload that ends before anything was changed. */
class Refusal extends Error {
  readonly srsCode: number;
  readonly diagnostics: readonly string[];

  constructor(srsCode: number, text: string, diagnostics: readonly string[] = [], cause?: unknown) {
    super(text, { cause });
    this.srsCode = srsCode;
    this.diagnostics = diagnostics;
  }
}

export class Reloader implements ReloadControl {
  readonly state: ReloadState;
  readonly #options: ReloaderOptions;
  readonly #log: Logger;
  #running: Promise<void> | undefined;
  #isWantedAgain = false;
  #isStarted = false;
  #isStopped = false;
  #reminder: NodeJS.Timeout | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#log = options.log;
    this.state = options.state;
  }

  /** SIGHUP, the API or a changed file. Requests that come while a reload runs make one more together. */
  request(): void {
    this.#log.trace('reload config, signo=1');
    if (this.#isStopped) return;
    if (this.#isStarted && this.#running === undefined) this.#running = this.#runAll();
    else this.#isWantedAgain = true;
  }

  /** The server runs: what was requested meanwhile is done now. */
  start(): void {
    this.#isStarted = true;
    if (this.#isWantedAgain && !this.#isStopped) this.#running = this.#runAll();
  }

  /** No reload starts from here on. May be called twice. */
  stop(): void {
    this.#isStopped = true;
    this.#isWantedAgain = false;
    clearTimeout(this.#reminder);
  }

  async #runAll(): Promise<void> {
    // Signals of one moment are one reload, and the API has answered when it starts.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      this.#isWantedAgain = false;
      await this.#runOne();
    } while (this.#isWantedAgain && !this.#isStopped);
    this.#running = undefined;
  }

  async #runOne(): Promise<void> {
    const { state } = this.#options;
    state.begin(Date.now());
    clearTimeout(this.#reminder);
    try {
      await this.#reload(this.#checked(this.#options.read()));
      state.succeed();
      this.#log.trace('reload config success.');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The new configuration, or a Refusal with everything that is wrong with it. */
  #checked(result: LoadResult): Config {
    const { state } = this.#options;
    const { config, failure, diagnostics } = result;
    if (failure !== undefined && isDamaged(failure)) {
      throw new Refusal(failure.code, `parse file : ${failure.text}`, errorsOf(diagnostics));
    }
    this.#log.trace('config parse complete');
    state.enter(RELOAD_STEP.checking);
    this.#log.trace('srs checking config...');
    for (const one of diagnostics) if (one.severity === 'warning') this.#log.warn(diagnosticLine(one));
    if (config === undefined) {
      const code = failure?.code ?? CONFIG_INVALID;
      throw new Refusal(code, `check config : ${failure?.text ?? ''}`, errorsOf(diagnostics));
    }
    for (const line of this.#options.logPlace(config)) this.#log.trace(line);
    return config;
  }

  async #reload(after: Config): Promise<void> {
    const { holder, parts, state } = this.#options;
    const before = holder.current;
    const change = { before, after, changes: diffConfigs(before, after) };
    state.enter(RELOAD_STEP.applying);
    const prepared = await prepareAll(parts, change);
    if (this.#isStopped) {
      await abandonAll(prepared);
      throw new Refusal(UNKNOWN_ERROR, 'the server quits');
    }
    holder.current = after;
    for (const one of prepared) this.#apply(one);
    this.#sayRestarts(change.changes);
  }

  #apply(prepared: Preparation): void {
    try {
      prepared.apply();
    } catch (error) {
      this.#log.error('a part of the reload failed, restart the server', error);
    }
  }

  #sayRestarts(changes: readonly ConfigChange[]): void {
    for (const change of changes) {
      if (change.reload === 'restart')
        this.#log.warn(`reload: ${describeChange(change)}; it takes effect at the next start`);
    }
  }

  #fail(error: unknown): void {
    const { state } = this.#options;
    const code = srsCodeOf(error);
    const diagnostics = error instanceof Refusal ? error.diagnostics : [];
    const prefix = state.last.state === RELOAD_STEP.applying ? 'reload config : ' : '';
    const msg = `code=${code}${ERROR_NAME[code] ?? ''} : ${prefix}${errorText(error)}`;
    state.fail(code, msg, diagnostics);
    this.#log.warn(`reload failed, state=${state.last.state}, err ${msg}`);
    for (const text of diagnostics) this.#log.error(text);
    this.#log.warn('reload failed, the running configuration stays as it is');
    this.#remind();
  }

  #remind(): void {
    if (this.#isStopped) return;
    this.#reminder = setTimeout(() => {
      const { file } = this.#options.holder.current;
      this.#log.warn(`the last reload failed, ${file} is not in force: ${this.state.last.msg}`);
      this.#remind();
    }, REMINDER_MS);
    this.#reminder.unref();
  }
}

/** Before anything is checked: no such file, or text that cannot be parsed. */
function isDamaged(failure: LoadFailure): boolean {
  return !failure.startText.startsWith('check config');
}

function errorsOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.filter((one) => one.severity === 'error').map(diagnosticLine);
}

async function prepareAll(parts: readonly ReloadPart[], change: ReloadChange): Promise<Preparation[]> {
  const prepared: Preparation[] = [];
  try {
    for (const part of parts) prepared.push(await part.prepare(change));
  } catch (error) {
    await abandonAll(prepared);
    throw error;
  }
  return prepared;
}

async function abandonAll(prepared: readonly Preparation[]): Promise<void> {
  for (const one of [...prepared].reverse()) await one.abandon();
}

function srsCodeOf(error: unknown): number {
  const code = error instanceof Error && 'srsCode' in error ? error.srsCode : undefined;
  return typeof code === 'number' ? code : UNKNOWN_ERROR;
}
