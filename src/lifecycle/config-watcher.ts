// Notices that the configuration file has changed, however it was done: written in place, replaced by an editor, or
// swapped by the kubelet (srs.conf -> ..data/srs.conf, ..data -> ..TIMESTAMP). So it is the directory that is
// watched, not the file behind the links.

import { existsSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Logger } from '../log/logger.ts';
import { type EntryEvent, inotifyLine } from './inotify-line.ts';

export interface ConfigWatcherOptions {
  /** As named by the user, for the log; relative paths start at `cwd`. */
  readonly file: string;
  readonly cwd: string;
  /** All files of the configuration: those that are included from the same directory count as well. */
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
/** The link that the kubelet swaps when a ConfigMap has changed. */
const DATA_LINK = '..data';

export class ConfigWatcher {
  readonly #options: ConfigWatcherOptions;
  readonly #file: string;
  readonly #base: string;
  #watcher: FSWatcher | undefined;
  #batch: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** By name: another number means that the entry was replaced. */
  readonly #inodes = new Map<string, number | undefined>();
  #isClosed = false;

  constructor(options: ConfigWatcherOptions) {
    this.#options = options;
    this.#file = path.resolve(options.cwd, options.file);
    this.#base = path.basename(this.#file);
  }

  /** Resolves when changes are noticed from here on. A directory that cannot be watched is said, not thrown. */
  async start(): Promise<void> {
    const { file, log } = this.#options;
    const directory = path.dirname(this.#file);
    // Loaded on demand: most servers outside containers never watch.
    const { watch } = await import('chokidar');
    if (this.#isClosed) return;
    const watcher = watch(directory, {
      depth: 0,
      ignored: (entry) => entry !== directory && !this.#isOfInterest(path.basename(entry)),
      followSymlinks: false,
      alwaysStat: true,
      persistent: false,
    });
    this.#watcher = watcher;
    watcher.on('error', (error) => log.warn(`auto reload: cannot watch ${directory}`, error));
    let isReady = false;
    watcher.on('all', (event, entry, stats) => {
      if (isReady) this.#note(event, path.basename(entry), stats);
      else this.#inodes.set(path.basename(entry), stats?.ino);
    });
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    isReady = true;
    log.trace(`auto reload watching fd=-1, watch=1, file=${directoryName(file)}`);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** The file, and what a ConfigMap volume consists of. */
  #isOfInterest(name: string): boolean {
    return this.#isConfig(name) || name.startsWith('..');
  }

  #isConfig(name: string): boolean {
    const { cwd, files } = this.#options;
    if (name === this.#base) return true;
    const entry = path.join(path.dirname(this.#file), name);
    return files().some((file) => path.resolve(cwd, file) === entry);
  }

  #note(event: string, name: string, stats: Stats | undefined): void {
    const isLink = stats?.isSymbolicLink() === true;
    if (event === 'addDir' && name.startsWith('..')) this.#add({ event: 'directory-created', name });
    else if (event !== 'add' && event !== 'change') return;
    else if (name === DATA_LINK) this.#addSwap();
    // Behind a link the kernel reports nothing, and neither does SRS.
    else if (!isLink || event === 'add' || this.#inodes.get(name) !== stats?.ino)
      this.#addFile(event, name, stats);
  }

  #addFile(event: 'add' | 'change', name: string, stats: Stats | undefined): void {
    const isSame = this.#inodes.get(name) === stats?.ino;
    this.#inodes.set(name, stats?.ino);
    this.#add({ event: event === 'add' ? 'created' : isSame ? 'modified' : 'moved-here', name });
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
      isReload ||= name === DATA_LINK || this.#isConfig(name);
      log.trace(inotifyLine(event, name, isReload));
    }
    this.#batch = [];
    if (isReload && existsSync(this.#file)) onChanged();
  }
}

/** As SRS prints it: `conf`, and `./` for a bare name. */
function directoryName(file: string): string {
  const directory = path.dirname(file);
  return directory === '.' ? './' : directory;
}
