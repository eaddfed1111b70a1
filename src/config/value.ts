// What the arguments of a directive mean, by the conventions of SRS (spec config 3.1), and where SRS silently
// takes them for something else than they say.

import type { Row } from './directives/row.ts';
import { parseEndpoint } from './endpoint.ts';
import { atof, atoi, isDecimal, isWholeNumber } from './number.ts';
import { nearest } from './suggest.ts';

/** The value that SRS would read. `args` is not empty, except for lists for which empty counts. */
export function readValue(row: Row, args: readonly string[]): unknown {
  const first = args[0] ?? '';
  switch (row.type) {
    case 'flag':
      return row.rule === 'unless-off' ? first !== 'off' : first === 'on';
    case 'int':
      return within(row, atoi(first));
    case 'float':
      return within(row, atof(first));
    case 'word':
      return row.values?.includes(first) === true ? first : row.otherwise;
    case 'endpoint':
      return parseEndpoint(first);
    case 'endpoints':
      return args.map(parseEndpoint);
    case 'list':
    case 'lines':
    case 'free':
      return args;
    default:
      return first;
  }
}

/** Outside the sensible range the nearest end of it is used; SRS crashes or misbehaves there. */
function within(row: Row, value: number): number {
  return Math.max(row.min ?? -Infinity, Math.min(row.max ?? Infinity, value));
}

/** A value that says one thing and is read as another: what is wrong, and the advice. */
export interface Misreading {
  readonly message: string;
  readonly hint: string;
}

/** Undefined when the first argument says what SRS reads. `name` is the directive's name, for messages. */
export function misreading(name: string, row: Row, value: string): Misreading | undefined {
  switch (row.type) {
    case 'flag':
      return flagMisreading(name, row, value);
    case 'int':
    case 'float':
      return numberMisreading(name, row, value);
    case 'word':
      return wordMisreading(name, row, value);
    case 'endpoint':
      return endpointMisreading(name, value);
    default:
      return undefined;
  }
}

/** A port with something behind its digits. */
export function endpointMisreading(name: string, value: string): Misreading | undefined {
  const { port, text } = parseEndpoint(value);
  if (port === 0 || isWholeNumber(text.slice(text.lastIndexOf(':') + 1))) return undefined;
  return { message: `${name} ${value}: read as port ${port}`, hint: 'a port is a number, [IP:]PORT' };
}

function flagMisreading(name: string, row: Row, value: string): Misreading | undefined {
  if (value === 'on' || value === 'off') return undefined;
  const read = readValue(row, [value]) === true ? 'on' : 'off';
  const meant = /^(yes|true|1|enable|enabled)$/i.test(value) ? 'on' : /^on$/i.test(value) ? 'on' : undefined;
  const word = meant ?? (/^(no|false|0|off|disable|disabled|none)$/i.test(value) ? 'off' : undefined);
  const hint = word === undefined ? 'write on or off' : `write ${word}`;
  return { message: `${name} ${value}: read as ${read}, only the words on and off are known`, hint };
}

function numberMisreading(name: string, row: Row, value: string): Misreading | undefined {
  const isInt = row.type === 'int';
  const read = isInt ? atoi(value) : atof(value);
  const used = within(row, read);
  const isUsed = used === read ? '' : `; ${used} is used`;
  if (!(isInt ? isWholeNumber(value) : isDecimal(value))) {
    const unit = row.unit === undefined ? '' : `, always in ${row.unit}, without a unit`;
    const hint = `${name} is ${isInt ? 'a whole number' : 'a number'}${unit}`;
    return { message: `${name} ${value}: read as ${read}${isUsed}`, hint };
  }
  if (used === read) return undefined;
  const range = row.min === undefined ? `at most ${row.max}` : `in [${row.min}, ${row.max}]`;
  return { message: `${name}=${read} should be ${range}`, hint: `${used} is used` };
}

function wordMisreading(name: string, row: Row, value: string): Misreading | undefined {
  const values = row.values ?? [];
  if (values.includes(value)) return undefined;
  const near = nearest(value, values);
  const known = values.filter((word) => word !== '').join(', ');
  const allowed = `allowed: ${known}`;
  return {
    message: `${name} ${value}: no such word, read as ${row.otherwise === '' ? 'nothing' : String(row.otherwise)}`,
    hint: near === undefined ? allowed : `did you mean ${near}? ${allowed}`,
  };
}
