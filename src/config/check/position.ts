// Where a setting was made, for diagnostics of rules that look at settings.

import { environment } from '../diagnostic.ts';
import type { Directive, Position } from '../syntax/tree.ts';
import { firstChild } from '../syntax/tree.ts';

/** The argument of the first directive at `path`, else the innermost block of the path that exists, else the file. */
export function positionOf(tree: Directive, path: readonly string[], argument?: number): Position {
  let found = tree;
  for (const name of path) {
    const next = firstChild(found, name);
    if (next === undefined) return found === tree ? startOf(tree) : found.at;
    found = next;
  }
  return argument === undefined ? found.at : (found.argsAt[argument] ?? found.at);
}

/** The first line of the file; nowhere when the settings come from the environment. */
export function startOf(tree: Directive): Position {
  return tree.at.file === '' ? environment : tree.at;
}
