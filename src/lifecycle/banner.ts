// The lines that SRS writes when it starts, as far as they say something here. Users' tools match some of them.

import { release, type } from 'node:os';
import type { Config } from '../config/config.ts';
import { logOptions } from '../config/options/log-options.ts';
import type { ServerIdentity } from '../media/metadata.ts';

/** What runs where, as soon as there is a log. */
export function aboutLines(config: Config, { name, version }: ServerIdentity): readonly string[] {
  const { root, file } = config;
  return [
    `${name}/${version}, MIT`,
    `cwd=${process.cwd()}, work_dir=${root.work_dir}, node: ${process.version}, uname: ${type()} ${release()}`,
    'srs checking config...',
    `${name} on ${process.platform} ${process.arch}, conf:${file}, limit:${root.max_connections}`,
  ];
}

/** Where the lines of the log are found: written before they go there, and again at each reload. */
export function logPlaceLines({ root }: Config): readonly string[] {
  const { filePath, hasConsole } = logOptions(root);
  const file =
    filePath === undefined
      ? []
      : [`you can check log by: tail -n 30 -f ${filePath}`, 'please check SRS by: ./etc/init.d/srs status'];
  return hasConsole ? [...file, 'write log to console'] : file;
}

/** What HTTP serves. */
export function mountLines({ vhosts, http_server: http }: Config): readonly string[] {
  const live = vhosts
    .filter(({ enabled, http_remux: remux }) => enabled && remux.enabled)
    .map(({ name, http_remux: remux }) => `http flv live stream, vhost=${name}, mount=${remux.mount}`);
  return http.enabled ? [...live, `http: root mount to ${http.dir}`] : live;
}
