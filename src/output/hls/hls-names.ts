// Names of playlist, segments and keys: templates with variables filled in (spec http-delivery 3.4), and the check
// that nobody's stream name leads out of the folder.

import { posix } from 'node:path';
import type { StreamId } from '../../stream/stream-id.ts';
import {
  dateVariables,
  fillTemplate,
  nameRefusal,
  type PathVariables,
  streamVariables,
} from '../disk/path-template.ts';
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

/** Names of one stream. A stream or template that would leave the folders is refused. */
export function hlsNames(options: HlsOptions, id: StreamId): HlsNamesResult {
  const refusal = nameRefusal(id);
  if (refusal !== undefined) return { type: 'refused', reason: refusal };
  const { playlistFile, segmentFile, initFile, keys } = options;
  for (const template of [playlistFile, segmentFile, initFile, keys?.file ?? '']) {
    if (template.split('/').includes('..')) {
      return { type: 'refused', reason: `the template ${template} leaves its folder` };
    }
  }
  return { type: 'names', names: new HlsNames(options, id) };
}

export class HlsNames {
  readonly playlistPath: string;
  readonly playlistUrlPath: string;
  readonly #options: HlsOptions;
  readonly #stream: PathVariables;
  readonly #playlistFolder: string;

  constructor(options: HlsOptions, id: StreamId) {
    this.#options = options;
    this.#stream = streamVariables(id);
    this.playlistUrlPath = fillTemplate(options.playlistFile, this.#stream);
    this.playlistPath = `${options.folder}/${this.playlistUrlPath}`;
    this.#playlistFolder = posix.dirname(this.playlistUrlPath);
  }

  /** Name of a segment. As long as it is open its length is unknown, and `[duration]` stays as it is. */
  segment(sequence: number, moment: SegmentMoment, durationMs?: number): HlsName {
    const { folder, segmentFile, isUtc } = this.#options;
    const timestamp = moment.floor ?? moment.openedAtMs;
    const urlPath = fillTemplate(segmentFile, {
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
    const plain = fillTemplate(this.#options.initFile, this.#stream);
    const { dir, name, ext } = posix.parse(plain);
    const urlPath = sequence === undefined ? plain : posix.join(dir, `${name}-${sequence}${ext}`);
    return { path: `${this.#options.folder}/${urlPath}`, urlPath, uri: this.#segmentUri(urlPath) };
  }

  /** Name of the key that starts with a segment. Only with keys. */
  key(sequence: number): HlsName {
    const { file = '', folder = '', url = '' } = this.#options.keys ?? {};
    const urlPath = fillTemplate(file, { ...this.#stream, '[seq]': String(sequence) });
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
