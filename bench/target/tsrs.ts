// Ours, as users run it: node dist/main.js -c srs.conf. Two builds can be compared with each other.

import { join } from 'node:path';
import { srsConf } from './srs-conf.ts';
import { DEFAULT_APP, type LaunchedTarget } from './target.ts';

export interface TsrsOptions {
  readonly name: string;
  /** Path of the built main.js. */
  readonly main: string;
  readonly node: string;
  readonly nodeArgs: readonly string[];
}

export function tsrsTarget(options: TsrsOptions): LaunchedTarget {
  return {
    type: 'launched',
    app: DEFAULT_APP,
    name: options.name,
    isOurs: true,
    protocols: ['rtmp', 'flv', 'ws', 'hls'],
    plan: (setup) => {
      // In a folder of its own: the one of the configuration is watched, and logs change theirs all the time.
      const path = join(setup.dir, 'conf', 'srs.conf');
      return {
        command: options.node,
        args: [...options.nodeArgs, options.main, '-c', path],
        files: [{ path, text: srsConf(setup) }],
        isNode: true,
        ports: [setup.rtmpPort, setup.httpPort],
      };
    },
    flvPath: (stream) => `/live/${stream}.flv`,
    hlsPath: (stream) => `/live/${stream}.m3u8`,
  };
}
