// SRS_* variables (spec config 5): which one belongs to which row, and what it says.

import type { Block, Row, Rows } from './directives/row.ts';
import { table } from './directives/table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names for a row, the strongest first; empty when it has none. `path` leads to the row, its name included. */
export function variablesOf(row: Row, path: readonly string[]): readonly string[] {
  if (row.env === false || row.type === 'free' || row.type === 'lines') return [];
  return row.env ?? [`SRS_${path.join('_').toUpperCase()}`];
}

/** A set variable of a row. An empty one counts as unset, as in SRS. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The first variable of the row that is set; an empty one counts as unset. */
export function variableOf(row: Row, path: readonly string[], env: Environment): Variable | undefined {
  for (const name of variablesOf(row, path)) {
    const value = env[name];
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}

/** The arguments a variable stands for: a list is split at blanks, anything else is one argument. */
export function variableArgs(row: Row, value: string): readonly string[] {
  const isList = row.type === 'list' || row.type === 'endpoints';
  return isList ? value.split(/\s+/).filter((piece) => piece !== '') : [value];
}

/** A row with its place, as the walk over the table meets it. */
export interface PlacedRow {
  readonly row: Row;
  readonly path: readonly string[];
  readonly variables: readonly string[];
}

/** Every row of the table in its order; `hasVariables` is false below blocks that have none. */
export function* placedRows(
  rows: Rows = table,
  path: readonly string[] = [],
  hasVariables = true,
): Generator<PlacedRow> {
  for (const [name, entry] of Object.entries(rows)) {
    const here = [...path, name];
    if (entry.kind === 'row') {
      yield { row: entry, path: here, variables: hasVariables ? variablesOf(entry, here) : [] };
    } else {
      yield* placedRows(entry.rows, here, hasVariables && blockHasVariables(entry));
    }
  }
}

export function blockHasVariables(block: Block): boolean {
  return block.env !== false;
}
