import { expect, test } from 'vitest';
import {
  encodeFlvHeader,
  encodeTag,
  FLV_TAG_AUDIO,
  FLV_TAG_SCRIPT,
  FLV_TAG_VIDEO,
  type FlvTagType,
  writePreviousTagSize,
  writeTagHeader,
  writeTagTimestamp,
} from '../../../../src/container/flv/flv-tag.ts';

test.each([
  [true, true, '464c56010500000009 00000000'],
  [true, false, '464c56010400000009 00000000'],
  [false, true, '464c56010100000009 00000000'],
])('file header, audio %s, video %s', (hasAudio, hasVideo, expected) => {
  expect(encodeFlvHeader(hasAudio, hasVideo).toString('hex')).toBe(expected.replaceAll(' ', ''));
});

const headers: [string, FlvTagType, number, number, string][] = [
  ['audio at 0', FLV_TAG_AUDIO, 4, 0, '08 000004 000000 00 000000'],
  ['script', FLV_TAG_SCRIPT, 0x010203, 0, '12 010203 000000 00 000000'],
  ['extended timestamp', FLV_TAG_VIDEO, 1, 0x12345678, '09 000001 345678 12 000000'],
  ['31 bits at most', FLV_TAG_VIDEO, 1, 0xffffffff, '09 000001 ffffff 7f 000000'],
  ['an unwrapped clock above 32 bits', FLV_TAG_VIDEO, 1, 0x1_0000_0005, '09 000001 000005 00 000000'],
];

test.each(headers)('tag header: %s', (_name, type, dataSize, timestampMs, expected) => {
  const target = Buffer.alloc(15, 0xee);
  expect(writeTagHeader(target, 2, type, dataSize, timestampMs)).toBe(13);
  expect(target.toString('hex')).toBe(`eeee${expected.replaceAll(' ', '')}eeee`);
});

test('a timestamp is patched in place', () => {
  const tag = encodeTag(FLV_TAG_VIDEO, 0x01020304, Buffer.from('1701', 'hex'));
  const before = Buffer.from(tag);
  writeTagTimestamp(tag, 0, 40);
  expect(tag.toString('hex', 4, 8)).toBe('00002800');
  writeTagTimestamp(tag, 0, 0x01020304);
  expect(tag).toEqual(before);
});

test('previous tag size counts the tag header', () => {
  const target = Buffer.alloc(6, 0xee);
  expect(writePreviousTagSize(target, 1, 0xffffff)).toBe(5);
  expect(target.toString('hex')).toBe('ee0100000aee');
});

test('a whole tag', () => {
  expect(encodeTag(FLV_TAG_AUDIO, 23, Buffer.from('af0121', 'hex')).toString('hex')).toBe(
    '0800000300001700000000af01210000000e',
  );
  expect(() => encodeTag(FLV_TAG_AUDIO, 0, Buffer.alloc(0x1000000))).toThrow(RangeError);
});
