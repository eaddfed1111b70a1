import { describe, expect, test } from 'vitest';
import { ByteReader, NotEnoughBytesError } from '../../../src/bytes/byte-reader.ts';
import { ByteWriter } from '../../../src/bytes/byte-writer.ts';

describe('ByteReader', () => {
  const bytes = Buffer.from('0102030405060708090a', 'hex');
  const reads: readonly [string, (reader: ByteReader) => unknown, unknown, number][] = [
    ['u8', (reader) => reader.u8(), 1, 1],
    ['peekU8', (reader) => reader.peekU8(), 1, 0],
    ['u16', (reader) => reader.u16(), 0x0102, 2],
    ['i16', (reader) => reader.i16(), 0x0102, 2],
    ['u24', (reader) => reader.u24(), 0x010203, 3],
    ['u32', (reader) => reader.u32(), 0x01020304, 4],
    ['i32', (reader) => reader.i32(), 0x01020304, 4],
    ['f64', (reader) => reader.f64(), bytes.readDoubleBE(0), 8],
    ['utf8', (reader) => reader.utf8(2), '\u0001\u0002', 2],
    ['view', (reader) => reader.view(3).toString('hex'), '010203', 3],
    ['skip', (reader) => reader.skip(5), undefined, 5],
  ];

  test.each(reads)('%s', (name, read, expected, size) => {
    const reader = new ByteReader(bytes);
    expect(read(reader)).toEqual(expected);
    expect(reader.offset).toBe(size);
    expect(reader.left).toBe(10 - size);
    const needed = name === 'peekU8' ? 1 : size;
    for (let short = 0; short < needed; short++) {
      const tooShort = new ByteReader(bytes.subarray(0, short));
      expect(() => read(tooShort)).toThrow(new NotEnoughBytesError(needed, short));
      expect(tooShort.offset).toBe(0);
    }
  });

  test('from an offset, signed, beyond 2^31', () => {
    const high = new ByteReader(Buffer.from('00ffffffffffff', 'hex'), 1);
    expect(high.i16()).toBe(-1);
    expect(high.u32()).toBe(0xffffffff);
    expect(high.left).toBe(0);
    expect(new ByteReader(Buffer.from('fffffffe', 'hex')).i32()).toBe(-2);
  });

  test('a view shares the bytes', () => {
    const own = Buffer.from('0102', 'hex');
    const view = new ByteReader(own).view(2);
    own[0] = 9;
    expect(view[0]).toBe(9);
  });
});

describe('ByteWriter', () => {
  test('writes every type', () => {
    const writer = new ByteWriter();
    writer.u8(1);
    writer.u16(0x0203);
    writer.i16(-2);
    writer.u24(0x040506);
    writer.u32(0xfffffffe);
    writer.f64(1);
    writer.utf8('é');
    writer.copy(Buffer.from('0708', 'hex'));
    expect(writer.length).toBe(24);
    expect(writer.take().toString('hex')).toBe('010203fffe040506fffffffe3ff0000000000000c3a90708');
  });

  test('grows, and hands over what it has', () => {
    const writer = new ByteWriter(1);
    for (let i = 0; i < 1000; i++) writer.u8(i & 0xff);
    writer.copy(Buffer.alloc(5000, 7));
    const first = writer.take();
    expect(first).toHaveLength(6000);
    expect(first[999]).toBe(999 & 0xff);
    expect(first[5999]).toBe(7);
    expect(writer.length).toBe(0);
    writer.u8(5);
    expect([...writer.take()]).toEqual([5]);
    expect(first[0]).toBe(0);
  });
});
