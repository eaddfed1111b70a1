// conf/full.conf, written from the table: every directive with its default, unit and variable.

import type { Block, Row, Rows, Since } from './directives/row.ts';
import { isDependent, writtenDefaultText } from './directives/row.ts';
import { table } from './directives/table.ts';
import { blockHasVariables, variablesOf } from './environment.ts';
import { oldNames } from './old-forms.ts';

const WIDTH = 100;

const HEAD = `# Every directive of srs.conf, with its default where it has one. For reading: the server refuses to start with this
# file. Written from the table in src/config/directives; a test keeps both the same.
#
# What the lines above a directive say:
#   default  used when the directive is absent; where SRS 7 has another one, that of SRS 4 holds and both are named
#   env      the environment variable that beats the file (for all vhosts); none = only the file can set it
#   reload   live = read at each use; new = for new connections; applied = running objects are changed;
#            restart = at the next start
#   since    the release of SRS that introduced it
# "planned" and "no effect" mark what this server accepts without doing anything about it (yet).
`;

/** The whole file, ends with a newline. */
export function fullConf(): string {
  return `${[HEAD, ...rowsText(table, { path: [], hasVariables: true, support: 'works' }), oldFormsText()].join('\n')}\n`;
}

interface Place {
  readonly path: readonly string[];
  readonly hasVariables: boolean;
  readonly support: Block['support'];
}

/** Lines without the indentation of the block around. */
function rowsText(rows: Rows, place: Place): readonly string[] {
  return Object.entries(rows).flatMap(([name, entry]) => {
    const inner = { ...place, path: [...place.path, name] };
    return entry.kind === 'row' ? rowText(name, entry, inner) : blockText(name, entry, inner);
  });
}

function rowText(name: string, row: Row, place: Place): readonly string[] {
  const facts = [
    `default ${defaultText(row)}`,
    ...(row.default7 === undefined ? [] : [`SRS 7: ${row.default7}`]),
    ...(row.type === 'word' ? [`values ${row.values?.filter((value) => value !== '').join(' ')}`] : []),
    ...(row.min === undefined && row.max === undefined ? [] : [rangeText(row)]),
    `env ${(place.hasVariables ? variablesOf(row, place.path) : []).join(' or ') || 'none'}`,
    `reload ${row.reload}`,
    sinceText(row.since),
    ...supportText(row.support ?? place.support),
  ];
  return [...wrap(row.says.split(' ')), ...wrap(facts, ' | '), ...exampleText(name, row)];
}

function blockText(name: string, block: Block, place: Place): readonly string[] {
  const facts = [
    ...(block.many ? ['may be repeated'] : []),
    sinceText(block.since),
    ...supportText(block.support),
  ];
  const hasVariables = place.hasVariables && blockHasVariables(block);
  const inner = rowsText(block.rows, { path: place.path, hasVariables, support: block.support });
  const body = inner.map((line) => (line === '' ? '' : `    ${line}`));
  return [
    '',
    ...wrap(block.says.split(' ')),
    ...wrap(facts, ' | '),
    `${titleOf(name, block)} {`,
    ...body,
    '}',
  ];
}

/** The block's name with an argument where it takes one. */
function titleOf(name: string, { argument }: Block): string {
  if (argument === '') return name;
  return argument === 'scope' ? `${name} live/livestream` : `${name} my-${name}`;
}

function supportText(support: Block['support']): readonly string[] {
  if (support === 'works') return [];
  return [support === 'planned' ? 'planned' : 'no effect'];
}

function defaultText(row: Row): string {
  const unit = row.unit === undefined ? '' : ` ${row.unit}`;
  if (isDependent(row.default)) return row.default.text;
  if (row.default === '' || row.default === undefined || Array.isArray(row.default)) return 'none';
  return `${writtenDefaultText(row)}${unit}`;
}

/** The directive as it would be written; the default, or the example where the default cannot be written. */
function exampleText(name: string, row: Row): readonly string[] {
  if (row.type === 'free') return [`${name} {`, `    ${row.example ?? ''}`, '}'];
  if (name === 'is_full') return ['is_full on;'];
  return [`${name} ${row.example ?? writtenDefaultText(row)};`];
}

function rangeText({ min, max }: Row): string {
  return min === undefined ? `at most ${max}` : `range ${min} to ${max ?? 'any'}`;
}

function sinceText(since: Since): string {
  return since === 'tsrs' ? 'our own' : `since SRS ${since}`;
}

function oldFormsText(): string {
  const title = '# Spellings of SRS 1 to 4 that still load, with a warning that says the new one:';
  const lines = Object.entries(oldNames).flatMap(([path, names]) => {
    return wrap([`${path === '' ? 'top of the file' : path}:`, ...names]);
  });
  return ['', title, ...lines].join('\n');
}

/** Comment lines of at most WIDTH characters, broken between the pieces. */
function wrap(pieces: readonly string[], separator = ' '): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const piece of pieces) {
    const isFirst = line === '#' || line === '#  ';
    const added = `${isFirst ? ' ' : separator}${piece}`;
    if (line.length + added.length > WIDTH && !isFirst) {
      lines.push(line);
      line = `#   ${piece}`;
    } else {
      line += added;
    }
  }
  return [...lines, line];
}
