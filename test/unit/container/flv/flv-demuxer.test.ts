import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FlvDemuxer,
  type FlvDemuxerOptions,
  FlvFormatError,
} from '../../../../src/container/flv/flv-demuxer.ts';
import { encodeFlvHeader, encodeTag, type FlvTagType } from '../../../../src/container/flv/flv-tag.ts';

type Seen = ['header', boolean, boolean] | [FlvTagType, number, string];

function demux(pieces: readonly Buffer[], options: FlvDemuxerOptions = {}) {
  const seen: Seen[] = [];
  const demuxer = new FlvDemuxer(
    {
      header: (hasAudio, hasVideo) => seen.push(['header', hasAudio, hasVideo]),
      tag: (type, timestampMs, data) => seen.push([type, timestampMs, data.toString('hex')]),
    },
    options,
  );
  for (const piece of pieces) demuxer.push(piece);
  return { seen, isBetweenTags: demuxer.isBetweenTags };
}

const FILE = Buffer.concat([
  encodeFlvHeader(true, true),
  encodeTag(18, 0, Buffer.from('02000a', 'hex')),
  encodeTag(9, 0x7fffffff, Buffer.from('1700000000', 'hex')),
  encodeTag(8, 40, Buffer.alloc(0)),
  encodeTag(8, 0x01000000, Buffer.from('af01', 'hex')),
]);
const EXPECTED: Seen[] = [
  ['header', true, true],
  [18, 0, '02000a'],
  [9, 0x7fffffff, '1700000000'],
  [8, 40, ''],
  [8, 0x01000000, 'af01'],
];

test('a whole file', () => {
  expect(demux([FILE])).toEqual({ seen: EXPECTED, isBetweenTags: true });
});

test('cut in two at every byte', () => {
  for (let cut = 0; cut <= FILE.length; cut++) {
    expect(demux([FILE.subarray(0, cut), FILE.subarray(cut)]).seen).toEqual(EXPECTED);
  }
});

test('byte by byte in a Buffer that is used again and again', () => {
  const seen: Seen[] = [];
  const demuxer = new FlvDemuxer({
    header: (hasAudio, hasVideo) => seen.push(['header', hasAudio, hasVideo]),
    tag: (type, timestampMs, data) => seen.push([type, timestampMs, data.toString('hex')]),
  });
  const scratch = Buffer.alloc(1);
  for (const byte of FILE) {
    scratch[0] = byte;
    demuxer.push(scratch);
  }
  expect(seen).toEqual(EXPECTED);
});

test('a real file in pieces of any size gives the same', () => {
  const file = readFileSync(new URL('../../../golden/flv/h264-aac.flv', import.meta.url));
  const whole = demux([file]).seen;
  expect(whole.length).toBeGreaterThan(70);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (sizes) => {
      const pieces: Buffer[] = [];
      for (let from = 0, i = 0; from < file.length; i++) {
        const to = from + sizes[i % sizes.length]!;
        pieces.push(file.subarray(from, to));
        from = to;
      }
      expect(demux(pieces).seen).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test('isBetweenTags tells a file that was cut off', () => {
  const ends = [13, 13 + 11 + 3, 13 + 18];
  for (let length = 13; length <= 13 + 18; length++) {
    const isWhole = ends.includes(length);
    expect([length, demux([FILE.subarray(0, length)]).isBetweenTags]).toEqual([length, isWhole]);
  }
});

test('extra header bytes are skipped, wrong previous tag sizes do not matter', () => {
  const odd = Buffer.concat([
    Buffer.from('464c56 01 04 0000000b ffff 12345678'.replaceAll(' ', ''), 'hex'),
    encodeTag(8, 1, Buffer.from('af01', 'hex')).fill(0xee, 13),
    encodeTag(8, 2, Buffer.from('af01', 'hex')),
  ]);
  expect(demux([odd]).seen).toEqual([
    ['header', true, false],
    [8, 1, 'af01'],
    [8, 2, 'af01'],
  ]);
});

test('a negative timestamp is 32 unsigned bits', () => {
  const tag = encodeTag(8, 0, Buffer.from('af01', 'hex'));
  tag.writeUInt32BE(0xffffd8ff, 4);
  expect(demux([encodeFlvHeader(true, false), tag]).seen[1]).toEqual([8, 0xffffffd8, 'af01']);
});

const start = '464c56010500000009 00000000';
const wrong: [string, string, string][] = [
  ['HTML', '3c68746d6c3e3c2f68', 'no FLV: starts with 3c6874'],
  ['version 2', '464c56020500000009', 'FLV version 2'],
  ['header size 8', '464c56010500000008', 'FLV header of 8 bytes'],
  ['header size 4 GB', '464c560105ffffffff', 'FLV header of 4294967295 bytes'],
  ['tag type 0', `${start} 00 000001 000000 00 000000`, 'FLV tag type 0'],
  ['encrypted', `${start} 28 000001 000000 00 000000`, 'encrypted FLV tag'],
  ['too large', `${start} 09 000401 000000 00 000000`, 'FLV tag of 1025 bytes, 1024 are allowed'],
];

test.each(wrong)('refused: %s', (_name, text, message) => {
  const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex');
  expect(() => demux([bytes], { maxDataSize: 1024 })).toThrow(new FlvFormatError(message));
});

test('random bytes behind the header throw nothing but FlvFormatError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
      try {
        demux([encodeFlvHeader(true, true), Buffer.from(data)]);
      } catch (error) {
        expect(error).toBeInstanceOf(FlvFormatError);
      }
    }),
  );
});
