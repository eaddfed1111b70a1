// Recordings that a server left behind when it was killed: found, watched for a while, and completed. Another process
// may be writing what is found, one on another host that shares the folder too: only what does not change is taken.
//
//   dvr_path -> files that end in .tmp -> unchanged after dvr_repair -> repairRecording

import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../log/logger.ts';
import { isMissing } from '../disk/disk-files.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import type { DvrOptions } from './dvr-options.ts';
import { type OpenRecordings, openRecordings } from './dvr-path.ts';
import { type Repair, type RepairHost, repairRecording, type SeenFile } from './recording-repair.ts';
import { writeFailureText } from './write-failure.ts';

export interface LeftOverHost {
  readonly queueOf: (folder: string) => DiskQueue;
  /** This server itself is writing the file. */
  readonly isOpen: (path: string) => boolean;
  readonly log: Logger;
}

/** Files that are taken, and folders that are looked into, for one template. */
const MAX_FILES = 1000;
const MAX_FOLDERS = 20_000;

export class LeftOverRecordings {
  readonly #host: LeftOverHost;
  readonly #looked = new Set<string>();
  readonly #closing = new AbortController();

  constructor(host: LeftOverHost) {
    this.#host = host;
  }

  /** Looks once for the files of each template; returns at once. */
  look(all: Iterable<DvrOptions>): void {
    for (const { path, repairMs } of all) {
      if (repairMs === 0 || this.#looked.has(path)) continue;
      this.#looked.add(path);
      void this.#repairAll(openRecordings(path), repairMs);
    }
  }

  /** Ends the search. What is being completed may be so or not: the next start goes on with it. */
  close(): void {
    this.#closing.abort();
  }

  async #repairAll(place: OpenRecordings, quietMs: number): Promise<void> {
    const { signal } = this.#closing;
    const queue = this.#host.queueOf(place.folder);
    const host: RepairHost = { turn: (operation) => queue.run(operation), signal };
    try {
      const found = await this.#find(place, host);
      if (found.length === 0) return;
      await delay(quietMs, undefined, { signal, ref: false });
      for (const file of found) await this.#repair(file, host);
    } catch (error) {
      if (signal.aborted) return;
      const folder = place.folder || '.';
      this.#host.log.warn(
        `dvr: no search in ${folder} for recordings that a killed server left, ${failureText(error)}`,
      );
    }
  }

  async #repair(file: SeenFile, host: RepairHost): Promise<void> {
    const { log } = this.#host;
    try {
      if (this.#host.isOpen(file.path)) return;
      const text = repairText(file, await repairRecording(file, host));
      if (text !== undefined) log.trace(`dvr: ${text}`);
    } catch (error) {
      if (host.signal.aborted) throw error;
      if (isMissing(error)) return;
      log.warn(`dvr: ${file.path}, left by a killed server, is not completed, ${failureText(error)}`);
    }
  }

  async #find(place: OpenRecordings, host: RepairHost): Promise<readonly SeenFile[]> {
    const found: SeenFile[] = [];
    for await (const path of filesOf(place, host)) {
      const file = this.#host.isOpen(path) ? undefined : await host.turn(() => see(path));
      if (file !== undefined) found.push(file);
      if (found.length === MAX_FILES) break;
    }
    return found;
  }
}

/** Paths that match. Links are neither files nor folders here: nothing outside is touched. */
async function* filesOf(
  { folder, pattern, depth }: OpenRecordings,
  { turn, signal }: RepairHost,
): AsyncGenerator<string> {
  const toLookAt = [{ below: '', level: 0 }];
  for (let count = 0; toLookAt.length > 0 && count < MAX_FOLDERS; count++) {
    signal.throwIfAborted();
    const { below, level } = toLookAt.shift()!;
    for (const entry of await turn(() => entriesOf(`${folder}${below}`, level))) {
      const name = `${below}${entry.name}`;
      if (entry.isFile() && pattern.test(name)) yield `${folder}${name}`;
      else if (entry.isDirectory() && level < depth) toLookAt.push({ below: `${name}/`, level: level + 1 });
    }
  }
}

/** None if the folder is not there; of one further below, if it cannot be read. */
async function entriesOf(folder: string, level: number): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder || '.', { withFileTypes: true });
  } catch (error) {
    if (level > 0 || isMissing(error)) return [];
    throw error;
  }
}

async function see(path: string): Promise<SeenFile | undefined> {
  try {
    const { ino, size, mtimeMs } = await lstat(path);
    return { path, inode: ino, sizeBytes: size, modifiedMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function repairText({ path }: SeenFile, repair: Repair): string | undefined {
  switch (repair.type) {
    case 'completed': {
      const { sizeBytes, cutBytes } = repair;
      return `${repair.path} completed, which a killed server had left, ${sizeBytes} bytes, ${cutBytes} torn ones cut off`;
    }
    case 'removed':
      return `${path} removed, which a killed server had left without a whole frame`;
    case 'unknown':
      return `${path} left as it is, it is no recording of this server`;
    case 'busy':
      return undefined;
    default:
      return repair satisfies never;
  }
}

function failureText(error: unknown): string {
  return writeFailureText(error instanceof Error ? error : new Error(String(error)));
}
