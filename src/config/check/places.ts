// Where a name of srs.conf may stand, to tell people where a misplaced directive belongs.

import type { Rows } from '../directives/row.ts';
import { rootBlocks, table } from '../directives/table.ts';
import { oldNames } from '../old-forms.ts';

/** The rows and blocks of a block; undefined for what the table does not know. */
export function entryOf(rows: Rows, name: string): Rows[string] | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

/** Every block path that knows the name: `[]` is the root, `['vhost', 'play']` is play { } in a vhost. */
function placesOf(name: string): readonly (readonly string[])[] {
  return places.get(name) ?? [];
}

const places = new Map<string, (readonly string[])[]>();
collect(table, []);

function collect(rows: Rows, path: readonly string[]): void {
  for (const [name, entry] of Object.entries(rows)) {
    places.set(name, [...(places.get(name) ?? []), path]);
    if (entry.kind === 'block') collect(entry.rows, [...path, name]);
  }
}

/** All names of the table, for a misspelling that fits nothing in its own block. */
export function allNames(): Iterable<string> {
  return places.keys();
}

/** Names that may stand in a block, old forms included. */
export function namesIn(rows: Rows, path: readonly string[]): readonly string[] {
  return [...Object.keys(rows), ...(oldNames[path.join('.')] ?? [])];
}

/** Whether the name is a block that stands only at the top of the file. */
export function isRootBlock(name: string): boolean {
  return Object.hasOwn(rootBlocks, name);
}

/** `vhost { play { gop_cache } }`, for up to two places; undefined when no block knows the name. */
export function describePlaces(name: string): string | undefined {
  const found = placesOf(name);
  if (found.length === 0) return undefined;
  const shown = found.slice(0, 2).map((path) => describe(path, name));
  return shown.join(' or ') + (found.length > 2 ? ' and others' : '');
}

function describe(path: readonly string[], name: string): string {
  if (path.length === 0) return 'the top of the file';
  return path.reduceRight((inner, block) => `${block} { ${inner} }`, name);
}
