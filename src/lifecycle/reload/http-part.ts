// What SRS says about http_api and http_server after a reload. Their ports are the listen part's, and their other
// settings are read at each request, so there is nothing left to do.

import type { Logger } from '../../log/logger.ts';
import { applyOnly, isChanged, type ReloadChange, type ReloadPart } from './reload-part.ts';

export function httpPart(log: Logger): ReloadPart {
  return applyOnly((change) => {
    for (const line of [...apiLines(change), ...serverLines(change)]) log.trace(line);
  });
}

function apiLines(change: ReloadChange): readonly string[] {
  const [was, is] = [change.before.http_api.enabled, change.after.http_api.enabled];
  if (!was && is) return ['reload off=>on http_api success.'];
  if (was && !is) return ['reload http_api on=>off success.'];
  if (!is || !isChanged(change, 'http_api')) return ['reload http_api success, nothing changed.'];
  return ['enabled', 'crossdomain', 'raw_api'].map((what) => `reload http api ${what} success.`);
}

function serverLines(change: ReloadChange): readonly string[] {
  const [was, is] = [change.before.http_server.enabled, change.after.http_server.enabled];
  if (!was && is) return ['reload http stream off=>on success.'];
  if (was && !is) return ['reload http stream on=>off success.'];
  if (!is || !isChanged(change, 'http_server')) return ['reload http stream success, nothing changed.'];
  return ['enabled', 'crossdomain'].map((what) => `reload http stream ${what} success.`);
}
