// From the settings of `dash { }`, in SRS's words and units, to the options that the output works with.

import type { DashOptions } from '../../output/dash/dash-options.ts';
import type { VhostSettings } from '../directives/table.ts';

const MS_PER_SEC = 1000;

/** The options of one vhost, undefined where DASH is off. An edge has none: its origin writes the files. */
export function dashOptions(vhost: VhostSettings): DashOptions | undefined {
  const { dash } = vhost;
  if (!dash.enabled || vhost.cluster.mode === 'remote') return undefined;
  return {
    folder: dash.dash_path,
    manifestFile: dash.dash_mpd_file,
    fragmentMs: Math.max(1, Math.round(dash.dash_fragment * MS_PER_SEC)),
    updatePeriodMs: Math.max(1, Math.round(dash.dash_update_period * MS_PER_SEC)),
    timeShiftMs: Math.round(dash.dash_timeshift * MS_PER_SEC),
    windowSize: Math.max(1, dash.dash_window_size),
    isCleanup: dash.dash_cleanup,
    disposeMs: Math.max(0, dash.dash_dispose * MS_PER_SEC),
  };
}
