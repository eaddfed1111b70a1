import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compositionTimeMs, parseVideoTag, type VideoTag } from '../../../src/media/video-tag.ts';
import { tagBytes } from './tag-bytes.ts';

type Facts = Partial<VideoTag> & { readonly cts?: number };

// The enhanced rows follow the tables of Enhanced RTMP v2 ("ExVideoTagHeader", "ExVideoTagBody").
const carried: [string, string, Facts][] = [
  [
    'AVC sequence header',
    '17 00 000000 0142c01e',
    { codec: 'h264', isSequenceHeader: true, isKeyFrame: false },
  ],
  ['AVC key frame', '17 01 000050 00', { codec: 'h264', isKeyFrame: true, dataOffset: 5, cts: 80 }],
  ['AVC inter frame, negative time', '27 01 ffffd8 00', { codec: 'h264', isKeyFrame: false, cts: -40 }],
  ['AVC end of sequence', '17 02 000000', { packetType: 'sequence-end', isKeyFrame: false }],
  [
    'AVC info frame',
    '57 00',
    { codec: 'h264', packetType: 'command', isKeyFrame: false, isSequenceHeader: false },
  ],
  [
    'HEVC as CDNs send it',
    '1c 01 000000 00',
    { codec: 'hevc', isKeyFrame: true, isEnhanced: false, dataOffset: 5 },
  ],
  ['HEVC header as CDNs send it', '1c 00 000000 01', { codec: 'hevc', isSequenceHeader: true }],
  ['AV1 as CDNs send it', '2d 01 000000 00', { codec: 'av1', isKeyFrame: false }],
  ['H.263 key frame', '12 00', { codec: 'h263', isKeyFrame: true, dataOffset: 1, cts: 0 }],
  ['Screen video', '23', { codec: 'screen', isKeyFrame: false }],
  ['VP6', '14 00', { codec: 'vp6', isKeyFrame: true }],
  ['VP6 with alpha', '15 00', { codec: 'vp6a', isKeyFrame: true }],
  ['Screen video 2', '16 00', { codec: 'screen2', isKeyFrame: true }],
  [
    'hvc1 SequenceStart',
    "90 'hvc1' 01",
    { codec: 'hevc', isSequenceHeader: true, isEnhanced: true, dataOffset: 5 },
  ],
  [
    'hvc1 CodedFrames key',
    "91 'hvc1' 000028 00",
    { codec: 'hevc', isKeyFrame: true, dataOffset: 8, cts: 40 },
  ],
  ['hvc1 CodedFrames inter', "a1 'hvc1' ffffff 00", { codec: 'hevc', isKeyFrame: false, cts: -1 }],
  ['hvc1 CodedFramesX key', "93 'hvc1' 00", { codec: 'hevc', isKeyFrame: true, dataOffset: 5, cts: 0 }],
  ['hvc1 SequenceEnd', "92 'hvc1'", { packetType: 'sequence-end', isKeyFrame: false }],
  [
    'HDR metadata of ffmpeg: command frame type',
    "d4 'hvc1' 02",
    { packetType: 'metadata', isKeyFrame: false },
  ],
  ['HDR metadata of OBS: frame type 0', "84 'hvc1' 02", { packetType: 'metadata', isKeyFrame: false }],
  ['avc1 CodedFrames', "91 'avc1' 000001 00", { codec: 'h264', isKeyFrame: true, cts: 1, dataOffset: 8 }],
  [
    'av01 CodedFrames: no composition time',
    "91 'av01' 0a",
    { codec: 'av1', isKeyFrame: true, dataOffset: 5, cts: 0 },
  ],
  [
    'av01 MPEG2TSSequenceStart',
    "95 'av01' 80",
    { packetType: 'mpeg2ts-sequence-start', isSequenceHeader: true },
  ],
  ['vp09 disposable inter frame', "b1 'vp09' 00", { codec: 'vp9', isKeyFrame: false }],
  ['vp08 SequenceStart', "90 'vp08' 00", { codec: 'vp8', isSequenceHeader: true }],
  ['vp08 key frame', "91 'vp08' 00", { codec: 'vp8', isKeyFrame: true }],
  [
    'ModEx (nanosecond offset, 3 bytes) before CodedFramesX',
    "97 02 0f4240 03 'hvc1' 00",
    { codec: 'hevc', isKeyFrame: true, dataOffset: 10 },
  ],
  [
    'ModEx with a 16-bit size',
    `97 ff 0001 aabb 01 'hvc1' 000010 00`,
    { codec: 'hevc', isKeyFrame: true, dataOffset: 14, cts: 16 },
  ],
  ['two ModEx', "a7 00 aa 07 00 bb 03 'av01' 00", { codec: 'av1', isKeyFrame: false }],
  [
    'Multitrack, one track, id 0',
    "96 01 'hvc1' 00 000007 00",
    { codec: 'hevc', isKeyFrame: true, trackId: 0, dataOffset: 10, cts: 7 },
  ],
  [
    'Multitrack, one track, id 1: no key frame of track 0',
    "96 01 'hvc1' 01 000000 00",
    { isKeyFrame: false, trackId: 1 },
  ],
  [
    'Multitrack header of track 1 is none of track 0',
    "96 00 'hvc1' 01 01",
    { packetType: 'sequence-start', isSequenceHeader: false },
  ],
  [
    'Multitrack, many tracks, track 0 second',
    "96 13 'avc1' 02 000002 aabb 00 000001 cc",
    { codec: 'h264', isKeyFrame: true, trackId: 0, dataOffset: 16 },
  ],
  [
    'Multitrack, many codecs, track 0 second',
    "96 23 'avc1' 01 000001 aa 'hvc1' 00 000001 bb",
    { codec: 'hevc', isKeyFrame: true, trackId: 0, dataOffset: 19 },
  ],
  [
    'ModEx before Multitrack',
    "97 00 aa 06 01 'av01' 00 00",
    { codec: 'av1', isKeyFrame: true, dataOffset: 10 },
  ],
];

test.each(carried)('%s', (_name, text, expected) => {
  const payload = tagBytes(text);
  const tag = parseVideoTag(payload);
  if (tag.type === 'dropped') throw new Error(`dropped: ${tag.reason}`);
  const { cts, ...facts } = expected;
  expect(tag).toMatchObject(facts);
  if (cts !== undefined) expect(compositionTimeMs(tag, payload)).toBe(cts);
});

const dropped: [string, string, string][] = [
  ['nothing', '', 'empty'],
  ['AVC header cut off', '17 00 0000', 'too short'],
  ['codec 0', '10 00', 'unknown codec'],
  ['codec 14', '1e 00 000000', 'unknown codec'],
  ['frame type 0', '07 01 000000 00', 'unknown frame type'],
  ['frame type 6', '67 01 000000 00', 'unknown frame type'],
  ['AVC packet type 3', '17 03 000000 00', 'unknown packet type'],
  ['AVC packet type 255', '17 ff 000000 00', 'unknown packet type'],
  ['FourCC cut off', "90 'hvc'", 'too short'],
  ['unknown FourCC', "90 'xxxx' 00", 'unknown codec'],
  ['enhanced packet type 8', "98 'hvc1' 00", 'unknown packet type'],
  ['enhanced command frame', 'd1 00', 'command frame'],
  ['ModEx cut off', '97 02 0f', 'too short'],
  ['ModEx without packet type', '97 00 aa', 'too short'],
  ['ModEx without FourCC', "97 00 aa 01 'hv'", 'too short'],
  ['17 ModEx', `97 ${'00 aa 07 '.repeat(17)}00`, 'malformed'],
  ['Multitrack without track', "96 11 'hvc1'", 'too short'],
  ['Multitrack kind 3', "96 31 'hvc1' 00", 'malformed'],
];

test.each(dropped)('dropped: %s', (_name, text, reason) => {
  expect(parseVideoTag(tagBytes(text))).toEqual({ type: 'dropped', reason });
});

test('equal messages share one object', () => {
  expect(parseVideoTag(tagBytes('27 01 000000 00'))).toBe(parseVideoTag(tagBytes('27 01 000020 ffff')));
});

test('never throws, and offsets never point before the header', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const tag = parseVideoTag(Buffer.from(data));
      if (tag.type === 'video') {
        expect(tag.dataOffset).toBeGreaterThan(0);
        expect(Number.isInteger(compositionTimeMs(tag, Buffer.from(data)))).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('never throws on ModEx and multitrack with any content', () => {
  fc.assert(
    fc.property(fc.constantFrom(0x96, 0x97), fc.uint8Array({ maxLength: 64 }), (first, data) => {
      parseVideoTag(Buffer.from([first, ...data]));
    }),
    { numRuns: 2000 },
  );
});
