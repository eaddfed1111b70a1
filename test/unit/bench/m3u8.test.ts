import { expect, test } from 'vitest';
import { parsePlaylist } from '../../../bench/wire/m3u8.ts';

test('a media playlist', () => {
  const text =
    '#EXTM3U\r\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-TARGETDURATION:3\n\n#EXTINF:2.000, no desc\na-7.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:1.5,\na-8.ts?x=1\n';
  expect(parsePlaylist(text)).toEqual({
    type: 'media',
    targetSec: 3,
    segments: [
      { sequence: 7, uri: 'a-7.ts', durationSec: 2 },
      { sequence: 8, uri: 'a-8.ts?x=1', durationSec: 1.5 },
    ],
  });
});

test('a master playlist names the first variant', () => {
  const text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n/live/a.m3u8?hls_ctx=x\n';
  expect(parsePlaylist(text)).toEqual({ type: 'master', uri: '/live/a.m3u8?hls_ctx=x' });
});

test('something else is refused', () => {
  expect(() => parsePlaylist('<html>')).toThrow('not a playlist');
});
