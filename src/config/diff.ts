// What changed between two configurations, row by row of the table, with what a reload does about it.

import type { Config } from './config.ts';
import type { ReloadClass, Rows } from './directives/row.ts';
import { table } from './directives/table.ts';

export interface ConfigChange {
  /** Undefined outside vhosts. */
  readonly vhost: string | undefined;
  /** `play.gop_cache`, `http_api.listen`, `max_connections`; '' when the whole vhost came or went. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: unknown;
  readonly after: unknown;
  readonly reload: ReloadClass;
}

/** In the order of the table; vhosts in the order of the new file, then those that are gone. */
export function diffConfigs(before: Config, after: Config): readonly ConfigChange[] {
  const { vhost: _, ...rows } = table;
  const flat = (config: Config) => ({ ...config.root, ...config }) as unknown as Settings;
  return [...diffRows(rows, flat(before), flat(after), '', undefined), ...diffVhosts(before, after)];
}

type Settings = Readonly<Record<string, unknown>>;

function diffVhosts(before: Config, after: Config): readonly ConfigChange[] {
  const old = new Map(before.vhosts.map((vhost) => [vhost.name, vhost]));
  const names = new Set(after.vhosts.map((vhost) => vhost.name));
  const kept = after.vhosts.flatMap((vhost): readonly ConfigChange[] => {
    const was = old.get(vhost.name);
    if (was === undefined) return [whole('added', vhost.name, undefined, vhost)];
    return diffRows(
      table.vhost.rows,
      was as unknown as Settings,
      vhost as unknown as Settings,
      '',
      vhost.name,
    );
  });
  const gone = before.vhosts.filter((vhost) => !names.has(vhost.name));
  return [...kept, ...gone.map((vhost) => whole('removed', vhost.name, vhost, undefined))];
}

function whole(kind: 'added' | 'removed', vhost: string, before: unknown, after: unknown): ConfigChange {
  return { vhost, path: '', kind, before, after, reload: 'applied' };
}

function diffRows(
  rows: Rows,
  before: Settings,
  after: Settings,
  prefix: string,
  vhost: string | undefined,
): ConfigChange[] {
  const changes: ConfigChange[] = [];
  for (const [name, entry] of Object.entries(rows)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const [was, is] = [before[name], after[name]];
    if (entry.kind === 'block' && !entry.many) {
      changes.push(...diffRows(entry.rows, was as Settings, is as Settings, path, vhost));
      if (entry.argument === '') continue;
    }
    const isSame =
      entry.kind === 'block' && !entry.many ? sameArgument(entry.argument, was, is) : sameValue(was, is);
    if (!isSame) changes.push({ vhost, path, kind: 'changed', before: was, after: is, reload: entry.reload });
  }
  return changes;
}

function sameArgument(argument: string, was: unknown, is: unknown): boolean {
  return (was as Settings)[argument] === (is as Settings)[argument];
}

/** Settings are plain values, lists and objects in the order of the table. */
function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
