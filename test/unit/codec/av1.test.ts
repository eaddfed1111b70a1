import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAv1Configuration } from '../../../src/codec/av1/av1-configuration.ts';
import { parseAv1SequenceHeader } from '../../../src/codec/av1/sequence-header.ts';

test.each([
  [
    'libaom by ffmpeg 7.0.2, 1280x720',
    '81050c000a0b0000002d4cffb3ccaf9004',
    { profile: 0, levelIndex: 5, sequenceHeader: { profile: 0, maxWidth: 1280, maxHeight: 720 } },
  ],
  [
    'libaom by ffmpeg 7.0.2, 320x180',
    '81000c000a0b00000004 3cfeccdaf90040'.replace(' ', ''),
    { profile: 0, levelIndex: 0, sequenceHeader: { profile: 0, maxWidth: 320, maxHeight: 180 } },
  ],
  ['without OBU', '81292c00', { profile: 1, levelIndex: 9, sequenceHeader: undefined }],
])('%s', (_name, hex, expected) => {
  expect(parseAv1Configuration(Buffer.from(hex, 'hex'))).toEqual(expected);
});

test.each([
  ['empty, as ffmpeg sends first', ''],
  ['cut off', '81050c'],
  ['version 2', '82050c00'],
])('refused: %s', (_name, hex) => {
  expect(parseAv1Configuration(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test('a reduced still picture header, by hand', () => {
  // OBU header without size; profile 0, still 1, reduced 1, level 00000; 4 + 4 bits of lengths (8, 8); 99, 49.
  const bits = '0 0001 0 0 0 000 1 1 00000 0111 0111 01100011 00110001'.replaceAll(' ', '');
  const bytes = bits
    .padEnd(48, '0')
    .match(/.{8}/g)!
    .map((byte) => Number.parseInt(byte, 2));
  expect(parseAv1SequenceHeader(Buffer.from(bytes))).toEqual({ profile: 0, maxWidth: 100, maxHeight: 50 });
});

test('timing, decoder model and operating points are skipped, by hand', () => {
  const bits = [
    '0 0001 0 0 0', // OBU header without size
    '001 0 0', // profile 1
    `1 ${'0'.repeat(64)} 1 011`, // timing, equal picture interval, ticks 2
    `1 00011 ${'0'.repeat(42)}`, // decoder model: delays of 4 bits
    '1 00001', // initial display delay, 2 operating points
    `${'0'.repeat(12)} 01000 1 1 0000 0000 0 1 0101`, // level 8: a tier bit, parameters, delay
    `${'0'.repeat(12)} 00001 0 0`,
    '0111 0111 01100011 00110001',
  ]
    .join('')
    .replaceAll(' ', '');
  const bytes = bits
    .padEnd(Math.ceil(bits.length / 8) * 8, '0')
    .match(/.{8}/g)!
    .map((byte) => Number.parseInt(byte, 2));
  expect(parseAv1SequenceHeader(Buffer.from(bytes))).toEqual({ profile: 1, maxWidth: 100, maxHeight: 50 });
});

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      parseAv1Configuration(Buffer.from([0x81, ...data]));
      parseAv1SequenceHeader(Buffer.from([0x0a, ...data]));
    }),
    { numRuns: 3000 },
  );
});
