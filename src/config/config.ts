// The configuration as the rest of the server sees it: typed settings by the names of srs.conf.

import { rootRows } from './directives/root.ts';
import type { BlockSettings, RootSettings, VhostSettings } from './directives/table.ts';
import { rootBlocks } from './directives/table.ts';
import type { Environment } from './environment.ts';
import { readRootBlock, readRootRows } from './settings.ts';
import type { Directive } from './syntax/tree.ts';

/** SRS's name for the vhost of everybody who names no other. */
export const DEFAULT_VHOST = '__defaultVhost__';

export interface Config extends BlockSettings {
  /** The file in use, as named; '' when the configuration comes from the environment only. */
  readonly file: string;
  /** The directives as written, old forms rewritten. */
  readonly tree: Directive;
  /** Directives that stand in no block. */
  readonly root: RootSettings;
  /** In the order of the file, disabled ones too; of several with one name only the first. */
  readonly vhosts: readonly VhostSettings[];
  /** The vhost of that exact name, else `__defaultVhost__`, else undefined (spec config 1.4). May be disabled. */
  findVhost(name: string): VhostSettings | undefined;
}

/** Reads the settings of a checked tree. `tree` has its old forms rewritten; `env` beats it. */
export function createConfig(file: string, tree: Directive, env: Environment): Config {
  const root = readRootRows(rootRows, tree, env);
  const read = <K extends keyof typeof rootBlocks>(name: K) =>
    readRootBlock(rootBlocks[name], name, tree, env, root);
  const byName = new Map<string, VhostSettings>();
  for (const vhost of read('vhost')) if (!byName.has(vhost.name)) byName.set(vhost.name, vhost);
  return {
    file,
    tree,
    root,
    vhosts: [...byName.values()],
    findVhost: (name) => byName.get(name) ?? byName.get(DEFAULT_VHOST),
    http_api: read('http_api'),
    http_server: read('http_server'),
    exporter: read('exporter'),
    heartbeat: read('heartbeat'),
    stats: read('stats'),
    stream_caster: read('stream_caster'),
    srt_server: read('srt_server'),
    rtc_server: read('rtc_server'),
    circuit_breaker: read('circuit_breaker'),
    threads: read('threads'),
    tencentcloud_cls: read('tencentcloud_cls'),
    tencentcloud_apm: read('tencentcloud_apm'),
  };
}
