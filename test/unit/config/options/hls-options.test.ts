import { describe, expect, test } from 'vitest';
import { hlsOptions } from '../../../../src/config/options/hls-options.ts';
import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';
import { configOf, withListen } from '../load-text.ts';

function optionsOf(hls: string, more = ''): HlsOptions | undefined {
  const config = configOf(withListen(`vhost a { ${more} hls { ${hls} } }`));
  return hlsOptions(config.vhosts[0]!, config.root);
}

describe('hls { }', () => {
  test('is off by default', () => {
    expect(optionsOf('')).toBeUndefined();
  });

  test('of an edge ends with the publish: what lies there later is not live', () => {
    const edge = 'cluster { mode remote; origin 127.0.0.1; }';
    expect(optionsOf('enabled on;', edge)?.endsWithPublish).toBe(true);
  });

  test('has the defaults of SRS 4', () => {
    expect(optionsOf('enabled on;')).toEqual({
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
      windowMs: 60_000,
      waitsForKeyFrame: true,
      isFloor: false,
      isDtsDirect: true,
      dropsVideo: false,
      isCleanup: true,
      disposeMs: 0,
      onError: 'continue',
      keys: undefined,
      isUtc: false,
      endsWithPublish: false,
    });
  });

  test.each<[string, Partial<HlsOptions>]>([
    ['hls_fragment 2.5;', { fragmentMs: 2500, minTargetMs: 3750 }],
    ['hls_fragment 0;', { fragmentMs: 1 }],
    ['hls_dispose 30;', { disposeMs: 30_000 }],
    ['hls_dispose -1;', { disposeMs: 0 }],
    ['hls_vcodec vn;', { dropsVideo: true }],
    ['hls_use_fmp4 on;', { isFmp4: true, segmentFile: '[app]/[stream]-[seq].m4s' }],
    ['hls_use_fmp4 on; hls_keys on;', { isFmp4: false, segmentFile: '[app]/[stream]-[seq].ts' }],
    ['hls_memory on;', { isInMemory: true }],
  ])('%s', (hls, expected) => {
    expect(optionsOf(`enabled on; ${hls}`)).toMatchObject(expected);
  });

  test('keys lie beside the segments and are named relative to the playlist, unless told otherwise', () => {
    const plain = { fragmentsPerKey: 5, file: '[app]/[stream]-[seq].key', folder: '/srv', url: '' };
    expect(optionsOf('enabled on; hls_path /srv; hls_keys on;')?.keys).toEqual(plain);
    expect(
      optionsOf('enabled on; hls_path /srv; hls_keys on; hls_key_file_path /k; hls_key_url https://k/;')
        ?.keys,
    ).toEqual({ ...plain, folder: '/k', url: 'https://k/' });
  });
});
