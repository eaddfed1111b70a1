// From the settings of `dvr { }`, in SRS's words and units, to the options that the output works with.

import type { DvrOptions } from '../../output/dvr/dvr-options.ts';
import type { RootSettings, VhostSettings } from '../directives/table.ts';

const MS_PER_SEC = 1000;

/** The options of one vhost, undefined where recording is off. An edge has none: its origin records. */
export function dvrOptions(vhost: VhostSettings, root: RootSettings): DvrOptions | undefined {
  const { dvr } = vhost;
  if (!dvr.enabled || vhost.cluster.mode === 'remote') return undefined;
  const isAll = dvr.dvr_apply.length === 0 || dvr.dvr_apply.includes('all');
  return {
    streams: isAll ? undefined : new Set(dvr.dvr_apply),
    plan: dvr.dvr_plan,
    path: dvr.dvr_path,
    durationMs: Math.max(1, dvr.dvr_duration * MS_PER_SEC),
    waitsForKeyFrame: dvr.dvr_wait_keyframe,
    jitter: dvr.time_jitter,
    isUtc: root.utc_time,
    repairMs: Math.max(0, dvr.dvr_repair * MS_PER_SEC),
  };
}
