// Node-Media-Server from npm, installed on first use into the bench's cache folder (or NMS_DIR).

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_APP, type LaunchedTarget, type Setup } from './target.ts';

const PACKAGE = 'node-media-server@4.4.3';

export function nmsTarget(cacheDir: string): LaunchedTarget {
  return {
    type: 'launched',
    app: DEFAULT_APP,
    name: 'nms',
    isOurs: false,
    protocols: ['rtmp', 'flv', 'ws'],
    plan: (setup) => {
      const path = join(setup.dir, 'nms.json');
      return {
        command: process.execPath,
        args: [installNms(cacheDir), '--config', path, '--no-admin'],
        files: [{ path, text: JSON.stringify(nmsConf(setup)) }],
        isNode: true,
        ports: [setup.rtmpPort, setup.httpPort],
      };
    },
    flvPath: (stream) => `/live/${stream}.flv`,
    hlsPath: (stream) => `/live/${stream}/index.m3u8`,
  };
}

/** Path of its program. */
function installNms(cacheDir: string): string {
  const home = process.env.NMS_DIR ?? join(cacheDir, 'nms');
  const program = join(home, 'node_modules/node-media-server/bin/app.js');
  if (existsSync(program)) return program;
  mkdirSync(home, { recursive: true });
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', home, PACKAGE];
  const installed = spawnSync('npm', args, { encoding: 'utf8' });
  if (!existsSync(program)) {
    throw new Error(`npm could not install ${PACKAGE}: ${installed.stderr.trim().split('\n').at(-1)}`);
  }
  return program;
}

function nmsConf(setup: Setup): object {
  return {
    bind: setup.host,
    notify: { url: '' },
    store: { path: join(setup.dir, 'data'), maxHistory: 100 },
    auth: { play: false, publish: false, secret: 'unused', jwt: { secret: 'unused', users: [] } },
    rtmp: { port: setup.rtmpPort },
    http: { port: setup.httpPort },
    webadmin: { enable: false },
    record: { auto: false, path: join(setup.dir, 'record') },
  };
}
