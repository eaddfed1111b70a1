import { describe, expect, test } from 'vitest';
import { type HlsNames, hlsNames } from '../../../../src/output/hls/hls-names.ts';
import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';
import { hlsOptions } from './options.ts';

const id = { vhost: '__defaultVhost__', app: 'live', stream: 'livestream' };

function namesOf(changes: Partial<HlsOptions> = {}, stream: Partial<typeof id> = {}): HlsNames {
  const result = hlsNames(hlsOptions(changes), { ...id, ...stream });
  if (result.type === 'refused') throw new Error(result.reason);
  return result.names;
}

/** 2026-11-22 15:40:07.273 UTC */
const openedAtMs = Date.UTC(2026, 10, 22, 15, 40, 7, 273);
const moment = { openedAtMs, floor: undefined };

describe('names', () => {
  test('by default', () => {
    const names = namesOf();
    expect(names.playlistPath).toBe('./objs/nginx/html/live/livestream.m3u8');
    expect(names.playlistUrlPath).toBe('live/livestream.m3u8');
    expect(names.segment(7, moment)).toEqual({
      path: './objs/nginx/html/live/livestream-7.ts',
      urlPath: 'live/livestream-7.ts',
      uri: 'livestream-7.ts',
    });
  });

  test('all variables, as in the example of the sheet', () => {
    const segmentFile = '[app]/[2006][01][02]/[stream]-[15][04][05][999]-[timestamp]-[seq]-[duration].ts';
    const names = namesOf({ segmentFile });
    const name = `20261122/livestream-154007273-${openedAtMs}-0-`;
    expect(names.segment(0, moment, 4000).uri).toBe(`${name}4000.ts`);
    expect(names.segment(0, moment).path).toBe(`./objs/nginx/html/live/${name}[duration].ts`);
  });

  test('local time unless the server keeps UTC', () => {
    const date = new Date(openedAtMs);
    const hour = String(date.getHours()).padStart(2, '0');
    const day = String(date.getDate()).padStart(2, '0');
    const names = namesOf({ segmentFile: '[02]-[15].ts', isUtc: false });
    expect(names.segment(0, moment).urlPath).toBe(`${day}-${hour}.ts`);
  });

  test('the counter of hls_ts_floor instead of the time', () => {
    const names = namesOf({ segmentFile: '[stream]-[timestamp].ts' });
    expect(names.segment(0, { openedAtMs, floor: 883_002 }).uri).toBe('../livestream-883002.ts');
  });

  test('what a name brings in is no variable', () => {
    const names = namesOf({}, { app: '[stream]', stream: '[seq][duration]' });
    expect(names.segment(3, moment, 1000).urlPath).toBe('[stream]/[seq][duration]-3.ts');
  });

  test('unknown variables stay', () => {
    expect(namesOf({ segmentFile: '[stream]-[foo].ts' }).segment(0, moment).urlPath).toBe(
      'livestream-[foo].ts',
    );
  });

  test.each([
    {
      says: 'a host',
      entryPrefix: 'http://cdn.example.com',
      uri: 'http://cdn.example.com/live/livestream-1.ts',
    },
    {
      says: 'a folder',
      entryPrefix: 'http://cdn.example.com/x/',
      uri: 'http://cdn.example.com/x/livestream-1.ts',
    },
  ])('with $says before the segments', ({ entryPrefix, uri }) => {
    const names = namesOf({ entryPrefix });
    expect(names.segment(1, moment).uri).toBe(uri);
    expect(names.pathOfUri(uri)).toBe('./objs/nginx/html/live/livestream-1.ts');
  });

  test('a playlist at the root has no folder in its prefix', () => {
    const names = namesOf({
      playlistFile: '[stream].m3u8',
      segmentFile: '[stream]-[seq].ts',
      entryPrefix: 'http://cdn',
    });
    expect(names.segment(1, moment).uri).toBe('http://cdn/livestream-1.ts');
  });

  test('segments in a folder of their own, beside and below the playlist', () => {
    expect(
      namesOf({ playlistFile: 'm3u8/[stream].m3u8', segmentFile: 'ts/[seq].ts' }).segment(1, moment).uri,
    ).toBe('../ts/1.ts');
    expect(namesOf({ segmentFile: '[app]/[stream]/[seq].ts' }).segment(1, moment).uri).toBe(
      'livestream/1.ts',
    );
  });
});

describe('keys', () => {
  const keys = { fragmentsPerKey: 5, file: '[app]/[stream]-[seq].key', folder: '/srv/keys', url: '' };

  test.each([
    ['', 'livestream-10.key'],
    ['https://keys.example.com/', 'https://keys.example.com/live/livestream-10.key'],
  ])('URL %j', (url, uri) => {
    const name = namesOf({ keys: { ...keys, url } }).key(10);
    expect(name).toEqual({
      path: '/srv/keys/live/livestream-10.key',
      urlPath: 'live/livestream-10.key',
      uri,
    });
  });
});

describe('paths of segments that a playlist lists', () => {
  test.each([
    ['livestream-3.ts', './objs/nginx/html/live/livestream-3.ts'],
    ['20261122/a.ts', './objs/nginx/html/live/20261122/a.ts'],
    ['../b.ts', './objs/nginx/html/b.ts'],
    ['../../etc/passwd', undefined],
    ['/etc/passwd', undefined],
    ['http://elsewhere/a.ts', undefined],
  ])('%s', (uri, path) => {
    expect(namesOf().pathOfUri(uri)).toBe(path);
  });
});

describe('refused', () => {
  test.each([
    { stream: '..' },
    { stream: '../../etc/cron.d/x' },
    { stream: 'a/../../b' },
    { stream: '..%2f..%2fetc' },
    { stream: '%2e%2e/x' },
    { stream: '..\\x' },
    { stream: 'a/./b' },
    { stream: 'a//b' },
    { stream: '' },
    { stream: 'a\0b' },
    { stream: 'a\nb' },
    { app: '..' },
    { app: 'live/..' },
    { vhost: '../x' },
  ])('%j', (stream) => {
    expect(hlsNames(hlsOptions(), { ...id, ...stream }).type).toBe('refused');
  });

  test.each([{ segmentFile: '../[stream]-[seq].ts' }, { playlistFile: 'a/../../[stream].m3u8' }])(
    'a template that leaves the folder: %j',
    (changes) => {
      expect(hlsNames(hlsOptions(changes), id).type).toBe('refused');
    },
  );

  test.each([
    { stream: 'a..b' },
    { stream: '...' },
    { app: 'live/show' },
    { stream: 'äß 流' },
    { stream: '.hidden' },
  ])('but not %j', (stream) => {
    expect(hlsNames(hlsOptions(), { ...id, ...stream }).type).toBe('names');
  });
});
