// How a part of the running server takes part in a reload: first all parts prepare, which may fail and changes
// nothing that anybody can see; then all of them apply, which cannot fail. So a reload happens as a whole or not.

import type { Config } from '../../config/config.ts';
import type { ConfigChange } from '../../config/diff.ts';

export interface ReloadChange {
  readonly before: Config;
  readonly after: Config;
  /** What differs, in the order of the directive table. */
  readonly changes: readonly ConfigChange[];
}

export interface ReloadPart {
  /** Does what may fail. Rejects with an Error, perhaps with an `srsCode`, to refuse the whole reload. */
  prepare(change: ReloadChange): Promise<Preparation>;
}

export interface Preparation {
  /** Takes over the new configuration and says so in the log. Must not throw. */
  apply(): void;
  /** Another part could not prepare: everything stays as it was. */
  abandon(): void | Promise<void>;
}

/** A part that has nothing to prepare. */
export function applyOnly(apply: (change: ReloadChange) => void): ReloadPart {
  return { prepare: async (change) => ({ apply: () => apply(change), abandon: () => {} }) };
}

/** Whether a directive outside vhosts, or anything in that block, differs: `listen`, `http_api`. */
export function isChanged(change: ReloadChange, name: string): boolean {
  return change.changes.some(({ vhost, path }) => vhost === undefined && isWithin(path, name));
}

/** `play.gop_cache` is within `play` and within itself. */
export function isWithin(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`);
}
