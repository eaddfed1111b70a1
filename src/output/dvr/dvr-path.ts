// Names of recordings: the template of `dvr_path` filled in, and the check that no stream's name leads elsewhere.

import { posix } from 'node:path';
import type { StreamId } from '../../stream/stream-id.ts';
import {
  dateVariables,
  fillTemplate,
  nameRefusal,
  streamVariables,
  templatePattern,
} from '../disk/path-template.ts';

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
  const refusal = nameRefusal(id);
  if (refusal !== undefined) return { type: 'refused', reason: refusal };
  const full = filePath(template);
  const stream = streamVariables(id);
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

/** Where recordings of any stream are while they are written. */
export interface OpenRecordings {
  /** The part of the template that has no variables, with a slash at its end; '' for the working directory. */
  readonly folder: string;
  /** Matches the path of such a file below that folder. */
  readonly pattern: RegExp;
  /** Folders between the two at most. */
  readonly depth: number;
}

/** Applications may have slashes in their names: so many folders more than the template says. */
const MORE_FOLDERS = 2;

/** Where the files of a template are that still end in `.tmp`. */
export function openRecordings(template: string): OpenRecordings {
  const full = filePath(template);
  const folder = folderOf(full);
  const rest = full.slice(folder.length);
  const suffix = posix.extname(rest);
  const name = templatePattern(rest.slice(0, rest.length - suffix.length));
  const folders = rest.split('/').length - 1;
  return {
    folder,
    pattern: new RegExp(`^${name}(-\\d+)?\\${suffix}\\.tmp$`),
    depth: folders + (rest.includes('[') ? MORE_FOLDERS : 0),
  };
}

/** The part of a template that has no variables: names the disk. */
export function folderOf(template: string): string {
  const plain = template.split('[')[0] ?? '';
  return plain.slice(0, plain.lastIndexOf('/') + 1);
}

function filePath(template: string): string {
  return /\.(flv|mp4)$/.test(template) ? template : posix.join(template, FILE_IN_FOLDER);
}
