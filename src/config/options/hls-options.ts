// From the settings of `hls { }`, in SRS's words and units, to the options that the output works with.

import type { HlsKeyOptions, HlsOptions } from '../../output/hls/hls-options.ts';
import type { RootSettings, VhostSettings } from '../directives/table.ts';

const MS_PER_SEC = 1000;

/** The options of one vhost, undefined where HLS is off. */
export function hlsOptions(vhost: VhostSettings, root: RootSettings): HlsOptions | undefined {
  const { hls } = vhost;
  if (!hls.enabled) return undefined;
  // What is to be encrypted must not go out in the clear: with keys it is TS.
  const isFmp4 = hls.hls_use_fmp4 && !hls.hls_keys;
  const fragmentMs = Math.max(1, Math.round(hls.hls_fragment * MS_PER_SEC));
  return {
    isInMemory: hls.hls_memory,
    folder: hls.hls_path,
    playlistFile: hls.hls_m3u8_file,
    segmentFile: isFmp4 ? hls.hls_fmp4_file : hls.hls_ts_file,
    isFmp4,
    initFile: hls.hls_init_file,
    entryPrefix: hls.hls_entry_prefix,
    fragmentMs,
    minTargetMs: Math.floor(fragmentMs * hls.hls_td_ratio),
    aofRatio: hls.hls_aof_ratio,
    soundRatio: hls.hls_on_demand ? 1 : hls.hls_aof_ratio,
    windowMs: Math.round(hls.hls_window * MS_PER_SEC),
    waitsForKeyFrame: hls.hls_wait_keyframe,
    isFloor: hls.hls_ts_floor,
    isDtsDirect: hls.hls_dts_directly,
    dropsVideo: hls.hls_vcodec === 'vn',
    isCleanup: hls.hls_cleanup,
    disposeMs: Math.max(0, hls.hls_dispose * MS_PER_SEC),
    onError: hls.hls_on_error,
    keys: hls.hls_keys ? keyOptions(hls) : undefined,
    isUtc: root.utc_time,
    isOnDemand: hls.hls_on_demand,
    endsWithPublish: vhost.cluster.mode === 'remote',
  };
}

function keyOptions(hls: VhostSettings['hls']): HlsKeyOptions {
  return {
    fragmentsPerKey: Math.max(1, hls.hls_fragments_per_key),
    file: hls.hls_key_file,
    folder: hls.hls_key_file_path,
    // SRS's default, a folder of the disk, is no URL: players then find the key beside the playlist.
    url: hls.hls_key_url === hls.hls_path ? '' : hls.hls_key_url,
  };
}
