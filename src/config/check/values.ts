// Arguments of known directives: missing, too many, or read as something else than they say. SRS is silent about
// all of it, so these are warnings; what it refuses is in rules.ts. A lost `;` shows as arguments too many.

import type { Block, Row, Rows } from '../directives/row.ts';
import { isDependent, writtenDefault, writtenDefaultText } from '../directives/row.ts';
import { table } from '../directives/table.ts';
import type { Directive, Position } from '../syntax/tree.ts';
import { misreading } from '../value.ts';
import { entryOf } from './places.ts';
import type { Report } from './report.ts';
import { lookalikeAdvice } from './typography.ts';

/** Walks all directives that count; duplicates that the first one beats are only named. */
export function checkValues(tree: Directive, report: Report): void {
  checkChildren(tree, table, report);
}

function checkChildren(parent: Directive, rows: Rows, report: Report): void {
  const winners = new Map<string, Directive>();
  for (const child of parent.children) {
    const entry = entryOf(rows, child.name);
    if (entry === undefined) continue;
    const winner = winners.get(keyOf(child, entry));
    if (winner !== undefined && !isRepeatable(entry)) {
      reportDuplicate(child, winner, report);
      continue;
    }
    winners.set(keyOf(child, entry), child);
    if (entry.kind === 'row') checkRow(child, entry, rows, report);
    else checkBlock(child, entry, rows, report);
  }
}

/** Vhosts are told apart by their names. */
function keyOf(child: Directive, entry: Row | Block): string {
  return entry === table.vhost ? `${child.name} ${child.args[0] ?? ''}` : child.name;
}

function isRepeatable(entry: Row | Block): boolean {
  if (entry === table.vhost) return false;
  return entry.kind === 'row' ? entry.type === 'lines' : entry.many;
}

function reportDuplicate(child: Directive, winner: Directive, report: Report): void {
  const where =
    winner.at.file === child.at.file ? `line ${winner.at.line}` : `${winner.at.file}:${winner.at.line}`;
  const name = child.isBlock && child.args[0] !== undefined ? `${child.name} ${child.args[0]}` : child.name;
  report.warn('duplicate', child.at, `${name} is ignored: the first one, at ${where}, counts`);
}

function checkRow(directive: Directive, row: Row, rows: Rows, report: Report): void {
  if (row.type === 'free') {
    if (!directive.isBlock)
      report.warn('not-a-directive', directive.at, `${directive.name} needs braces to have an effect`);
    return;
  }
  if (directive.isBlock) {
    const last = directive.args.at(-1);
    const hint = last === undefined ? `write ${directive.name} VALUE;` : `missing ; after "${last}"?`;
    report.warn(
      'not-a-block',
      directive.at,
      `${directive.name} is no block: what stands in its braces is ignored`,
      hint,
    );
  }
  if (row.removed !== undefined) report.warn('no-effect', directive.at, row.removed);
  checkCount(directive, row, rows, report);
  if (checkWords(directive, report)) return;
  const value = directive.args[0];
  const misread = value === undefined ? undefined : misreading(directive.name, row, value);
  if (misread !== undefined) report.warn('misread-value', argAt(directive, 0), misread.message, misread.hint);
}

/** Whether a word holds a mark that was meant to stand alone. */
function checkWords(directive: Directive, report: Report): boolean {
  for (const [i, word] of directive.args.entries()) {
    const lookalike = lookalikeAdvice(word);
    const message = `${directive.name}: "${word}" is one word`;
    if (lookalike !== undefined) report.warn('misread-value', argAt(directive, i), message, lookalike);
    else if (word.endsWith('}'))
      report.warn('lost-semicolon', argAt(directive, i), message, 'missing ; before its }?');
    else continue;
    return true;
  }
  return false;
}

function checkCount(directive: Directive, row: Row, rows: Rows, report: Report): void {
  if (directive.args.length === 0) {
    if (row.emptyCounts !== true) checkMissing(directive, row, report);
    return;
  }
  // What listen swallows is no endpoint: rules.ts refuses it.
  if (row.type === 'endpoints') return;
  if (row.type === 'list' || row.type === 'lines') checkListForNames(directive, rows, report);
  else if (directive.args.length > 1) reportExtra(directive, 1, rows, report);
}

function checkMissing(directive: Directive, row: Row, report: Report): void {
  const value = writtenDefault(row);
  if (value === '' || (value === undefined && isDependent(row.default))) return;
  const used = Array.isArray(value) ? 'nothing' : writtenDefaultText(row);
  report.warn('missing-value', directive.at, `${directive.name} has no value: read as ${used}`);
}

/** A name of this block, or any name at the start of a line, among the values of a list: the list swallowed it. */
function checkListForNames(directive: Directive, rows: Rows, report: Report): void {
  const at = directive.args.findIndex(
    (arg, i) => i > 0 && entryOf(rows, arg) !== undefined && !sameLine(directive, i),
  );
  const inLine = directive.args.findIndex(
    (arg, i) => i > 0 && entryOf(rows, arg) !== undefined && arg.includes('_'),
  );
  const index = at > 0 ? at : inLine;
  if (index > 0) reportSwallowed(directive, index, report);
}

function reportSwallowed(directive: Directive, index: number, report: Report): void {
  const message = `${directive.name} takes "${directive.args[index]}" for one of its values`;
  report.warn(
    'lost-semicolon',
    argAt(directive, index),
    message,
    `missing ; after "${directive.args[index - 1]}"?`,
  );
}

function reportExtra(directive: Directive, from: number, rows: Rows, report: Report): void {
  const extra = directive.args.slice(from).join(' ');
  const first = directive.args[from] ?? '';
  const isLost = entryOf(rows, first) !== undefined || !sameLine(directive, from);
  const before = from === 0 ? directive.name : directive.args[from - 1];
  const takes = from === 0 ? 'takes no value' : 'takes one value';
  report.warn(
    isLost ? 'lost-semicolon' : 'extra-value',
    argAt(directive, from),
    `${directive.name} ${takes}: ${extra} is ignored`,
    isLost ? `missing ; after "${before}"?` : undefined,
  );
}

function sameLine(directive: Directive, index: number): boolean {
  const before: Position = index === 0 ? directive.at : argAt(directive, index - 1);
  return argAt(directive, index).line === before.line;
}

function checkBlock(directive: Directive, block: Block, rows: Rows, report: Report): void {
  const allowed = block.argument === '' ? 0 : 1;
  if (!directive.isBlock && (directive.args.length > allowed || block.argument === '')) {
    const example = `${directive.name} { ... }`;
    report.warn(
      'not-a-directive',
      directive.at,
      `${directive.name} is a block: without braces it says nothing`,
      example,
    );
  } else if (directive.args.length > allowed) {
    reportExtra(directive, allowed, rows, report);
  }
  checkChildren(directive, block.rows, report);
}

function argAt(directive: Directive, index: number): Position {
  return directive.argsAt[index] ?? directive.at;
}
