import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHevcConfiguration } from '../../../src/codec/h265/hevc-configuration.ts';
import { parseH265Sps } from '../../../src/codec/h265/sps.ts';

// hvcC of x265 by ffmpeg 7.0.2, one frame each; the expectations are what ffmpeg prints for the file.
const records: [string, string, Record<string, unknown>][] = [
  [
    'Main, 1080p: conformance window',
    '01016000000090000000000078f000fcfdf8f800000f03200001001840010c01ffff016000000300900000030000030078959409210001002b420101016000000300900000030000030078a003c0801107cb965654a4c2f0168080000003008000000c8422000100064401c073c189',
    { profileIdc: 1, levelIdc: 120, width: 1920, height: 1080 },
  ],
  [
    'Rext 4:4:4, odd size',
    '0104080000009e08000000001ef000fcfff8f800000f03200001001740010c01ffff0408000003009e0800000300001e959409210001002b4201010408000003009e0800000300001e90071020e2e3f2caca94985e02d010000003001000000301908022000100084401c07318301890',
    { profileIdc: 4, levelIdc: 30, width: 102, height: 50 },
  ],
  [
    'Main 10, 4K',
    '01022000000090000000000096f000fcfdfafa00000f03200001001840010c01ffff022000000300900000030000030096959409210001002b420101022000000300900000030000030096a001e020021c4d965654a4c2f0168080000003008000000c8422000100064401c073c189',
    { profileIdc: 2, levelIdc: 150, width: 3840, height: 2160 },
  ],
];

test.each(records)('%s', (_name, hex, expected) => {
  const record = parseHevcConfiguration(Buffer.from(hex, 'hex'));
  expect(record).toMatchObject({
    profileIdc: expected.profileIdc,
    levelIdc: expected.levelIdc,
    nalLengthSize: 4,
  });
  expect([record?.vps.length, record?.sps.length, record?.pps.length]).toEqual([1, 1, 1]);
  expect(parseH265Sps(record!.sps[0]!)).toEqual(expected);
});

const RECORD = Buffer.from(records[0]![1], 'hex');

test('a record that is cut off is none', () => {
  for (let length = 0; length < RECORD.length; length++) {
    expect(parseHevcConfiguration(RECORD.subarray(0, length))).toBeUndefined();
  }
});

test('an SPS cut off has its size or is none', () => {
  const sps = parseHevcConfiguration(RECORD)!.sps[0]!;
  for (let length = 0; length < sps.length; length++) {
    const parsed = parseH265Sps(sps.subarray(0, length));
    if (parsed !== undefined) expect(parsed).toMatchObject({ width: 1920, height: 1080 });
  }
});

test('sub-layers are skipped, by hand', () => {
  const sps = parseHevcConfiguration(RECORD)!.sps[0]!;
  // 42 01, then vps id 0, max_sub_layers_minus1 1, nesting 1, and the general part: 12 bytes and 3 of emulation prevention.
  const start = Buffer.concat([sps.subarray(0, 2), Buffer.from([0x03]), sps.subarray(3, 18)]);
  const rest = sps.subarray(18);
  // profile_present 1, level_present 1, 14 reserved bits; 88 bits of profile and 8 of level.
  const subLayer = Buffer.concat([Buffer.from([0xc0, 0x00]), Buffer.alloc(12, 0x55)]);
  expect(parseH265Sps(Buffer.concat([start, subLayer, rest]))).toMatchObject({ width: 1920, height: 1080 });
});

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
      parseHevcConfiguration(Buffer.from([1, ...data]));
      parseH265Sps(Buffer.from([0x42, 1, ...data]));
    }),
    { numRuns: 3000 },
  );
});
