// Templates of file names with variables in brackets (spec http-delivery 3.4), and the check that nobody's stream name
// leads out of a folder.

import type { StreamId } from '../../stream/stream-id.ts';

/** Variable, brackets included, to its value. */
export type PathVariables = Readonly<Record<string, string>>;

interface DatePart {
  readonly of: (date: Date) => number;
  readonly digits: number;
}

/** The parts of a moment, taken from a date in UTC. */
const DATE_PARTS: Readonly<Record<string, DatePart>> = {
  '[2006]': { of: (date) => date.getUTCFullYear(), digits: 4 },
  '[01]': { of: (date) => date.getUTCMonth() + 1, digits: 2 },
  '[02]': { of: (date) => date.getUTCDate(), digits: 2 },
  '[15]': { of: (date) => date.getUTCHours(), digits: 2 },
  '[04]': { of: (date) => date.getUTCMinutes(), digits: 2 },
  '[05]': { of: (date) => date.getUTCSeconds(), digits: 2 },
  '[999]': { of: (date) => date.getUTCMilliseconds(), digits: 3 },
};

/** What may stand in the place of a variable, as regular expressions. Names of applications may have slashes. */
const VALUE_PATTERNS: ReadonlyMap<string, string> = new Map([
  ...['[vhost]', '[app]', '[stream]'].map((name) => [name, '.+'] as const),
  ...Object.entries(DATE_PARTS).map(([name, { digits }]) => [name, `\\d{${digits}}`] as const),
  ['[timestamp]', '\\d+'],
]);

/** No part of the path is empty, `.` or `..`, in plain or percent-encoded spelling, and no byte ends a path early. */
function isPlainName(name: string): boolean {
  const parts = name.replace(/%2f/gi, '/').replace(/%2e/gi, '.').replace(/%5c/gi, '\\').split(/[/\\]/);
  return !/[\0\r\n]|%00/.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Why a stream of that name cannot have files, undefined if it can. */
export function nameRefusal({ vhost, app, stream }: StreamId): string | undefined {
  const bad = [vhost, app, stream].find((name) => !isPlainName(name));
  return bad === undefined ? undefined : `the name ${JSON.stringify(bad)} would lead to other folders`;
}

/** Replaces each known variable once: what a name brings in is no template. */
export function fillTemplate(template: string, variables: PathVariables): string {
  return template.replace(/\[[a-z0-9]+\]/gi, (variable) => variables[variable] ?? variable);
}

/** Vhost, application and stream. */
export function streamVariables({ vhost, app, stream }: StreamId): PathVariables {
  return { '[vhost]': vhost, '[app]': app, '[stream]': stream };
}

/** The moment in parts: year, month, day, hour, minute, second, millisecond. */
export function dateVariables(timeMs: number, isUtc: boolean): PathVariables {
  const local = new Date(timeMs);
  // UTC getters on a time moved by the zone's offset give local time.
  const date = isUtc ? local : new Date(timeMs - local.getTimezoneOffset() * 60_000);
  return Object.fromEntries(
    Object.entries(DATE_PARTS).map(([name, { of, digits }]) => [
      name,
      String(of(date)).padStart(digits, '0'),
    ]),
  );
}

/** Source of a regular expression that matches what the template becomes for any stream at any moment. */
export function templatePattern(template: string): string {
  const parts = template.split(/(\[[a-z0-9]+\])/i);
  return parts.map((part) => VALUE_PATTERNS.get(part) ?? part.replace(/[^\w/]/g, '\\$&')).join('');
}
