// From the settings of `hls { }`, in SRS's words and units, to the options that the output works with.

import type { HlsKeyOptions, HlsOptions } from '../../output/hls/hls-options.ts';
import type { RootSettings, VhostSettings } from '../directives/table.ts';

const MS_PER_SEC = 1000;

/** The options of one vhost, undefined where HLS is off. */
export function hlsOptions(vhost: VhostSettings, root: RootSettings): HlsOptions | undefined {
  const { hls } = vhost;
  if (!hls.enabled) return undefined;
  const isFmp4 = isFmp4Of(hls);
  const fragmentMs = fragmentMsOf(hls);
  return {
    isInMemory: hls.hls_memory,
    folder: hls.hls_path,
    playlistFile: hls.hls_m3u8_file,
    segmentFile: segmentFileOf(hls),
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
    followsMarks: followsMarks(vhost),
  };
}

/** Segments of an edge begin where its origin says. Those with a name or a length of the edge's own making do not. */
export function followsMarks({ hls, cluster }: VhostSettings): boolean {
  if (cluster.mode !== 'remote' || !hls.hls_on_demand || !hls.hls_memory) return false;
  return !hls.hls_ts_floor && hls.hls_vcodec !== 'vn';
}

/** Template of a segment. */
export function segmentFileOf(hls: VhostSettings['hls']): string {
  return isFmp4Of(hls) ? hls.hls_fmp4_file : hls.hls_ts_file;
}

/** What is to be encrypted must not go out in the clear: with keys it is TS. */
function isFmp4Of(hls: VhostSettings['hls']): boolean {
  return hls.hls_use_fmp4 && !hls.hls_keys;
}

/** Wanted length of a segment, ms; at least 1. */
export function fragmentMsOf({ hls_fragment: seconds }: VhostSettings['hls']): number {
  return Math.max(1, Math.round(seconds * MS_PER_SEC));
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
