// Virtual hosts that came, went or changed. What a changed directive does to running streams and open connections
// is a list of sections; features add theirs.

import type { VhostSettings } from '../../config/directives/table.ts';
import { vhostOptions } from '../../config/options/vhost-options.ts';
import type { VhostOptions } from '../../connection/vhost.ts';
import type { Logger } from '../../log/logger.ts';
import type { VhostTable } from '../vhost-table.ts';
import { applyOnly, isWithin, type ReloadChange, type ReloadPart } from './reload-part.ts';

export interface VhostChange {
  readonly name: string;
  readonly before: VhostSettings;
  readonly after: VhostSettings;
  readonly options: VhostOptions;
  readonly log: Logger;
}

/** One directive or block of a vhost. */
export interface VhostSection {
  readonly name: string;
  /** Takes over what changed; SRS's line `vhost V reload NAME success.` follows. */
  readonly apply: (change: VhostChange) => void;
}

/** @param sections in the order in which they apply */
export function vhostPart(table: VhostTable, sections: readonly VhostSection[], log: Logger): ReloadPart {
  return applyOnly((change) => {
    table.replace(change.after);
    const before = new Map(change.before.vhosts.map((vhost) => [vhost.name, vhost]));
    for (const vhost of change.after.vhosts)
      reloadVhost(change, before.get(vhost.name), vhost, sections, log);
    const names = new Set(change.after.vhosts.map((vhost) => vhost.name));
    for (const vhost of change.before.vhosts) if (!names.has(vhost.name)) sayRemoved(vhost, log);
  });
}

function reloadVhost(
  change: ReloadChange,
  before: VhostSettings | undefined,
  after: VhostSettings,
  sections: readonly VhostSection[],
  log: Logger,
): void {
  if (before?.enabled !== true) sayAdded(after, log);
  else if (!after.enabled) sayRemoved(before, log);
  else reloadDetail(change, before, after, sections, log);
}

/** Usable at once: connections ask the table. */
function sayAdded({ name, enabled, http_remux: remux }: VhostSettings, log: Logger): void {
  if (!enabled) {
    log.trace(`ignore reload vhost, enabled old: 0, new: 0, vhost=${name}`);
    return;
  }
  log.trace(`vhost ${name} added, reload it.`);
  if (remux.enabled) log.trace(`http flv live stream, vhost=${name}, mount=${remux.mount}`);
  log.trace(`reload new vhost ${name} success.`);
}

/** Nobody is closed: publishers and viewers go on, nobody new comes in. */
function sayRemoved({ name }: VhostSettings, log: Logger): void {
  log.trace(`vhost ${name} removed, reload it.`);
  log.trace(`reload removed vhost ${name} success.`);
}

function reloadDetail(
  change: ReloadChange,
  before: VhostSettings,
  after: VhostSettings,
  sections: readonly VhostSection[],
  log: Logger,
): void {
  const { name } = after;
  log.trace(`vhost ${name} maybe modified, reload its detail.`);
  const paths = change.changes.filter(({ vhost }) => vhost === name).map(({ path }) => path);
  const detail = { name, before, after, options: vhostOptions(after), log };
  for (const section of sections) {
    if (!paths.some((path) => isWithin(path, section.name))) continue;
    section.apply(detail);
    log.trace(
      section.name === 'dash'
        ? `Reload vhost ${name} dash ok.`
        : `vhost ${name} reload ${section.name} success.`,
    );
  }
  log.trace(`ingest nothing changed for vhost=${name}`);
}
