// The srs.conf that ours and the original are run with: the defaults, on loopback, with room for the load.

import { join } from 'node:path';
import type { Setup } from './target.ts';

const SPARE_CONNECTIONS = 100;

export function srsConf(setup: Setup): string {
  const { host, dir } = setup;
  return `listen ${host}:${setup.rtmpPort};
max_connections ${setup.connections + SPARE_CONNECTIONS};
daemon off;
srs_log_tank console;
pid ${join(dir, 'srs.pid')};
ff_log_dir ${dir};
query_latest_version off;
http_api { enabled on; listen ${host}:${setup.apiPort}; }
http_server { enabled on; listen ${host}:${setup.httpPort}; dir ${join(dir, 'html')}; }
vhost __defaultVhost__ {
    http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
${[...latencyLines(setup), ...readingLines(setup), ...hlsLines(setup)].map((line) => `    ${line}\n`).join('')}}
`;
}

function latencyLines(setup: Setup): string[] {
  return setup.minLatency ? ['tcp_nodelay on;', 'min_latency on;', 'play { mw_latency 0; }'] : [];
}

function readingLines(setup: Setup): string[] {
  return setup.mergedRead ? ['publish { mr on; mr_latency 350; }'] : [];
}

function hlsLines(setup: Setup): string[] {
  return setup.hls
    ? [`hls { enabled on; hls_path ${join(setup.dir, 'html')}; hls_fragment 2; hls_window 10; }`]
    : [];
}
