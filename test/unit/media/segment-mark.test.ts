import { describe, expect, test } from 'vitest';
import type { SegmentMark } from '../../../src/media/message.ts';
import { encodeSegmentMark, parseSegmentMark } from '../../../src/media/segment-mark.ts';
import { ProtocolError } from '../../../src/protocol/error.ts';

const mark: SegmentMark = { fragmentMs: 1500, sequence: 145_054_389, timeMs: 62_007, isDiscontinuity: true };
/** By hand from the AMF0 specification: a string, and an object of three numbers and a boolean. */
const bytes = Buffer.concat([
  Buffer.from('02000d', 'hex'),
  Buffer.from('onSegmentMark'),
  Buffer.from('03', 'hex'),
  ...[
    ['fragment', 1500],
    ['sequence', 145_054_389],
    ['time', 62_007],
  ].map(([name, value]) => property(String(name), Number(value))),
  Buffer.from('000d', 'hex'),
  Buffer.from('discontinuity'),
  Buffer.from('0101000009', 'hex'),
]);

function property(name: string, value: number): Buffer {
  const head = Buffer.from([0, name.length]);
  const number = Buffer.alloc(9);
  number.writeDoubleBE(value, 1);
  return Buffer.concat([head, Buffer.from(name), number]);
}

test('is one data message', () => {
  expect(encodeSegmentMark(mark)).toEqual(bytes);
  expect(parseSegmentMark(bytes)).toEqual(mark);
});

describe('is none', () => {
  test.each([
    { fragmentMs: 0 },
    { fragmentMs: 1e9 },
    { fragmentMs: 1.5 },
    { sequence: -1 },
    { sequence: 2 ** 31 },
    { sequence: Number.NaN },
    { timeMs: -1 },
    { timeMs: 0.5 },
    { timeMs: Number.POSITIVE_INFINITY },
  ])('with %o', (changes) => {
    expect(parseSegmentMark(encodeSegmentMark({ ...mark, ...changes }))).toBeUndefined();
  });

  test('under another name, or without an object', () => {
    expect(parseSegmentMark(Buffer.from('02000a6f6e4d65746144617461', 'hex'))).toBeUndefined();
    expect(parseSegmentMark(bytes.subarray(0, 16))).toBeUndefined();
    expect(parseSegmentMark(Buffer.alloc(0))).toBeUndefined();
  });

  test('when it is cut off', () => {
    expect(() => parseSegmentMark(bytes.subarray(0, 40))).toThrow(ProtocolError);
  });
});
