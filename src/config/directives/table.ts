// The whole of srs.conf as one table; the order is the order of full.conf.

import { streamCaster } from './caster.ts';
import { exporter, httpApi, httpServer } from './http.ts';
import { circuitBreaker, rootRows, threads } from './root.ts';
import type { SettingOf, SettingsOf } from './row.ts';
import { rtcServer } from './rtc.ts';
import { srtServer } from './srt.ts';
import { heartbeat, stats, tencentcloudApm, tencentcloudCls } from './statistics.ts';
import { vhost } from './vhost.ts';

/** Blocks of the root. */
export const rootBlocks = {
  http_api: httpApi,
  http_server: httpServer,
  exporter,
  heartbeat,
  stats,
  stream_caster: streamCaster,
  srt_server: srtServer,
  rtc_server: rtcServer,
  circuit_breaker: circuitBreaker,
  threads,
  tencentcloud_cls: tencentcloudCls,
  tencentcloud_apm: tencentcloudApm,
  vhost,
};

/** Everything that may stand at the top of a file. */
export const table = { ...rootRows, ...rootBlocks };

/** The values of the root's own directives. */
export type RootSettings = SettingsOf<typeof rootRows>;

/** The values of one vhost: `name`, its own directives, and one object per block. */
export type VhostSettings = SettingsOf<typeof vhost.rows, 'name'>;

/** The values of all root blocks by their names, except vhosts. */
export type BlockSettings = {
  readonly [K in Exclude<keyof typeof rootBlocks, 'vhost'>]: SettingOf<(typeof rootBlocks)[K]>;
};
