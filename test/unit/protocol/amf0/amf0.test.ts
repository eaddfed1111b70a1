import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAmf0 } from '../../../../src/protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../../../src/protocol/amf0/encode.ts';
import { MAX_DEPTH, MAX_VALUES } from '../../../../src/protocol/amf0/limits.ts';
import {
  type Amf0Object,
  type Amf0Value,
  amf0EcmaArray,
  amf0Object,
  numberProperty,
  stringProperty,
} from '../../../../src/protocol/amf0/value.ts';
import { ProtocolError } from '../../../../src/protocol/error.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const longText = 'x'.repeat(65536);
const nested = amf0Object({ a: amf0Object({ b: amf0EcmaArray({ c: [1, [true], null] }) }), z: undefined });

// Both directions. Bytes written out from the specification, section 2.
const cases: readonly (readonly [string, Amf0Value, string])[] = [
  ['zero', 0, '00 0000000000000000'],
  ['number', -2000, '00 c09f400000000000'],
  ['true', true, '01 01'],
  ['false', false, '01 00'],
  ['empty string', '', '02 0000'],
  ['string', 'connect', '02 0007 636f6e6e656374'],
  ['UTF-8', '直播', '02 0006 e79bb4e692ad'],
  ['the longest short string', 'x'.repeat(65535), `02 ffff ${'78'.repeat(65535)}`],
  ['long string', longText, `0c 00010000 ${'78'.repeat(65536)}`],
  ['null', null, '05'],
  ['undefined', undefined, '06'],
  ['empty object', amf0Object({}), '03 000009'],
  ['object', amf0Object({ b: 1, a: 'x' }), '03 0001 62 00 3ff0000000000000 0001 61 02 0001 78 000009'],
  ['empty key', amf0Object({ '': null }), '03 0000 05 000009'],
  ['ECMA array', amf0EcmaArray({ a: true }), '08 00000001 0001 61 01 01 000009'],
  ['empty ECMA array', amf0EcmaArray({}), '08 00000000 000009'],
  ['strict array', [1, 'a'], '0a 00000002 00 3ff0000000000000 02 0001 61'],
  ['empty strict array', [], '0a 00000000'],
  ['date', { type: 'date', timeMs: 1000, timezoneMin: -60 }, '0b 408f400000000000 ffc4'],
  [
    'nested',
    nested,
    '03 0001 61 03 0001 62 08 00000001 0001 63 0a 00000003 003ff0000000000000 0a 00000001 0101 05' +
      '000009 000009 0001 7a 06 000009',
  ],
];

describe('both directions', () => {
  test.each(cases)('%s', (_name, value, bytes) => {
    expect(encodeAmf0([value]).toString('hex')).toBe(bytes.replaceAll(' ', ''));
    expect(decodeAmf0(hex(bytes))).toEqual([value]);
  });

  test('several values, and an offset', () => {
    const bytes = encodeAmf0(['a', 1, null]);
    expect(decodeAmf0(bytes)).toEqual(['a', 1, null]);
    expect(decodeAmf0(bytes, 4)).toEqual([1, null]);
    expect(decodeAmf0(Buffer.alloc(0))).toEqual([]);
  });

  test.each(cases.filter(([, , bytes]) => bytes.length < 1000))(
    '%s, cut at every byte',
    (_name, value, bytes) => {
      const whole = hex(bytes);
      for (let size = 1; size < whole.length; size++) {
        const cut = Buffer.from(whole.subarray(0, size));
        try {
          const [decoded] = decodeAmf0(cut);
          // Only a missing end marker, or items that a strict array does not have, may go unnoticed.
          expect(typeof decoded).toBe('object');
          expect(decoded).not.toBe(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    },
  );
});

describe('reading what others write', () => {
  test.each([
    ['any non-zero byte is true', '01 02', true],
    ['ECMA count is not believed', '08 00000063 0001 61 05 000009', amf0EcmaArray({ a: null })],
    ['no end marker at the end of the message', '03 0001 61 05', amf0Object({ a: null })],
    [
      'no end marker, twice',
      '03 0001 61 08 00000000 0001 62 05',
      amf0Object({ a: amf0EcmaArray({ b: null }) }),
    ],
    ['strict array that ends early', '0a 00000005 05 05', [null, null]],
    ['typed object', '10 0003 466f6f 0001 61 05 000009', amf0Object({ a: null })],
    ['XML document', '0f 00000002 3c61', '<a'],
    ['short long string', '0c 00000001 61', 'a'],
    ['reference', '07 0001', undefined],
    ['unsupported', '0d', undefined],
    ['movie clip', '04', undefined],
    ['record set', '0e', undefined],
    ['what is no UTF-8', '02 0001 ff', '�'],
  ])('%s', (_name, bytes, value) => {
    expect(decodeAmf0(hex(bytes))).toEqual([value]);
  });

  test('of a key given twice the last counts, at the last place', () => {
    const [object] = decodeAmf0(hex('03 0001 61 0100 0001 62 05 0001 61 0101 000009'));
    expect([...(object as Amf0Object).properties]).toEqual([
      ['b', null],
      ['a', true],
    ]);
  });

  test('__proto__ is a key like any other', () => {
    const key = Buffer.from('__proto__').toString('hex');
    const [object] = decodeAmf0(hex(`03 0009 ${key} 03 0001 78 0101 000009 000009`));
    expect((object as Amf0Object).properties.get('__proto__')).toEqual(amf0Object({ x: true }));
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(encodeAmf0([object]).length).toBe(1 + 11 + 1 + 3 + 2 + 3 + 3);
  });

  test.each([
    ['nothing behind the marker', '00', 'amf0Decode'],
    ['a string longer than the message', '02 0005 61', 'amf0Decode'],
    ['a long string of 4 GB', '0c ffffffff 61', 'amf0Decode'],
    ['an end marker alone', '09', 'amf0Invalid'],
    ['an unknown marker', '12', 'amf0Invalid'],
    ['an unknown AMF3 marker', '11 1f 01', 'amf0Invalid'],
  ])('%s fails', (_name, bytes, kind) => {
    expect(() => decodeAmf0(hex(bytes))).toThrow(expect.objectContaining({ name: 'ProtocolError', kind }));
  });
});

describe('AMF3 inside', () => {
  test.each([
    ['undefined', '00', undefined],
    ['null', '01', null],
    ['false', '02', false],
    ['true', '03', true],
    ['integer', '04 7f', 127],
    ['two-byte integer', '04 8100', 128],
    ['negative integer', '04 ffffffff', -1],
    ['double', '05 3ff0000000000000', 1],
    ['string', '06 07 616263', 'abc'],
    ['empty string', '06 01', ''],
    ['XML', '0b 05 3c61', '<a'],
    ['date', '08 01 408f400000000000', { type: 'date', timeMs: 1000, timezoneMin: 0 }],
    ['byte array', '0c 07 010203', undefined],
    ['reference to an object', '0a 00', undefined],
    ['dense array', '09 05 01 04 01 04 02', [1, 2]],
    [
      'mixed array',
      '09 03 03 61 04 01 01 03',
      {
        type: 'ecma-array',
        properties: new Map<string, Amf0Value>([
          ['a', 1],
          ['0', true],
        ]),
      },
    ],
    ['dynamic object', '0a 0b 01 03 61 06 00 03 62 03 01', amf0Object({ a: 'a', b: true })],
    ['sealed object', '0a 13 05 466f 03 61 04 05', amf0Object({ a: 5 })],
    ['vector of int', '0d 05 00 00000001 00000002', undefined],
  ])('%s', (_name, bytes, value) => {
    expect(decodeAmf0(hex(`11 ${bytes} 0101`))).toEqual([value, true]);
  });

  test('traits are referred to by number', () => {
    // [ {a:1} with its traits, {a:2} with a reference to them ]
    const bytes = '11 09 05 01 0a 13 01 03 61 04 01 0a 01 04 02';
    expect(decodeAmf0(hex(bytes))).toEqual([[amf0Object({ a: 1 }), amf0Object({ a: 2 })]]);
  });

  test('text by reference is bounded', () => {
    const size = 60_000;
    const header = Buffer.from([
      (0x80 | (((size << 1) | 1) >> 14)) & 0xff,
      0x80 | ((((size << 1) | 1) >> 7) & 0x7f),
      ((size << 1) | 1) & 0x7f,
    ]);
    const first = Buffer.concat([Buffer.from([0x06]), header, Buffer.alloc(size, 0x61)]);
    const references = Buffer.alloc(2 * 1000, Buffer.from([0x06, 0x00]));
    const count = 1001;
    const array = Buffer.from([
      0x11,
      0x09,
      0x80 | (((count << 1) | 1) >> 7),
      ((count << 1) | 1) & 0x7f,
      0x01,
    ]);
    expect(() => decodeAmf0(Buffer.concat([array, first, references]))).toThrow(
      expect.objectContaining({ kind: 'amf0TooMany' }),
    );
  });
});

describe('limits', () => {
  const deep = (levels: number): Buffer =>
    Buffer.concat([Buffer.alloc(4 * levels, Buffer.from([0x03, 0x00, 0x01, 0x61])), Buffer.from([0x05])]);

  test('as deep as allowed', () => {
    expect(() => decodeAmf0(deep(MAX_DEPTH))).not.toThrow();
  });

  test.each([MAX_DEPTH + 1, 20_000])('%i nested objects are refused', (levels) => {
    expect(() => decodeAmf0(deep(levels))).toThrow(expect.objectContaining({ kind: 'amf0TooDeep' }));
  });

  test('20,000 nested AMF3 arrays are refused', () => {
    const bytes = Buffer.concat([Buffer.from([0x11]), Buffer.alloc(60_000, Buffer.from([0x09, 0x03, 0x01]))]);
    expect(() => decodeAmf0(bytes)).toThrow(expect.objectContaining({ kind: 'amf0TooDeep' }));
  });

  test('a message of a million nulls is refused', () => {
    expect(() => decodeAmf0(Buffer.alloc(MAX_VALUES, 0x05))).not.toThrow();
    expect(() => decodeAmf0(Buffer.alloc(1_000_000, 0x05))).toThrow(
      expect.objectContaining({ kind: 'amf0TooMany' }),
    );
  });

  test('an array that announces 4 billion items allocates none', () => {
    expect(decodeAmf0(hex('0a ffffffff'))).toEqual([[]]);
  });

  test('a key that is too long once encoded is cut', () => {
    const key = '�'.repeat(30_000);
    const bytes = encodeAmf0([amf0Object({ [key]: 1 })]);
    expect(bytes.length).toBe(1 + 2 + 65535 + 9 + 3);
    expect(() => decodeAmf0(bytes)).not.toThrow();
  });
});

test('properties by name', () => {
  const object = amf0Object({ app: 'live', n: 3, o: amf0Object({}) });
  expect(stringProperty(object, 'app')).toBe('live');
  expect(stringProperty(object, 'n')).toBe('');
  expect(stringProperty(null, 'app')).toBe('');
  expect(numberProperty(object, 'n')).toBe(3);
  expect(numberProperty(object, 'app')).toBeUndefined();
  expect(numberProperty([1], 'length')).toBeUndefined();
});

describe('properties', () => {
  const key = fc.string({ unit: 'grapheme', maxLength: 8 });
  const { value } = fc.letrec<{ value: Amf0Value }>((tie) => {
    const object = (type: Amf0Object['type']) =>
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 5 })
        .map((pairs) => ({ type, properties: new Map(pairs) }));
    return {
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(null, undefined),
        fc.record({
          type: fc.constant('date' as const),
          timeMs: fc.double({ noNaN: true }),
          timezoneMin: fc.integer({ min: -720, max: 720 }),
        }),
        fc.array(tie('value'), { maxLength: 5 }),
        object('object'),
        object('ecma-array'),
      ),
    };
  });

  test('what is encoded is decoded', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        expect(decodeAmf0(encodeAmf0(values))).toEqual(values);
      }),
    );
  });

  test('any bytes decode or fail with ProtocolError; what decodes survives encoding', () => {
    const bytes = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 0x12 }) }, fc.integer({ min: 0, max: 255 })),
      { maxLength: 64 },
    );
    fc.assert(
      fc.property(bytes, (list) => {
        let values: Amf0Value[];
        try {
          values = decodeAmf0(Buffer.from(list));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        expect(encodeAmf0(decodeAmf0(encodeAmf0(values)))).toEqual(encodeAmf0(values));
      }),
      { numRuns: 2000 },
    );
  });
});
