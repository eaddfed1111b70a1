// Templates of file names with variables in brackets (spec http-delivery 3.4), and the check that nobody's stream name
// leads out of a folder.

/** Variable, brackets included, to its value. */
export type PathVariables = Readonly<Record<string, string>>;

/** No part of the path is empty, `.` or `..`, in plain or percent-encoded spelling, and no byte ends a path early. */
export function isPlainName(name: string): boolean {
  const parts = name.replace(/%2f/gi, '/').replace(/%2e/gi, '.').replace(/%5c/gi, '\\').split(/[/\\]/);
  return !/[\0\r\n]|%00/.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Replaces each known variable once: what a name brings in is no template. */
export function fillTemplate(template: string, variables: PathVariables): string {
  return template.replace(/\[[a-z0-9]+\]/gi, (variable) => variables[variable] ?? variable);
}

/** The moment in parts: year, month, day, hour, minute, second, millisecond. */
export function dateVariables(timeMs: number, isUtc: boolean): PathVariables {
  const local = new Date(timeMs);
  // UTC getters on a time moved by the zone's offset give local time.
  const date = isUtc ? local : new Date(timeMs - local.getTimezoneOffset() * 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    '[2006]': String(date.getUTCFullYear()).padStart(4, '0'),
    '[01]': two(date.getUTCMonth() + 1),
    '[02]': two(date.getUTCDate()),
    '[15]': two(date.getUTCHours()),
    '[04]': two(date.getUTCMinutes()),
    '[05]': two(date.getUTCSeconds()),
    '[999]': String(date.getUTCMilliseconds()).padStart(3, '0'),
  };
}
