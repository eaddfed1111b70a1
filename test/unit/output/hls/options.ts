// HLS settings as SRS 4 has them by default, for tests that change a few.

import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';

export function hlsOptions(changes: Partial<HlsOptions> = {}): HlsOptions {
  return {
    isInMemory: false,
    folder: './objs/nginx/html',
    playlistFile: '[app]/[stream].m3u8',
    segmentFile: '[app]/[stream]-[seq].ts',
    isFmp4: false,
    initFile: '[app]/[stream]/init.mp4',
    entryPrefix: '',
    fragmentMs: 10_000,
    minTargetMs: 15_000,
    aofRatio: 2,
    soundRatio: 2,
    windowMs: 60_000,
    waitsForKeyFrame: true,
    isFloor: false,
    isDtsDirect: true,
    dropsVideo: false,
    isCleanup: true,
    disposeMs: 0,
    onError: 'continue',
    keys: undefined,
    isUtc: true,
    isOnDemand: false,
    endsWithPublish: false,
    followsMarks: false,
    ...changes,
  };
}
