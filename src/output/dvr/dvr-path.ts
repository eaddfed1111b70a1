// Names of recordings: the template of `dvr_path` filled in, and the check that no stream's name leads elsewhere.

import { posix } from 'node:path';
import type { StreamId } from '../../stream/stream-id.ts';
import { dateVariables, fillTemplate, isPlainName } from '../disk/path-template.ts';

export type RecordingFormat = 'flv' | 'mp4';

export interface DvrPath {
  readonly format: RecordingFormat;
  /** The file of a recording that starts at this moment, ms since 1970. */
  at(timeMs: number): string;
}

export type DvrPathResult =
  | { readonly type: 'path'; readonly path: DvrPath }
  | { readonly type: 'refused'; readonly reason: string };

/** What SRS appends to a folder. */
const FILE_IN_FOLDER = '[stream].[timestamp].flv';

/** The names of one stream's recordings. Names that would lead to other folders are refused. */
export function dvrPath(template: string, id: StreamId, isUtc: boolean): DvrPathResult {
  const bad = [id.vhost, id.app, id.stream].find((part) => !isPlainName(part));
  if (bad !== undefined) {
    return { type: 'refused', reason: `the name ${JSON.stringify(bad)} would lead to other folders` };
  }
  const isFile = /\.(flv|mp4)$/.test(template);
  const full = isFile ? template : posix.join(template, FILE_IN_FOLDER);
  const stream = { '[vhost]': id.vhost, '[app]': id.app, '[stream]': id.stream };
  return {
    type: 'path',
    path: {
      format: full.endsWith('.mp4') ? 'mp4' : 'flv',
      at: (timeMs) =>
        fillTemplate(full, { ...stream, ...dateVariables(timeMs, isUtc), '[timestamp]': String(timeMs) }),
    },
  };
}

/** Another name for a recording whose own is taken: `live/x.flv`, `live/x-1.flv`, … */
export function numberedPath(path: string, number: number): string {
  if (number === 0) return path;
  const suffix = posix.extname(path);
  return `${path.slice(0, path.length - suffix.length)}-${number}${suffix}`;
}
