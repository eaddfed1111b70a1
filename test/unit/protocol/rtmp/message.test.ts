import { describe, expect, test } from 'vitest';
import { decodeAmf0 } from '../../../../src/protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../../../src/protocol/amf0/encode.ts';
import { amf0EcmaArray, amf0Object } from '../../../../src/protocol/amf0/value.ts';
import { splitAggregate } from '../../../../src/protocol/rtmp/message/aggregate.ts';
import { encodeCommand, parseCommand } from '../../../../src/protocol/rtmp/message/command.ts';
import {
  encodeSetBufferLength,
  encodeSetPeerBandwidth,
  encodeU32,
  encodeUserControl,
  parseU32,
  parseUserControl,
} from '../../../../src/protocol/rtmp/message/control.ts';
import { normalizeData } from '../../../../src/protocol/rtmp/message/data.ts';
import { hex } from './chunk-builder.ts';

describe('protocol control', () => {
  test.each([
    ['a 32-bit value', encodeU32(2_500_000), '002625a0'],
    ['peer bandwidth, dynamic', encodeSetPeerBandwidth(2_500_000, 2), '002625a0 02'],
    ['StreamBegin', encodeUserControl(0, 1), '0000 00000001'],
    ['PingResponse', encodeUserControl(7, 0x3456), '0007 00003456'],
    ['SetBufferLength', encodeSetBufferLength(1, 3000), '0003 00000001 00000bb8'],
  ])('%s', (_name, bytes, expected) => {
    expect(bytes).toEqual(hex(expected));
  });

  test.each([
    ['PingRequest', '0006 00000d0f', { event: 6, value: 0x0d0f, bufferLengthMs: 0 }],
    ['SetBufferLength', '0003 00000001 00000bb8', { event: 3, value: 1, bufferLengthMs: 3000 }],
    ['SetBufferLength without its length', '0003 00000001', { event: 3, value: 1, bufferLengthMs: 0 }],
    ['an event of Flash with one byte', '001a 01', { event: 0x1a, value: 0, bufferLengthMs: 0 }],
    ['an unknown event', '001f 00000001', { event: 31, value: 1, bufferLengthMs: 0 }],
  ])('reads %s', (_name, bytes, expected) => {
    expect(parseUserControl(hex(bytes))).toEqual(expected);
  });

  test.each(['', '00', '0006', '0006 000000'])('an event cut off (%s) fails', (bytes) => {
    expect(() => parseUserControl(hex(bytes))).toThrow(expect.objectContaining({ code: 2007 }));
  });

  test('a 32-bit value', () => {
    expect(parseU32(hex('00002600'))).toBe(0x2600);
    expect(() => parseU32(hex('002600'))).toThrow(expect.objectContaining({ code: 2007 }));
  });
});

describe('commands', () => {
  test('both ways', () => {
    const bytes = encodeCommand('play', 4, [null, 'livestream', -2000]);
    expect(bytes).toEqual(
      hex('02 0004 706c6179 00 4010000000000000 05 02 000a 6c69766573747265616d 00 c09f400000000000'),
    );
    expect(parseCommand(20, bytes)).toEqual({
      name: 'play',
      transactionId: 4,
      args: [null, 'livestream', -2000],
    });
  });

  test.each([0x00, 0x01, 0x02, 0x11, 0xff])('AMF3 command behind the byte %i', (prefix) => {
    const bytes = Buffer.concat([Buffer.from([prefix]), encodeCommand('play', 4, [null, 's'])]);
    expect(parseCommand(17, bytes)).toEqual({ name: 'play', transactionId: 4, args: [null, 's'] });
  });

  test('AMF3 command without that byte', () => {
    expect(parseCommand(17, encodeCommand('play', 4, []))).toEqual({
      name: 'play',
      transactionId: 4,
      args: [],
    });
  });

  test('AMF3 values inside', () => {
    const bytes = Buffer.concat([hex('00'), encodeAmf0(['play', 4, null]), hex('11 06 03 73')]);
    expect(parseCommand(17, bytes).args).toEqual([null, 's']);
  });

  test('a name alone', () => {
    expect(parseCommand(20, encodeAmf0(['x']))).toEqual({ name: 'x', transactionId: 0, args: [] });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', hex('02')],
    ['a number for a name', encodeAmf0([1, 1])],
    ['a string for a transaction id', encodeAmf0(['x', 'y'])],
  ])('%s fails', (_name, bytes) => {
    expect(() => parseCommand(20, bytes)).toThrow(expect.objectContaining({ code: 2003 }));
  });
});

describe('data', () => {
  const metadata = encodeAmf0(['onMetaData', amf0EcmaArray({ width: 320 })]);

  test.each([
    ['onMetaData as it is', 18, metadata, metadata],
    ['@setDataFrame taken off', 18, Buffer.concat([encodeAmf0(['@setDataFrame']), metadata]), metadata],
    ['AMF3 type without a leading zero', 15, metadata, metadata],
    ['AMF3 type with one', 15, Buffer.concat([hex('00'), metadata]), metadata],
    [
      'AMF3 type with @setDataFrame',
      15,
      Buffer.concat([hex('00'), encodeAmf0(['@setDataFrame']), metadata]),
      metadata,
    ],
    [
      'AMF3 values converted',
      15,
      Buffer.concat([hex('00'), encodeAmf0(['onMetaData']), hex('11 0a 0b 01 03 77 04 05 01')]),
      encodeAmf0(['onMetaData', amf0Object({ w: 5 })]),
    ],
    ['time code of ffmpeg', 18, hex('00000001'), undefined],
    ['@setDataFrame alone', 18, encodeAmf0(['@setDataFrame']), undefined],
    ['a lone zero', 15, hex('00'), undefined],
  ])('%s', (_name, typeId, payload, expected) => {
    expect(normalizeData(typeId, payload)).toEqual(expected);
  });

  test('AMF0 is a view', () => {
    const payload = Buffer.concat([encodeAmf0(['@setDataFrame']), metadata]);
    const view = normalizeData(18, payload)!;
    expect(view.buffer).toBe(payload.buffer);
    expect(decodeAmf0(view)[0]).toBe('onMetaData');
  });

  test('AMF3 that cannot be read fails', () => {
    expect(() => normalizeData(15, hex('00 12 12 12 12 12'))).toThrow(
      expect.objectContaining({ code: 2004 }),
    );
  });
});

describe('aggregate', () => {
  const part = (typeId: number, timestamp: number, payload: string, back = '00000000'): Buffer => {
    const body = hex(payload);
    const header = Buffer.alloc(11);
    header[0] = typeId;
    header.writeUIntBE(body.length, 1, 3);
    header.writeUIntBE(timestamp & 0xffffff, 4, 3);
    header[7] = timestamp >>> 24;
    return Buffer.concat([header, body, hex(back)]);
  };
  const split = (payload: Buffer, timestamp: number): unknown[] => {
    const parts: unknown[] = [];
    splitAggregate(payload, timestamp, (typeId, time, body) =>
      parts.push([typeId, time, body.toString('hex')]),
    );
    return parts;
  };

  test("the first part gets the aggregate's time, the others keep their distance", () => {
    const payload = Buffer.concat([part(9, 1000, '1700'), part(8, 1010, 'af01'), part(9, 1040, '2701')]);
    expect(split(payload, 5000)).toEqual([
      [9, 5000, '1700'],
      [8, 5010, 'af01'],
      [9, 5040, '2701'],
    ]);
  });

  test('times over 24 bits, and wrapping', () => {
    const payload = Buffer.concat([part(8, 0x01000000, 'aa'), part(8, 0x01000010, 'bb')]);
    expect(split(payload, 0xfffffff8)).toEqual([
      [8, 0xfffffff8, 'aa'],
      [8, 8, 'bb'],
    ]);
  });

  test('the last back pointer may be missing, and parts may be empty', () => {
    expect(split(Buffer.concat([part(8, 0, ''), part(8, 0, 'aa', '')]), 7)).toEqual([[8, 7, 'aa']]);
    expect(split(Buffer.alloc(0), 7)).toEqual([]);
  });

  test('broken framing fails at every cut but between parts', () => {
    const payload = Buffer.concat([part(9, 0, '1700'), part(8, 0, 'af01')]);
    for (let size = 1; size < payload.length; size++) {
      const isWhole = size === 17 || size === 13 || size === 30;
      const cut = (): unknown => split(payload.subarray(0, size), 0);
      if (isWhole) expect(cut).not.toThrow();
      else expect(cut, `${size}`).toThrow(expect.objectContaining({ code: 2024 }));
    }
  });
});
