// Names of playlist, segments and keys: templates with variables filled in (spec http-delivery 3.4), and the check
// that nobody's stream name leads out of the folder.

import { posix } from 'node:path';
import type { StreamId } from '../../stream/stream-id.ts';
import type { HlsOptions } from './hls-options.ts';

/** A file on disk and how the playlist refers to it. */
export interface HlsName {
  readonly path: string;
  /** Below the folder: where an HTTP server finds it. */
  readonly urlPath: string;
  readonly uri: string;
}

/** When a segment opened, wall clock. */
export interface SegmentMoment {
  readonly openedAtMs: number;
  /** The counter of `hls_ts_floor`, undefined without it. */
  readonly floor: number | undefined;
}

export type HlsNamesResult =
  | { readonly type: 'names'; readonly names: HlsNames }
  | { readonly type: 'refused'; readonly reason: string };

type Variables = Readonly<Record<string, string>>;

/** Names of one stream. A stream or template that would leave the folders is refused. */
export function hlsNames(options: HlsOptions, id: StreamId): HlsNamesResult {
  const bad = [id.vhost, id.app, id.stream].find((part) => !isPlain(part));
  if (bad !== undefined) {
    return { type: 'refused', reason: `the name ${JSON.stringify(bad)} would lead to other folders` };
  }
  const { playlistFile, segmentFile, initFile, keys } = options;
  for (const template of [playlistFile, segmentFile, initFile, keys?.file ?? '']) {
    if (template.split('/').includes('..')) {
      return { type: 'refused', reason: `the template ${template} leaves its folder` };
    }
  }
  return { type: 'names', names: new HlsNames(options, id) };
}

/** No part of the path is empty, `.` or `..`, in plain or percent-encoded spelling, and no byte ends a path early. */
function isPlain(name: string): boolean {
  const parts = name.replace(/%2f/gi, '/').replace(/%2e/gi, '.').replace(/%5c/gi, '\\').split(/[/\\]/);
  return !/[\0\r\n]|%00/.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

export class HlsNames {
  readonly playlistPath: string;
  readonly playlistUrlPath: string;
  readonly #options: HlsOptions;
  readonly #stream: Variables;
  readonly #playlistFolder: string;

  constructor(options: HlsOptions, id: StreamId) {
    this.#options = options;
    this.#stream = { '[vhost]': id.vhost, '[app]': id.app, '[stream]': id.stream };
    this.playlistUrlPath = fill(options.playlistFile, this.#stream);
    this.playlistPath = `${options.folder}/${this.playlistUrlPath}`;
    this.#playlistFolder = posix.dirname(this.playlistUrlPath);
  }

  /** Name of a segment. As long as it is open its length is unknown, and `[duration]` stays as it is. */
  segment(sequence: number, moment: SegmentMoment, durationMs?: number): HlsName {
    const { folder, segmentFile, isUtc } = this.#options;
    const timestamp = moment.floor ?? moment.openedAtMs;
    const urlPath = fill(segmentFile, {
      ...this.#stream,
      ...dateVariables(moment.openedAtMs, isUtc),
      '[timestamp]': String(timestamp),
      '[seq]': String(sequence),
      ...(durationMs === undefined ? {} : { '[duration]': String(durationMs) }),
    });
    return { path: `${folder}/${urlPath}`, urlPath, uri: this.#segmentUri(urlPath) };
  }

  /**
   * Name of the initialisation segment.
   * @param sequence of the first segment that needs it, if the plain name is another one's already
   */
  init(sequence?: number): HlsName {
    const plain = fill(this.#options.initFile, this.#stream);
    const { dir, name, ext } = posix.parse(plain);
    const urlPath = sequence === undefined ? plain : posix.join(dir, `${name}-${sequence}${ext}`);
    return { path: `${this.#options.folder}/${urlPath}`, urlPath, uri: this.#segmentUri(urlPath) };
  }

  /** Name of the key that starts with a segment. Only with keys. */
  key(sequence: number): HlsName {
    const { file = '', folder = '', url = '' } = this.#options.keys ?? {};
    const urlPath = fill(file, { ...this.#stream, '[seq]': String(sequence) });
    const uri = url === '' ? this.#relative(urlPath) : `${url}${urlPath}`;
    return { path: `${folder}/${urlPath}`, urlPath, uri };
  }

  /** Where the file of a segment lies that a playlist on disk lists; undefined if it lies elsewhere. */
  pathOfUri(uri: string): string | undefined {
    const prefix = this.#segmentUri('');
    const { entryPrefix, folder } = this.#options;
    let relative = uri;
    if (entryPrefix !== '' && uri.startsWith(prefix)) relative = uri.slice(prefix.length);
    if (/^[a-z]+:|^\//i.test(relative)) return undefined;
    const urlPath = posix.join(this.#playlistFolder, relative);
    return urlPath.startsWith('../') ? undefined : `${folder}/${urlPath}`;
  }

  /** As SRS: a prefix without final slash is a host, and the folder of the playlist goes in between. */
  #segmentUri(urlPath: string): string {
    const { entryPrefix } = this.#options;
    const relative = urlPath === '' ? '' : this.#relative(urlPath);
    if (entryPrefix === '' || entryPrefix.endsWith('/')) return `${entryPrefix}${relative}`;
    const folder = this.#playlistFolder === '.' ? '' : `${this.#playlistFolder}/`;
    return `${entryPrefix}/${folder}${relative}`;
  }

  #relative(urlPath: string): string {
    return posix.relative(this.#playlistFolder, urlPath);
  }
}

/** Replaces each known variable once: what a name brings in is no template. */
function fill(template: string, variables: Variables): string {
  return template.replace(/\[[a-z0-9]+\]/gi, (variable) => variables[variable] ?? variable);
}

function dateVariables(timeMs: number, isUtc: boolean): Variables {
  const local = new Date(timeMs);
  // UTC getters on a time moved by the zone's offset give local time.
  const date = isUtc ? local : new Date(timeMs - local.getTimezoneOffset() * 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    '[2006]': String(date.getUTCFullYear()).padStart(4, '0'),
    '[01]': two(date.getUTCMonth() + 1),
    '[02]': two(date.getUTCDate()),
    '[15]': two(date.getUTCHours()),
    '[04]': two(date.getUTCMinutes()),
    '[05]': two(date.getUTCSeconds()),
    '[999]': String(date.getUTCMilliseconds()).padStart(3, '0'),
  };
}
