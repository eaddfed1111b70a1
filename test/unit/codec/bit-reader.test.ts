import { expect, test } from 'vitest';
import { BitReader } from '../../../src/codec/bit-reader.ts';
import { removeEmulationPrevention } from '../../../src/codec/rbsp.ts';

test('bits across bytes, up to 32', () => {
  const reader = new BitReader(Buffer.from('ffa55affffffff01', 'hex'), 1);
  expect(reader.bits(4)).toBe(0xa);
  expect(reader.bits(8)).toBe(0x55);
  expect(reader.flag()).toBe(true);
  reader.skip(3);
  expect(reader.bits(32)).toBe(0xffffffff);
  expect(reader.bitsLeft).toBe(8);
  expect(reader.hasOverrun).toBe(false);
});

test('past the end there are zeros, and a flag that says so', () => {
  const reader = new BitReader(Buffer.from([0xff]));
  expect(reader.bits(12)).toBe(0xff0);
  expect(reader.hasOverrun).toBe(true);
  expect(reader.bits(0)).toBe(0);
  const skipped = new BitReader(Buffer.from([0xff]));
  skipped.skip(9);
  expect(skipped.hasOverrun).toBe(true);
});

// Table 9-2 and table 9-3 of H.264.
test.each([
  ['1', 0, 0],
  ['010', 1, 1],
  ['011', 2, -1],
  ['00100', 3, 2],
  ['00101', 4, -2],
  ['00110', 5, 3],
  ['0001000', 7, 4],
])('Exp-Golomb %s', (bits, ue, se) => {
  const bytes = Buffer.from([Number.parseInt(bits.padEnd(8, '0'), 2)]);
  expect(new BitReader(bytes).ue()).toBe(ue);
  expect(new BitReader(bytes).se() + 0).toBe(se);
});

test('the longest code, and one that never ends', () => {
  expect(new BitReader(Buffer.from('00000001fffffffe', 'hex')).ue()).toBe(2 ** 32 - 2);
  const endless = new BitReader(Buffer.alloc(1000));
  expect(endless.ue()).toBe(0);
  expect(endless.hasOverrun).toBe(true);
});

test.each([
  ['000003', '0000'],
  ['00000301', '000001'],
  ['0000030000030000', '000000000000'],
  ['00030003', '00030003'],
  ['0000000003', '00000000'],
])('emulation prevention: %s', (nal, rbsp) => {
  expect(removeEmulationPrevention(Buffer.from(nal, 'hex')).toString('hex')).toBe(rbsp);
});
