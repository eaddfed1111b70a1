import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlvDemuxer } from '../../../src/container/flv/flv-demuxer.ts';
import { rewriteMetadata, type StreamMetadata } from '../../../src/media/metadata.ts';
import { decodeAmf0 } from '../../../src/protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../../src/protocol/amf0/encode.ts';
import { type Amf0Value, amf0EcmaArray, amf0Object } from '../../../src/protocol/amf0/value.ts';
import { ProtocolError } from '../../../src/protocol/error.ts';

const IDENTITY = { name: 'SRS', version: '4.1.2' };
const SIGNED = { server: 'SRS/4.1.2', server_version: '4.1.2' };

function rewrite(...values: Amf0Value[]): StreamMetadata {
  const result = rewriteMetadata(encodeAmf0(values), IDENTITY);
  if (result.type !== 'metadata') throw new Error(`other: ${result.name}`);
  return result;
}

const date: Amf0Value = { type: 'date', timeMs: 1795361686543, timezoneMin: 0 };
const cases: [string, Amf0Value[], Record<string, Amf0Value>][] = [
  [
    'duration goes, the server signs last',
    ['onMetaData', amf0Object({ duration: 0, width: 1280, encoder: 'Lavf' })],
    { width: 1280, encoder: 'Lavf', ...SIGNED },
  ],
  [
    'an ECMA array becomes an object, @setDataFrame goes',
    ['@setDataFrame', 'onMetaData', amf0EcmaArray({ height: 720 })],
    { height: 720, ...SIGNED },
  ],
  [
    "a publisher's own server properties are replaced at the end",
    ['onMetaData', amf0Object({ server: 'x', server_version: '0', a: 1 })],
    { a: 1, ...SIGNED },
  ],
  [
    'order, dates, undefined and nested values stay; only the outer duration goes',
    [
      'onMetaData',
      amf0Object({ z: date, duration: 1, y: undefined, x: amf0EcmaArray({ duration: 2 }), w: [1, null] }),
    ],
    { z: date, y: undefined, x: amf0EcmaArray({ duration: 2 }), w: [1, null], ...SIGNED },
  ],
  ['an empty body', ['onMetaData'], SIGNED],
  ['a body that is no object', ['onMetaData', 'text'], SIGNED],
  ['a strict array', ['onMetaData', [1, 2]], SIGNED],
  ['values behind the object go', ['onMetaData', amf0Object({ a: 1 }), 'more'], { a: 1, ...SIGNED }],
];

test.each(cases)('%s', (_name, values, expected) => {
  const { body, properties } = rewrite(...values);
  expect(decodeAmf0(body)).toEqual(['onMetaData', amf0Object(expected)]);
  expect([...properties.keys()]).toEqual(Object.keys(expected));
  expect(body.equals(encodeAmf0(['onMetaData', amf0Object(expected)]))).toBe(true);
});

test('the metadata of ffmpeg', () => {
  const bodies: Buffer[] = [];
  new FlvDemuxer({
    header: () => {},
    tag: (type, _timestampMs, data) => {
      if (type === 18) bodies.push(Buffer.from(data));
    },
  }).push(readFileSync(new URL('../../golden/flv/hevc-aac.flv', import.meta.url)));
  const result = rewriteMetadata(bodies[0]!, IDENTITY);
  expect(result).toMatchObject({ summary: 'width=320, height=180, vcodec=hvc1, acodec=10' });
  const keys = result.type === 'metadata' ? [...result.properties.keys()] : [];
  expect(keys).toContain('framerate');
  expect(keys).not.toContain('duration');
  expect(keys.slice(-2)).toEqual(['server', 'server_version']);
});

test.each([
  [
    'numbers',
    { width: 320, height: 180.5, videocodecid: 7, audiocodecid: 10 },
    'width=320, height=180, vcodec=7, acodec=10',
  ],
  ['names, as FMLE writes them', { videocodecid: 'avc1', audiocodecid: 'mp4a' }, 'vcodec=avc1, acodec=mp4a'],
  ['nothing known', { a: 1, duration: 2 }, '2 properties'],
  [
    'nonsense',
    { width: null, height: Number.NaN, videocodecid: -1, audiocodecid: 1e300 },
    'height=NaN, vcodec=-1, acodec=1e+300',
  ],
])('summary: %s', (_name, properties, expected) => {
  expect(rewrite('onMetaData', amf0Object(properties)).summary).toBe(expected);
});

test.each([
  ['onTextData', ['onTextData', amf0Object({})], 'onTextData'],
  ['another event in @setDataFrame', ['@setDataFrame', 'onCuePoint'], 'onCuePoint'],
  ['@setDataFrame alone', ['@setDataFrame'], ''],
  ['no name', [1, 2], ''],
  ['nothing', [], ''],
] as [string, Amf0Value[], string][])('other data: %s', (_name, values, name) => {
  expect(rewriteMetadata(encodeAmf0(values), IDENTITY)).toEqual({ type: 'other', name });
});

test('random bytes throw nothing but ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      try {
        rewriteMetadata(Buffer.concat([encodeAmf0(['onMetaData']), Buffer.from(data)]), IDENTITY);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 2000 },
  );
});
