// Features that are switched on but not built: such a file loads, as it does in SRS, and the user is told.

import type { Block, Rows } from '../directives/row.ts';
import { table } from '../directives/table.ts';
import type { Directive } from '../syntax/tree.ts';
import { firstChild } from '../syntax/tree.ts';
import { entryOf } from './places.ts';
import type { Report } from './report.ts';

/** One warning for the outermost block of each feature that is on and has no effect. */
export function checkSupport(tree: Directive, report: Report): void {
  visit(tree, table, '', report);
}

function visit(parent: Directive, rows: Rows, path: string, report: Report): void {
  for (const child of parent.children) {
    const entry = entryOf(rows, child.name);
    if (entry?.kind !== 'block') continue;
    const here = path === '' ? child.name : `${path}.${child.name}`;
    if (entry.support === 'works') visit(child, entry.rows, here, report);
    else if (isOn(child, entry)) report.warn('no-effect', child.at, noEffect(here, entry));
  }
}

function noEffect(path: string, block: Block): string {
  const why = block.support === 'planned' ? 'is not built yet' : 'is not part of this server';
  return `${path} ${why}: accepted without effect`;
}

/** Only an explicit `enabled on`; blocks without that switch are on by being there. */
function isOn(directive: Directive, block: Block): boolean {
  const enabled = entryOf(block.rows, 'enabled');
  if (enabled === undefined) return directive.children.length > 0;
  return firstChild(directive, 'enabled')?.args[0] === 'on';
}
