// How the server ends: at once, or gracefully, which waits for publishers and viewers to leave by themselves.
// The steps, the waits and the lines are those of SRS; see the timeline in `#drain`.

import type { Logger } from '../log/logger.ts';

/** Times of a graceful quit. Read when they are used, so that a reload changes them. */
export interface GraceOptions {
  /** How long everything goes on before the listeners close, ms (`grace_start_wait`). */
  readonly startWaitMs: number;
  /** How long the process stays after the last connection, ms (`grace_final_wait`). */
  readonly finalWaitMs: number;
  /** SIGTERM quits gracefully, too (`force_grace_quit`). */
  readonly isForced: boolean;
}

/** What the server does when it is told to end. */
export interface QuitHost {
  readonly grace: () => GraceOptions;
  /** Connections that a graceful quit waits for. */
  readonly connectionCount: () => number;
  /** Called first, once: no reload from here on, and nobody new should be sent here. */
  readonly drain: () => void;
  /** Nobody new comes in. */
  readonly closeListeners: () => void;
  /** Asks those who understand it to go elsewhere. */
  readonly askToLeave: () => void;
  /** Finishes files and children of all streams. */
  readonly dispose: () => Promise<void>;
}

const SIGTERM = 15;
const SIGQUIT = 3;
/** The wait for connections looks at their number so often, ms. */
const TICK_MS = 1000;
/** What a stuck disk may cost at the end, ms. */
const DISPOSE_LIMIT_MS = 5000;

export class Quit {
  readonly #host: QuitHost;
  readonly #log: Logger;
  readonly #onFinished: () => void;
  #isStarted = false;
  #isGraceful = false;
  #isFast = false;
  /** Ends the wait that is going on. */
  #wake: () => void = () => {};

  /** @param onFinished called once, when nothing is left to do but to end the process */
  constructor(host: QuitHost, log: Logger, onFinished: () => void) {
    this.#host = host;
    this.#log = log;
    this.#onFinished = onFinished;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** SIGTERM or SIGINT: the end, unless `force_grace_quit` makes SIGTERM a graceful one. */
  terminate(signo: number): void {
    if (signo === SIGTERM && this.#host.grace().isForced) {
      this.#log.trace(`force gracefully quit, signo=${signo}`);
      this.gracefully();
      return;
    }
    this.#log.trace(`sig=${signo}, user terminate program, fast quit`);
    this.quickly();
  }

  /** SIGQUIT: the end, when everybody has left. Once more changes nothing. */
  gracefully(): void {
    if (this.#isStarted) return;
    this.#log.trace(`sig=${SIGQUIT}, user start gracefully quit`);
    this.#isGraceful = true;
    this.#start();
  }

  /** A graceful quit under way stops waiting for connections; whoever is impatient again ends its last wait. */
  quickly(): void {
    this.#isFast = true;
    this.#wake();
    this.#start();
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { fast, grace } = { fast: Number(this.#isFast), grace: Number(this.#isGraceful) };
    this.#log.trace(`cleanup for quit signal fast=${fast}, grace=${grace}`);
    this.#log.warn('main cycle terminated, system quit normally.');
    this.#host.drain();
    if (this.#isGraceful) await this.#drain();
    else await this.#end();
    this.#log.trace('srs terminated');
    this.#onFinished();
  }

  async #end(): Promise<void> {
    this.#host.closeListeners();
    await this.#dispose();
    this.#log.trace('srs disposed');
  }

  //  signal | start wait: as always | listeners closed, wait for connections | outputs finished, final wait | end
  async #drain(): Promise<void> {
    const { startWaitMs } = this.#host.grace();
    await this.#wait(startWaitMs);
    this.#log.trace(`start wait for ${startWaitMs}ms`);
    this.#host.closeListeners();
    this.#log.trace('listeners closed');
    this.#log.trace('ingesters stopped');
    this.#host.askToLeave();
    await this.#waitForConnections();
    await this.#dispose();
    this.#log.trace('source disposed');
    const { finalWaitMs } = this.#host.grace();
    await this.#wait(finalWaitMs);
    this.#log.trace(`final wait for ${finalWaitMs}ms`);
    this.#log.trace('srs gracefully quit');
  }

  async #waitForConnections(): Promise<void> {
    const { connectionCount } = this.#host;
    let step = 1;
    while (connectionCount() > 0 && !this.#isFast) {
      for (let i = 0; i < step && connectionCount() > 0 && !this.#isFast; i++) await this.#wait(TICK_MS);
      // 1, 2, 4 … 32, 31, 29, 25, 17, 1, 2 … seconds between two lines.
      step = (step * 2) % 33;
      this.#log.trace(`wait for ${connectionCount()} conns to quit`);
    }
  }

  async #dispose(): Promise<void> {
    const disposed = this.#host.dispose().catch((error) => this.#log.error('finish streams failed', error));
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(() => {
        this.#log.warn(`streams not finished within ${DISPOSE_LIMIT_MS}ms, quit anyway`);
        resolve();
      }, DISPOSE_LIMIT_MS);
    });
    await Promise.race([disposed, late]);
    clearTimeout(limit);
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }
}
