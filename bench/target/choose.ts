// The servers that the command line asks for, ours first.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Arguments, UsageError } from '../cli/arguments.ts';
import type { OptionName } from '../cli/option-table.ts';
import { executableTarget } from './executable.ts';
import { nginxRtmpTarget } from './nginx-rtmp.ts';
import { nmsTarget } from './nms.ts';
import { runningTarget } from './running.ts';
import type { Target } from './target.ts';
import { tsrsTarget } from './tsrs.ts';

const DEFAULT_ARGS = '-c {{conf}}';
const DEFAULT_FLV_PATH = '/{{app}}/{{stream}}.flv';
const DEFAULT_HLS_PATH = '/{{app}}/{{stream}}.m3u8';

export interface Folders {
  /** Root of the project. */
  readonly project: string;
  readonly cache: string;
}

export function chooseTargets(args: Arguments, folders: Folders): Target[] {
  const targets = [
    ...(args.has('no-ours') || args.text('url') !== undefined ? [] : [ours(args, folders)]),
    ...running(args),
    ...otherBuild(args),
    ...executables(args),
    ...args.list('peer').map((name) => namedPeer(name, folders)),
  ];
  if (targets.length === 0) throw new UsageError('--no-ours needs a --peer, --peer-exe or --peer-main');
  return targets;
}

function ours(args: Arguments, folders: Folders): Target {
  const chosen = args.text('main');
  const main = chosen === undefined ? build(folders.project) : existing('main', chosen);
  return tsrsTarget({ name: 'tsrs', main, ...nodeOptions(args) });
}

function otherBuild(args: Arguments): Target[] {
  const main = args.text('peer-main');
  return main === undefined
    ? []
    : [tsrsTarget({ name: 'other build', main: existing('peer-main', main), ...nodeOptions(args) })];
}

function running(args: Arguments): Target[] {
  const url = args.text('url');
  if (url === undefined) return [];
  const pid = args.text('pid') === undefined ? undefined : args.number('pid', 1, 2 ** 22);
  return [runningTarget({ url, pid, httpPort: args.number('http-port', 1, 65_535) })];
}

function nodeOptions(args: Arguments): { readonly node: string; readonly nodeArgs: readonly string[] } {
  const nodeArgs = (args.text('node-args') ?? '').split(' ').filter((arg) => arg !== '');
  return { node: args.text('node') ?? process.execPath, nodeArgs };
}

/** The nth --peer-conf, --peer-name, … belongs to the nth --peer-exe; '' or none means the default. */
function executables(args: Arguments): Target[] {
  return args.list('peer-exe').map((path, i) => {
    const nth = (name: OptionName): string | undefined => args.list(name)[i] || undefined;
    const conf = nth('peer-conf');
    return executableTarget({
      name: nth('peer-name'),
      path: existing('peer-exe', path),
      confTemplate: conf === undefined ? undefined : existing('peer-conf', conf),
      args: nth('peer-args') ?? DEFAULT_ARGS,
      flvPath: nth('peer-flv-path') ?? DEFAULT_FLV_PATH,
      hlsPath: nth('peer-hls-path') ?? DEFAULT_HLS_PATH,
    });
  });
}

function namedPeer(name: string, folders: Folders): Target {
  if (name === 'nginx-rtmp') return nginxRtmpTarget();
  if (name === 'nms') return nmsTarget(folders.cache);
  throw new UsageError(`--peer takes nginx-rtmp or nms, not "${name}"`);
}

function existing(option: string, path: string): string {
  const full = resolve(path);
  if (!existsSync(full)) throw new UsageError(`--${option}: ${path} does not exist`);
  return full;
}

function build(project: string): string {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: project, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`npm run build failed:\n${built.stdout}${built.stderr}`);
  return existing('main', join(project, 'dist/main.js'));
}
