import { OPTION_GROUPS, type OptionRow } from './option-table.ts';

const COLUMN = 26;

/** The text of --help. */
export function helpText(): string {
  const groups = OPTION_GROUPS.map((group) => `${group.title}:\n${group.rows.map(helpLine).join('\n')}`);
  return `Usage: npm run bench -- [options]

Starts servers one after the other on free ports of 127.0.0.1, publishes, lets viewers in, measures, stops.

${groups.join('\n\n')}

Examples:
  npm run bench -- --viewers 1500 --peer nginx-rtmp --peer nms
  npm run bench -- --viewers 1500 --protocol flv --peer-exe ../srs/trunk/objs/srs --json flv.json
  npm run bench -- --viewers 0 --publishers 500 --write-rate 8 --peer nginx-rtmp
  npm run bench -- --viewers 1500 --slow 100 --slow-rate 0 --duration 60
  npm run bench -- --micro
`;
}

function helpLine(row: OptionRow): string {
  const name = `  --${row.name}${row.value === undefined ? '' : ` ${row.value}`}`;
  const fallback = row.fallback === undefined || row.fallback === '' ? '' : ` (${row.fallback})`;
  return `${name.padEnd(COLUMN)} ${row.text}${fallback}`;
}
