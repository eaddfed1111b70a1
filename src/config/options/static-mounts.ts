// From http_server.dir and the vhosts' http_static to the folders that the HTTP server serves.

import { resolve } from 'node:path';
import type { StaticMount } from '../../connection/http/static-mount.ts';
import { type Config, DEFAULT_VHOST } from '../config.ts';
import type { VhostSettings } from '../directives/table.ts';

/** In no particular order; of two mounts at one place the later vhost's wins, and any vhost's wins over the root. */
export function staticMounts(config: Config): readonly StaticMount[] {
  const mounts = new Map<string, StaticMount>();
  const add = (mount: StaticMount) => mounts.set(`${mount.vhost ?? ''}${mount.prefix}`, mount);
  add({ vhost: undefined, prefix: '/', dir: resolve(config.http_server.dir) });
  for (const vhost of config.vhosts) {
    if (vhost.enabled && vhost.http_static.enabled) add(vhostMount(vhost));
  }
  return [...mounts.values()];
}

/** `[vhost]/hls` of the default vhost is /hls/ for everybody; of another one it is for that vhost's requests. */
function vhostMount({ name, http_static: settings }: VhostSettings): StaticMount {
  const text = settings.mount.replaceAll('[vhost]', name);
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const path = slash < 0 ? '/' : text.slice(slash);
  return {
    vhost: host === '' || host === DEFAULT_VHOST ? undefined : host,
    prefix: path.endsWith('/') ? path : `${path}/`,
    dir: resolve(settings.dir.replaceAll('[vhost]', name)),
  };
}
