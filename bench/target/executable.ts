// Any server by the path of its program. Without a configuration of its own it is taken for one that reads
// srs.conf, as the original does.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { srsConf } from './srs-conf.ts';
import { DEFAULT_APP, type LaunchedTarget, type Setup } from './target.ts';

export interface ExecutableOptions {
  readonly name: string | undefined;
  readonly path: string;
  /** A template: `{{rtmp}}`, `{{http}}`, `{{api}}`, `{{dir}}`, `{{connections}}`, `{{hls}}` are filled in. */
  readonly confTemplate: string | undefined;
  /** Arguments, with `{{conf}}` for the file and the same names as in the template. */
  readonly args: string;
  /** Path of an HTTP-FLV stream, with `{{app}}` and `{{stream}}`. */
  readonly flvPath: string;
  readonly hlsPath: string;
}

export function executableTarget(options: ExecutableOptions): LaunchedTarget {
  const template = options.confTemplate;
  const streamPath = (path: string, stream: string): string => fill(path, { app: DEFAULT_APP, stream });
  return {
    type: 'launched',
    app: DEFAULT_APP,
    name: options.name ?? basename(options.path),
    isOurs: false,
    protocols: ['rtmp', 'flv', 'ws', 'hls'],
    plan: (setup) => {
      const conf = join(setup.dir, 'peer.conf');
      const names = placeholders(setup, conf);
      const text = template === undefined ? srsConf(setup) : fill(readFileSync(template, 'utf8'), names);
      return {
        command: options.path,
        args: options.args.split(' ').map((arg) => fill(arg, names)),
        files: [{ path: conf, text }],
        isNode: false,
        ports: [setup.rtmpPort],
      };
    },
    flvPath: (stream) => streamPath(options.flvPath, stream),
    hlsPath: (stream) => streamPath(options.hlsPath, stream),
  };
}

function placeholders(setup: Setup, conf: string): Record<string, string> {
  return {
    conf,
    host: setup.host,
    rtmp: String(setup.rtmpPort),
    http: String(setup.httpPort),
    api: String(setup.apiPort),
    dir: setup.dir,
    connections: String(setup.connections + 100),
    hls: setup.hls ? '1' : '0',
  };
}

/** Replaces `{{name}}`; a name that nobody knows is an error, since the server would run with it. */
export function fill(template: string, names: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`unknown placeholder ${whole}`);
    return value;
  });
}
