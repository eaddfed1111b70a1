// The identity of this server in the API and in hooks. It survives restarts in a file beside the pid file.

import fs from 'node:fs';
import path from 'node:path';
import { connectionId } from '../log/connection-id.ts';

export interface ServerIdSettings {
  /** `server_id`, '' when it is not configured. */
  readonly server_id: string;
  /** `./objs/srs.pid` keeps the id in `./objs/srs.id`. */
  readonly pid: string;
}

const MAX_ID_LENGTH = 256;

/**
 * The configured id, else the one of the last run, else a new `vid-xxxxxxx`. It is kept for the next run if its
 * file can be written; a read-only folder only means a new id each time.
 */
export class ServerId {
  readonly #settings: () => ServerIdSettings;
  #configured: string | undefined;
  #value = '';

  /** @param settings asked at each use: a reload may change them */
  constructor(settings: () => ServerIdSettings) {
    this.#settings = settings;
  }

  get value(): string {
    const { server_id: configured, pid } = this.#settings();
    if (configured === this.#configured) return this.#value;
    const file = idFileOf(pid);
    const kept = read(file);
    this.#configured = configured;
    this.#value = configured || kept || `vid-${connectionId().slice(0, 7)}`;
    if (this.#value !== kept) keep(file, this.#value);
    return this.#value;
  }
}

function idFileOf(pidFile: string): string {
  return pidFile.endsWith('.pid') ? `${pidFile.slice(0, -'.pid'.length)}.id` : `${pidFile}.id`;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').slice(0, MAX_ID_LENGTH).trim();
  } catch {
    return '';
  }
}

function keep(file: string, id: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, id);
  } catch {
    // The next run makes a new one.
  }
}
