import { describe, expect, test } from 'vitest';
import type { Environment } from '../../../../src/config/environment.ts';
import { hlsOptions } from '../../../../src/config/options/hls-options.ts';
import { vhostOptions } from '../../../../src/config/options/vhost-options.ts';
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
      isUtc: false,
      isOnDemand: false,
      endsWithPublish: false,
      followsMarks: false,
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
    ['hls_on_demand on;', { isOnDemand: true, isInMemory: false, aofRatio: 2, soundRatio: 1 }],
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

describe('an edge without hls { }', () => {
  const edge = 'cluster { mode remote; origin 127.0.0.1; }';
  const vhost = (text: string, env: Environment = {}) => {
    const config = configOf(withListen(`vhost a { ${text} }`), { env });
    return hlsOptions(config.vhosts[0]!, config.root);
  };

  test('serves what is asked for from memory, in short segments', () => {
    expect(vhost(edge)).toMatchObject({
      isInMemory: true,
      isOnDemand: true,
      fragmentMs: 1500,
      minTargetMs: 2250,
      aofRatio: 8,
      soundRatio: 1,
      windowMs: 30_000,
      endsWithPublish: true,
    });
    expect(vhost(`${edge} http_remux { enabled on; }`)).toMatchObject({ isOnDemand: true });
  });

  test.each([
    ['off is off', `${edge} hls { enabled off; }`, {}],
    ['an empty block is written', `${edge} hls { }`, {}],
    ['a variable says off', edge, { SRS_VHOST_HLS_ENABLED: 'off' }],
    ['a variable is as good as a block', edge, { SRS_VHOST_HLS_HLS_FRAGMENT: '4' }],
    [
      'live .ts streams have the names of segments',
      `${edge} http_remux { enabled on; mount /[app]/[stream].ts; }`,
      {},
    ],
    ['no edge', 'cluster { mode local; }', {}],
  ])('not so: %s', (_, text, env) => {
    expect(vhost(text, env)).toBeUndefined();
  });

  test('what is written has the defaults of SRS', () => {
    expect(vhost(`${edge} hls { enabled on; }`)).toMatchObject({
      isInMemory: false,
      isOnDemand: false,
      fragmentMs: 10_000,
      windowMs: 60_000,
    });
    expect(vhost(edge, { SRS_VHOST_HLS_ENABLED: 'on' })).toMatchObject({ isInMemory: false });
  });
});

describe('segments that begin where the origin says', () => {
  const edge = 'cluster { mode remote; origin 127.0.0.1; }';
  const demand = 'enabled on; hls_memory on; hls_on_demand on;';
  const own = (hls: string) => `${edge} hls { ${demand} ${hls} }`;

  test.each([
    ['an edge without hls { }', edge, true],
    ['an edge that cuts on demand in memory', own('hls_fragment 4;'), true],
    ['numbers of the clock', own('hls_ts_floor on;'), false],
    ['sound alone', own('hls_vcodec vn;'), false],
    ['on disk', `${edge} hls { enabled on; hls_on_demand on; }`, false],
    ['all the time', `${edge} hls { enabled on; hls_memory on; }`, false],
    ['an origin', `hls { ${demand} }`, false],
  ])('%s', (_, text, expected) => {
    const config = configOf(withListen(`vhost a { ${text} }`));
    expect(hlsOptions(config.vhosts[0]!, config.root)?.followsMarks).toBe(expected);
  });

  test('are waited for, unless live streams have such names', () => {
    const segmentFileOf = (text: string) =>
      vhostOptions(configOf(withListen(`vhost a { ${text} }`)).vhosts[0]!).hls?.segmentFile;
    expect(segmentFileOf(edge)).toBe('[app]/[stream]-[seq].ts');
    expect(segmentFileOf(own('hls_use_fmp4 on;'))).toBe('[app]/[stream]-[seq].m4s');
    const mount = 'http_remux { enabled on; mount [vhost]/[app]/[stream].ts; }';
    expect(segmentFileOf(`${mount} ${own('')}`)).toBeUndefined();
    expect(segmentFileOf(`${edge} hls { enabled on; }`)).toBeUndefined();
  });
});
