import { describe, expect, test } from 'vitest';
import {
  basicHeaderSize,
  chunkedSize,
  extendedTimestampOf,
  messageHeaderSize,
  writeBasicHeader,
  writeChunkedPayload,
  writeMessageHeader0,
  writeMessageHeader1,
} from '../../../../src/protocol/rtmp/chunk-writer.ts';

function written(write: (buf: Buffer, offset: number) => number): string {
  const buf = Buffer.alloc(64, 0xee);
  const end = write(buf, 3);
  expect(buf.subarray(0, 3).toString('hex')).toBe('eeeeee');
  expect(buf[end]).toBe(0xee);
  return buf.subarray(3, end).toString('hex');
}

describe('basic header', () => {
  // RTMP 1.0, 5.3.1.1, and the ids that SRS's own unit tests read.
  test.each([
    [0, 2, '02'],
    [1, 9, '49'],
    [3, 63, 'ff'],
    [0, 64, '0000'],
    [1, 80, '4010'],
    [3, 319, 'c0ff'],
    [0, 320, '010001'],
    [3, 4160, 'c10010'],
    [1, 4415, '41ff10'],
    [2, 65599, '81ffff'],
  ] as const)('fmt %i, id %i is %s', (fmt, csid, hex) => {
    expect(written((buf, at) => writeBasicHeader(buf, at, fmt, csid))).toBe(hex);
    expect(basicHeaderSize(csid)).toBe(hex.length / 2);
  });
});

describe('message header', () => {
  test.each([
    ['video', 6, 0x10, 0x110, 9, 1, '06000010000110' + '0901000000'],
    ['the last timestamp that fits', 4, 0xfffffe, 1, 8, 1, '04fffffe000001' + '0801000000'],
    ['extended timestamp', 4, 0xffffff, 1, 8, 1, '04ffffff000001' + '0801000000' + '00ffffff'],
    ['the whole 32 bits', 4, 0xffffffff, 1, 8, 1, '04ffffff000001' + '0801000000' + 'ffffffff'],
    ['stream id little-endian', 5, 0, 0xabcdef, 18, 0xf1234567, '05000000abcdef' + '12674523f1'],
    ['two-byte id', 100, 1, 2, 9, 1, '0024000001000002' + '0901000000'],
  ] as const)('type 0: %s', (_name, csid, timestamp, length, typeId, streamId, hex) => {
    expect(
      written((buf, at) => writeMessageHeader0(buf, at, csid, timestamp, length, typeId, streamId)),
    ).toBe(hex);
    expect(messageHeaderSize(0, csid, timestamp)).toBe(hex.length / 2);
  });

  test.each([
    ['audio', 4, 23, 300, 8, '44000017' + '00012c' + '08'],
    ['extended delta', 6, 0x1000000, 1, 9, '46ffffff' + '000001' + '09' + '01000000'],
  ] as const)('type 1: %s', (_name, csid, delta, length, typeId, hex) => {
    expect(written((buf, at) => writeMessageHeader1(buf, at, csid, delta, length, typeId))).toBe(hex);
    expect(messageHeaderSize(1, csid, delta)).toBe(hex.length / 2);
  });
});

describe('payload', () => {
  const abcdefgh = Buffer.from('abcdefgh');

  test.each([
    ['one chunk', 8, 6, 0, 'abcdefgh'],
    ['two chunks', 4, 6, 0, 'abcd\xc6efgh'],
    ['a rest', 3, 6, 0, 'abc\xc6def\xc6gh'],
    ['two-byte id', 5, 64, 0, 'abcde\xc0\x00fgh'],
    ['extended timestamp repeated', 3, 6, 0x01020304, 'abc\xc6\x01\x02\x03\x04def\xc6\x01\x02\x03\x04gh'],
  ] as const)('%s', (_name, chunkSize, csid, timestamp, latin1) => {
    const extended = extendedTimestampOf(timestamp);
    const hex = Buffer.from(latin1, 'latin1').toString('hex');
    expect(written((buf, at) => writeChunkedPayload(buf, at, abcdefgh, csid, chunkSize, extended))).toBe(hex);
    expect(chunkedSize(abcdefgh.length, chunkSize, csid, extended)).toBe(hex.length / 2);
  });

  test('nothing is nothing', () => {
    expect(written((buf, at) => writeChunkedPayload(buf, at, Buffer.alloc(0), 6, 128))).toBe('');
    expect(chunkedSize(0, 128)).toBe(0);
  });

  test('256 bytes at chunk size 128 take 269 bytes with their header, as in SRS', () => {
    const payload = Buffer.alloc(256, 7);
    const buf = Buffer.alloc(300);
    let at = writeMessageHeader0(buf, 0, 6, 1000, payload.length, 9, 1);
    at = writeChunkedPayload(buf, at, payload, 6, 128);
    expect(at).toBe(12 + 128 + 1 + 128);
  });
});
