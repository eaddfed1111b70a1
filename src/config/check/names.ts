// Names that no block knows (spec config 3.7, rows 2 to 6 and 13 to 15), in the order of SRS: its first failure is
// the one that tools see. SRS looks into every vhost, into every block of a vhost, but only into the first block of
// a name at the root.

import type { Block, Rows } from '../directives/row.ts';
import { table } from '../directives/table.ts';
import { nearest } from '../suggest.ts';
import type { Directive } from '../syntax/tree.ts';
import { childrenNamed, firstChild } from '../syntax/tree.ts';
import { allNames, describePlaces, entryOf, isRootBlock, namesIn } from './places.ts';
import type { Report } from './report.ts';
import { lookalikeAdvice } from './typography.ts';

/** Root blocks that SRS checks before the values. */
const EARLY = [
  'http_api',
  'http_server',
  'srt_server',
  'heartbeat',
  'stats',
  'rtc_server',
  'exporter',
] as const;
/** Root blocks whose content SRS does not check. */
const UNCHECKED = ['circuit_breaker', 'threads', 'tencentcloud_cls', 'tencentcloud_apm'] as const;

/** Rows 2 to 6. */
export function checkRootNames(tree: Directive, report: Report): void {
  const place: Place = { rows: table, path: [], isChecked: true, vhost: '' };
  for (const directive of tree.children) checkName(directive, place, report);
  for (const name of [...EARLY, ...UNCHECKED]) {
    const block = firstChild(tree, name);
    if (block !== undefined) checkBlock(block, table[name], { ...place, path: [name] }, report);
  }
}

/** Rows 13 to 15. */
export function checkCasterAndVhostNames(tree: Directive, report: Report): void {
  for (const name of ['stream_caster', 'vhost'] as const) {
    for (const block of childrenNamed(tree, name)) {
      const vhost = name === 'vhost' ? (block.args[0] ?? '') : '';
      checkBlock(block, table[name], { rows: table, path: [name], isChecked: true, vhost }, report);
    }
  }
}

interface Place {
  readonly rows: Rows;
  /** Blocks around, the outermost first. */
  readonly path: readonly string[];
  readonly isChecked: boolean;
  /** Name of the vhost around, for SRS's text. */
  readonly vhost: string;
  readonly label?: string | undefined;
  readonly opener?: Directive;
}

function checkBlock(directive: Directive, block: Block, place: Place, report: Report): void {
  const inner: Place = {
    ...place,
    rows: block.rows,
    isChecked: place.isChecked && block.checked,
    label: block.label,
    opener: directive,
  };
  for (const child of directive.children) {
    checkName(child, inner, report);
    const entry = entryOf(block.rows, child.name);
    if (entry?.kind === 'block')
      checkBlock(child, entry, { ...inner, path: [...place.path, child.name] }, report);
  }
}

function checkName(directive: Directive, place: Place, report: Report): void {
  if (entryOf(place.rows, directive.name) !== undefined) return;
  const hint = adviceFor(directive, place);
  if (place.isChecked) {
    report.refuse('unknown-directive', directive.at, srsText(directive.name, place), hint);
  } else {
    const where = place.path.join('.');
    report.warn('unknown-directive', directive.at, `unknown ${where}.${directive.name} is ignored`, hint);
  }
}

/** SRS names the vhost only inside its sections. */
function srsText(name: string, { path, label, vhost }: Place): string {
  if (path.length === 0) return `illegal directive ${name}`;
  const of = path[0] === 'vhost' && path.length > 1 ? ` of ${vhost}` : '';
  return `illegal ${label ?? path.join('.')}.${name}${of}`;
}

function adviceFor(directive: Directive, place: Place): string {
  const { name } = directive;
  const known = namesIn(place.rows, place.path);
  if (name.startsWith('\ufeff'))
    return 'the file starts with a byte order mark (BOM): save it as UTF-8 without BOM';
  const lookalike = lookalikeAdvice(name);
  if (lookalike !== undefined) return lookalike;
  if (isNginx(name, place)) return 'this looks like a file for nginx';
  const opener = place.opener;
  if (isRootBlock(name) && opener !== undefined && directive.isBlock) {
    return `${name} stands at the top of the file: missing } of ${opener.name}, line ${opener.at.line}, before this line?`;
  }
  const belongs = describePlaces(name);
  if (belongs !== undefined) return `${name} belongs into ${belongs}`;
  const near = nearest(name, Object.keys(place.rows));
  if (near !== undefined) return `did you mean ${near}?`;
  const far = nearest(name, allNames());
  if (far !== undefined) return `did you mean ${far}, which belongs into ${describePlaces(far)}?`;
  return `allowed here: ${known.join(' ')}`;
}

function isNginx(name: string, place: Place): boolean {
  return (
    place.path.length === 0 &&
    ['worker_processes', 'events', 'http', 'rtmp', 'user', 'error_log'].includes(name)
  );
}

/** Whether the word is a directive of the root. */
export function isRootName(word: string): boolean {
  return entryOf(table, word) !== undefined;
}
