import { describe, expect, test } from 'vitest';
import {
  encodeMediaPlaylist,
  type PlaylistSegment,
  parseMediaPlaylist,
} from '../../../../src/container/m3u8/media-playlist.ts';

function segment(sequence: number, durationMs: number, more: Partial<PlaylistSegment> = {}): PlaylistSegment {
  const uri = `livestream-${sequence}.ts`;
  return { sequence, durationMs, uri, isDiscontinuity: false, key: undefined, map: undefined, ...more };
}

const keyA = { uri: 'http://k.example.com/live/livestream-0.key', ivHex: '2987882C6AA65E2D57FD8E04B0B8C13F' };
const keyB = { uri: 'livestream-2.key', ivHex: '00112233445566778899AABBCCDDEEFF' };

const cases: readonly { name: string; minTargetMs: number; segments: PlaylistSegment[]; text: string }[] = [
  {
    name: 'the example of the sheet, 3.2',
    minTargetMs: 6000,
    segments: [segment(0, 6000, { isDiscontinuity: true, key: keyA })],
    text: `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:6
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI="http://k.example.com/live/livestream-0.key",IV=0x2987882C6AA65E2D57FD8E04B0B8C13F
#EXTINF:6.000, no desc
livestream-0.ts
`,
  },
  {
    name: 'the longest segment makes the target',
    minTargetMs: 10_000,
    segments: [segment(7, 9998), segment(8, 10_001), segment(9, 20)],
    text: `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-TARGETDURATION:11
#EXTINF:9.998, no desc
livestream-7.ts
#EXTINF:10.001, no desc
livestream-8.ts
#EXTINF:0.020, no desc
livestream-9.ts
`,
  },
  {
    name: 'a key holds until the next one, and until it is taken off',
    minTargetMs: 3000,
    segments: [
      segment(1, 2000, { key: keyA }),
      segment(2, 2000, { key: keyB }),
      segment(3, 2000, { key: keyB }),
      segment(4, 2000, { isDiscontinuity: true }),
    ],
    text: `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-TARGETDURATION:3
#EXT-X-KEY:METHOD=AES-128,URI="http://k.example.com/live/livestream-0.key",IV=0x2987882C6AA65E2D57FD8E04B0B8C13F
#EXTINF:2.000, no desc
livestream-1.ts
#EXT-X-KEY:METHOD=AES-128,URI="livestream-2.key",IV=0x00112233445566778899AABBCCDDEEFF
#EXTINF:2.000, no desc
livestream-2.ts
#EXTINF:2.000, no desc
livestream-3.ts
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=NONE
#EXTINF:2.000, no desc
livestream-4.ts
`,
  },
  {
    name: 'an init segment holds until the next one; it stands before the key and needs version 7',
    minTargetMs: 2000,
    segments: [
      segment(4, 2000, { map: 's/init.mp4' }),
      segment(5, 2000, { map: 's/init.mp4' }),
      segment(6, 2000, { isDiscontinuity: true, map: 's/init-6.mp4', key: keyB }),
    ],
    text: `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA-SEQUENCE:4
#EXT-X-TARGETDURATION:2
#EXT-X-MAP:URI="s/init.mp4"
#EXTINF:2.000, no desc
livestream-4.ts
#EXTINF:2.000, no desc
livestream-5.ts
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="s/init-6.mp4"
#EXT-X-KEY:METHOD=AES-128,URI="livestream-2.key",IV=0x00112233445566778899AABBCCDDEEFF
#EXTINF:2.000, no desc
livestream-6.ts
`,
  },
];

describe.each(cases)('$name', ({ minTargetMs, segments, text }) => {
  test('written', () => {
    expect(encodeMediaPlaylist(segments, minTargetMs)).toBe(text);
  });

  test('read back', () => {
    expect(parseMediaPlaylist(text)).toEqual(segments);
  });
});

describe('reading', () => {
  test.each([
    ['an empty file', ''],
    ['a cut-off head', '#EXTM3U\n#EXT-X-VERSION:3\n'],
    ['a master playlist', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/live/livestream.m3u8?hls_ctx=p93x4803'],
    ['another format', '{"code":0}'],
    ['no segments', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:3\n'],
    ['a sequence that is no number', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:x\n#EXTINF:1,\na.ts\n'],
    ['a sequence beyond all numbers', `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${'9'.repeat(30)}\n#EXTINF:1,\na.ts\n`],
    ['a segment without a duration', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\na.ts\n'],
  ])('%s gives nothing', (_, text) => {
    expect(parseMediaPlaylist(text)).toBeUndefined();
  });

  test('takes other spellings of what it needs', () => {
    const text = '#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:12\r\n#EXT-X-FUTURE:1\r\n#EXTINF:3.5,\r\na/b.ts\r\n';
    expect(parseMediaPlaylist(text)).toEqual([segment(12, 3500, { uri: 'a/b.ts' })]);
  });
});
