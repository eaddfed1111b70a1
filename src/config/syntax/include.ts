// Reading a file and what it includes (spec config 1.3): paths are relative to the working directory.

import type { Diagnostic } from '../diagnostic.ts';
import { error } from '../diagnostic.ts';
import { parse } from './parser.ts';
import type { Directive, Position } from './tree.ts';
import { rootOf } from './tree.ts';

/** SRS has no limit and dies of a file that includes itself; this stops files that include each other many times over. */
const MAX_FILES = 1000;

const CANNOT_OPEN = 1042;

/** Content of a file, undefined when there is none; throws when it cannot be read. */
export type ReadFile = (path: string) => Uint8Array | undefined;

export interface ParsedFiles {
  readonly tree: Directive;
  readonly diagnostics: readonly Diagnostic[];
  /** All files that were read, the first one first, as named. */
  readonly files: readonly string[];
}

/** Parses a file with all its includes into one tree. Never throws. */
export function parseFiles(file: string, readFile: ReadFile): ParsedFiles {
  const files: string[] = [];
  const start: Position = { file, line: 1, column: 1 };
  const { children, diagnostics } = parseOne(file, start, [], { readFile, files });
  return { tree: rootOf(file, children), diagnostics, files };
}

interface Reading {
  readonly readFile: ReadFile;
  readonly files: string[];
}

type Parsed = { readonly children: readonly Directive[]; readonly diagnostics: readonly Diagnostic[] };

function parseOne(file: string, at: Position, outer: readonly string[], reading: Reading): Parsed {
  if (outer.includes(file))
    return refuse(at, `include ${file}: the file includes itself`, [...outer, file].join(' > '));
  if (reading.files.length >= MAX_FILES) return refuse(at, `include ${file}: more than ${MAX_FILES} files`);
  const bytes = read(file, reading.readFile);
  if (typeof bytes === 'string') return cannotOpen(file, at, bytes, outer.length > 0);
  reading.files.push(file);
  const stack = [...outer, file];
  return parse(bytes, file, (names, positions) => {
    const parsed = names.map((name, i) => parseOne(name, positions[i] ?? at, stack, reading));
    return {
      children: parsed.flatMap((one) => one.children),
      diagnostics: parsed.flatMap((one) => one.diagnostics),
    };
  });
}

/** The bytes, or the reason why there are none. */
function read(file: string, readFile: ReadFile): Uint8Array | string {
  try {
    return readFile(file) ?? 'no such file';
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

function refuse(at: Position, message: string, chain?: string): Parsed {
  const hint = chain === undefined ? {} : { hint: chain };
  return {
    children: [],
    diagnostics: [error('include', at, message, { srs: `parse buffer : ${message}`, ...hint })],
  };
}

function cannotOpen(file: string, at: Position, reason: string, isIncluded: boolean): Parsed {
  const core = `open file=${file} : open file ${file} failed`;
  const srs = isIncluded ? `buffer fullfill ${file} : read from src ${file} : ${core}` : core;
  const hint = isIncluded ? `${reason}; the path is relative to the working directory` : reason;
  const code = isIncluded ? 'include' : 'file';
  return { children: [], diagnostics: [error(code, at, core, { hint, srs, srsCode: CANNOT_OPEN })] };
}
