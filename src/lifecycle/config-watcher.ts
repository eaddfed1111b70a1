// Notices that the configuration file has changed, however it was done: written in place, replaced by an editor, or
// swapped by the kubelet (srs.conf -> ..data/srs.conf, ..data -> ..TIMESTAMP). Behind links it is the directory that
// is watched. Otherwise it is the files themselves: a log that grows in the same directory would wake the server with
// every line.

import { existsSync, lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Logger } from '../log/logger.ts';
import { type EntryEvent, inotifyLine } from './inotify-line.ts';

export interface ConfigWatcherOptions {
  /** As named by the user, for the log; relative paths start at `cwd`. */
  readonly file: string;
  readonly cwd: string;
  /** All files of the configuration, those that are included as well. */
  readonly files: () => readonly string[];
  readonly log: Logger;
  readonly onChanged: () => void;
  /** So long nothing may happen before a batch of events counts, ms: writers take more than one step. */
  readonly quietMs?: number;
}

interface Entry {
  readonly event: EntryEvent;
  readonly name: string;
}

const QUIET_MS = 200;
/** A file that was moved away or deleted is looked for so often, ms. */
const RETURN_MS = 200;
/** The link that the kubelet swaps when a ConfigMap has changed. */
const DATA_LINK = '..data';

export class ConfigWatcher {
  readonly #options: ConfigWatcherOptions;
  readonly #file: string;
  #watchesDirectory = false;
  readonly #missing = new Set<string>();
  #watcher: FSWatcher | undefined;
  #batch: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #returnTimer: NodeJS.Timeout | undefined;
  /** By path: another number means that the entry was replaced. */
  readonly #inodes = new Map<string, number | undefined>();
  #isClosed = false;

  constructor(options: ConfigWatcherOptions) {
    this.#options = options;
    this.#file = path.resolve(options.cwd, options.file);
  }

  /** Resolves when changes are noticed from here on. A directory that cannot be watched is said, not thrown. */
  async start(): Promise<void> {
    const { file, log } = this.#options;
    const directory = path.dirname(this.#file);
    // Loaded on demand: most servers outside containers never watch.
    const { watch } = await import('chokidar');
    if (this.#isClosed) return;
    this.#watchesDirectory = isLink(this.#file) || isLink(path.join(directory, DATA_LINK));
    const watcher = watch(this.#watchesDirectory ? directory : [...this.#paths()], {
      depth: 0,
      ignored: (entry) => this.#watchesDirectory && entry !== directory && !this.#isOfInterest(entry),
      followSymlinks: false,
      alwaysStat: true,
      persistent: false,
    });
    this.#watcher = watcher;
    watcher.on('error', (error) => log.warn(`auto reload: cannot watch ${directory}`, error));
    let isReady = false;
    watcher.on('all', (event, entry, stats) => {
      if (event === 'unlink') this.#awaitReturn(entry);
      else if (isReady) this.#note(event, entry, stats);
      else this.#inodes.set(entry, stats?.ino);
    });
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    isReady = true;
    log.trace(`auto reload watching fd=-1, watch=1, file=${directoryName(file)}`);
  }

  /** The configuration may consist of other files now. */
  follow(): void {
    if (this.#watcher === undefined || this.#watchesDirectory) return;
    for (const entry of this.#paths()) {
      if (this.#inodes.has(entry) || this.#missing.has(entry)) continue;
      this.#inodes.set(entry, lstatSync(entry, { throwIfNoEntry: false })?.ino);
      this.#watcher.add(entry);
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#returnTimer);
    await this.#watcher?.close();
    this.#watcher = undefined;
  }

  #paths(): ReadonlySet<string> {
    const { cwd, files } = this.#options;
    return new Set([this.#file, ...files().map((file) => path.resolve(cwd, file))]);
  }

  /** The files, and what a ConfigMap volume consists of. */
  #isOfInterest(entry: string): boolean {
    return path.basename(entry).startsWith('..') || this.#paths().has(entry);
  }

  /** chokidar forgets a file that is gone. */
  #awaitReturn(entry: string): void {
    this.#inodes.delete(entry);
    if (this.#isClosed || this.#watchesDirectory || !this.#paths().has(entry)) return;
    this.#missing.add(entry);
    this.#returnTimer ??= setTimeout(() => this.#lookForMissing(), RETURN_MS).unref();
  }

  #lookForMissing(): void {
    this.#returnTimer = undefined;
    for (const entry of [...this.#missing]) {
      this.#missing.delete(entry);
      if (existsSync(entry)) this.#watcher?.add(entry);
      else this.#awaitReturn(entry);
    }
  }

  #note(event: string, entry: string, stats: Stats | undefined): void {
    const name = path.basename(entry);
    if (event === 'addDir' && name.startsWith('..')) this.#add({ event: 'directory-created', name });
    else if (event !== 'add' && event !== 'change') return;
    else if (name === DATA_LINK) this.#addSwap();
    // Behind a link the kernel reports nothing, and neither does SRS.
    else if (!stats?.isSymbolicLink() || event === 'add' || this.#inodes.get(entry) !== stats.ino)
      this.#addFile(event, entry, stats);
  }

  #addFile(event: 'add' | 'change', entry: string, stats: Stats | undefined): void {
    const isSame = this.#inodes.get(entry) === stats?.ino;
    if (isSame && event === 'add') return; // followed from now on, as it is
    this.#inodes.set(entry, stats?.ino);
    const what = event === 'add' ? 'created' : isSame ? 'modified' : 'moved-here';
    this.#add({ event: what, name: path.basename(entry) });
  }

  /** The kubelet makes a link of another name and renames it: two events, of which only the second can be seen. */
  #addSwap(): void {
    this.#add({ event: 'created', name: '..data_tmp' });
    this.#add({ event: 'moved-here', name: DATA_LINK });
  }

  #add(entry: Entry): void {
    this.#batch.push(entry);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), this.#options.quietMs ?? QUIET_MS);
  }

  #flush(): void {
    const { log, onChanged } = this.#options;
    let isReload = false;
    for (const { event, name } of this.#batch) {
      isReload ||= name === DATA_LINK || !name.startsWith('..');
      log.trace(inotifyLine(event, name, isReload));
    }
    this.#batch = [];
    if (isReload && existsSync(this.#file)) onChanged();
  }
}

function isLink(entry: string): boolean {
  return lstatSync(entry, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** As SRS prints it: `conf`, and `./` for a bare name. */
function directoryName(file: string): string {
  const directory = path.dirname(file);
  return directory === '.' ? './' : directory;
}
