// The server as a process: pid file, signals, reload, watching the configuration, and the end.

import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import { graceOptions, type ProcessOptions } from '../config/options/lifecycle-options.ts';
import type { LogOutput } from '../log/log-output.ts';
import type { Logger } from '../log/logger.ts';
import type { ServerIdentity } from '../media/metadata.ts';
import { Server } from '../server.ts';
import { aboutLines, logPlaceLines, mountLines } from './banner.ts';
import { ConfigWatcher } from './config-watcher.ts';
import { watchParent } from './parent-watch.ts';
import { PidFile } from './pid-file.ts';
import { Quit } from './quit.ts';
import { Readiness } from './readiness.ts';
import { logPart, type PidFileHolder, pidPart } from './reload/root-parts.ts';
import { ReloadState } from './reload-state.ts';
import { type ConfigHolder, Reloader } from './reloader.ts';
import { ServerId } from './server-id.ts';
import { installSignals } from './signals.ts';
import { StartFailure } from './start-failure.ts';

export interface ServiceSetup {
  readonly config: Config;
  /** What was read for it: the configuration file and those that it includes. */
  readonly files: readonly string[];
  readonly options: ProcessOptions;
  readonly identity: ServerIdentity;
  readonly output: LogOutput;
  /** The service's own lines; SRS calls it the id of `server main`. */
  readonly log: Logger;
  /** Reads the configuration file again. */
  readonly read: () => LoadResult;
  /** Where the process was called: the configuration file is named from there. */
  readonly cwd: string;
  /** Called once, when the server has come to its end. */
  readonly onEnd: () => void;
}

const PARENT_GONE = 1021;
const DAY_MS = 24 * 60 * 60 * 1000;

export class Service {
  readonly #setup: ServiceSetup;
  readonly #log: Logger;
  readonly #holder: ConfigHolder;
  readonly #readiness = new Readiness();
  readonly #pidFile: PidFileHolder = { file: undefined };
  readonly #server: Server;
  readonly #reloader: Reloader;
  readonly #quit: Quit;
  #files: readonly string[];
  #watcher: ConfigWatcher | undefined;
  /** A server without a single port (-e alone) has nothing else that keeps Node from ending it. */
  #alive: NodeJS.Timeout | undefined;
  #stopWatchingParent: () => void = () => {};

  constructor(setup: ServiceSetup) {
    this.#setup = setup;
    this.#log = setup.log;
    this.#holder = { current: setup.config };
    this.#files = setup.files;
    const state = new ReloadState(Date.now());
    const serverId = new ServerId(() => this.#holder.current.root);
    this.#server = new Server({
      config: () => this.#holder.current,
      identity: setup.identity,
      serverId: () => serverId.value,
      reload: { state, request: () => this.#reloader.request() },
      readiness: this.#readiness,
      log: setup.log,
    });
    this.#reloader = new Reloader({
      holder: this.#holder,
      read: () => this.#read(),
      parts: this.#server.reloadParts([
        pidPart(this.#pidFile, (path) => this.#takePidFile(path), setup.log),
        logPart(setup.output, setup.log),
      ]),
      state,
      log: setup.log,
      logPlace: logPlaceLines,
    });
    this.#quit = new Quit(
      {
        grace: () => graceOptions(this.#holder.current.root),
        connectionCount: () => this.#server.servedConnections,
        drain: () => this.#drain(),
        closeListeners: () => this.#server.closeMediaListeners(),
        askToLeave: () => this.#server.askClientsToLeave(),
        dispose: () => this.#server.finishStreams(),
      },
      setup.log,
      () => this.#end(),
    );
  }

  /** Rejects with a StartFailure if the server cannot serve. */
  async start(): Promise<void> {
    this.#alive = setInterval(() => {}, DAY_MS);
    this.#installSignals();
    this.#sayWhatStarts();
    this.#acquirePidFile();
    await this.#listen();
    this.#log.trace('signal installed, reload=1, reopen=10, fast_quit=15, grace_quit=3');
    await this.#watch();
    if (this.#quit.isStarted) return;
    this.#reloader.start();
    this.#readiness.state = 'ready';
    const { name, version } = this.#setup.identity;
    this.#log.trace(`${name}/${version} is ready, pid=${process.pid}, conf=${this.#holder.current.file}`);
  }

  #installSignals(): void {
    installSignals({
      reload: () => this.#reloader.request(),
      reopenLog: () => {
        this.#setup.output.reopen();
        this.#log.warn('reopen log file, signo=10');
      },
      terminate: (signo) => this.#quit.terminate(signo),
      quitGracefully: () => this.#quit.gracefully(),
    });
  }

  #sayWhatStarts(): void {
    const { config, identity, options } = this.#setup;
    const lines = [...aboutLines(config, identity), ...logPlaceLines(config), ...mountLines(config)];
    for (const line of lines) this.#log.trace(line);
    if (config.root.in_docker) this.#log.trace('enable in_docker by config');
    if (options.isDaemonDisabled) this.#log.warn('disable daemon for docker');
    if (options.followsParent) this.#followParent();
    const { connectionId } = this.#log;
    this.#log.trace(
      `server main cid=${connectionId}, pid=${process.pid}, ppid=${process.ppid}, asprocess=${Number(options.followsParent)}`,
    );
  }

  #followParent(): void {
    if (process.ppid === 1)
      throw new StartFailure(PARENT_GONE, 'initialize st', 'ppid=1 illegal for asprocess');
    this.#stopWatchingParent = watchParent((before, now) => {
      this.#log.warn(`asprocess ppid changed from ${before} to ${now}`);
      this.#quit.quickly();
    });
  }

  #acquirePidFile(): void {
    try {
      this.#pidFile.file = this.#takePidFile(this.#holder.current.root.pid);
    } catch (error) {
      throw StartFailure.of('acquire pid file', error);
    }
  }

  #takePidFile(path: string): PidFile {
    try {
      const file = PidFile.acquire(path, process.pid);
      this.#log.trace(`write pid=${process.pid} to ${path} success!`);
      return file;
    } catch (error) {
      if (error instanceof Error && error.message === 'srs is already running')
        this.#log.error('srs is already running!');
      throw error;
    }
  }

  async #listen(): Promise<void> {
    try {
      await this.#server.start();
    } catch (error) {
      this.#server.close('start failed');
      throw StartFailure.of('listen', error);
    }
  }

  #read(): LoadResult {
    const result = this.#setup.read();
    if (result.files.length > 0) this.#files = result.files;
    this.#watcher?.follow();
    return result;
  }

  async #watch(): Promise<void> {
    const { options, cwd } = this.#setup;
    const { file } = this.#holder.current;
    if (!options.isWatching || file === '') return;
    if (options.isWatchingForContainer) this.#log.warn('enable auto reload for docker');
    this.#watcher = new ConfigWatcher({
      file,
      cwd,
      files: () => this.#files,
      log: this.#log,
      onChanged: () => this.#reloader.request(),
    });
    await this.#watcher.start();
  }

  #drain(): void {
    this.#readiness.state = 'draining';
    this.#reloader.stop();
    this.#stopWatchingParent();
    void this.#watcher?.close();
  }

  #end(): void {
    clearInterval(this.#alive);
    this.#server.close('the server ends');
    this.#pidFile.file?.release();
    this.#setup.onEnd();
  }
}
