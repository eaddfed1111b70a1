import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAvcConfiguration } from '../../../src/codec/h264/avc-configuration.ts';
import { parseH264Sps } from '../../../src/codec/h264/sps.ts';

// avcC of x264 by ffmpeg 7.0.2, one frame each; the expectations are what ffmpeg prints for the file.
const records: [string, string, Record<string, unknown>][] = [
  [
    'High, 1080i: cropped, fields',
    '0164002affe1001a6764002aace8078044fde022000003000200000300643e2c5d4001000468de0fcbfdf8f800',
    { profileIdc: 100, levelIdc: 42, width: 1920, height: 1080, frameRate: 25 },
  ],
  [
    'High 4:2:2 10 bit, 50 fps',
    '017a001fffe10018677a001fb6cb405a09360220000003002000000c81e3065401000468ce0fc8fefafa00',
    { profileIdc: 122, levelIdc: 31, width: 720, height: 576, frameRate: 50 },
  ],
  [
    'High 4:4:4, odd size: cropped in luma samples',
    '01f4000affe1001a67f4000a919687278b8fc044000003000400000300c83c489a8001000568ce0f1920fff8f800',
    { profileIdc: 244, levelIdc: 10, width: 102, height: 50, frameRate: 25 },
  ],
  [
    'constrained Baseline with colour description, 24000/1001 fps',
    '0142c01fffe1001a6742c01fda014016ec05a808080a000007d2000177001e30654001000468ce0fc8',
    { profileIdc: 66, constraintFlags: 0xc0, width: 1280, height: 720, frameRate: 24000 / 1001 },
  ],
  [
    'High with scaling lists in the PPS',
    '0164001effe100196764001eacb405017fcb8088000003000800000301e078b17501000568ce0fcc03fdf8f800',
    { profileIdc: 100, levelIdc: 30, width: 640, height: 360, frameRate: 30 },
  ],
];

test.each(records)('%s', (_name, hex, expected) => {
  const record = parseAvcConfiguration(Buffer.from(hex, 'hex'));
  expect(record).toMatchObject({ profileIdc: expected.profileIdc, nalLengthSize: 4 });
  expect(record?.sps).toHaveLength(1);
  expect(record?.pps).toHaveLength(1);
  expect(record?.pps[0]?.[0]).toBe(0x68);
  expect(parseH264Sps(record!.sps[0]!)).toMatchObject(expected);
});

/** Writes bits as text: for parameter sets that no encoder at hand makes. */
function nal(header: string, ...fields: string[]): Buffer {
  const bits = `${fields.join('').replaceAll(' ', '')}1`;
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  return Buffer.concat([
    Buffer.from(header, 'hex'),
    Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))),
  ]);
}

/** ue(v) of H.264 9.1 */
function ue(value: number): string {
  const code = (value + 1).toString(2);
  return '0'.repeat(code.length - 1) + code;
}

test('scaling lists and picture order count type 1, by hand', () => {
  const scalingLists = `1 1 ${ue(0).repeat(16)} 1 ${ue(16)} 000000`; // deltas 0; one delta −8 ends a list
  const sps = nal(
    '6764001f',
    ue(0), // seq_parameter_set_id
    ue(1) + ue(0) + ue(0), // 4:2:0, 8 bit
    `0 ${scalingLists}`,
    ue(0), // log2_max_frame_num_minus4
    `${ue(1)} 0 ${ue(0)} ${ue(0)} ${ue(2)} ${ue(3)} ${ue(4)}`, // order count type 1, cycle of 2
    `${ue(4)} 0`, // references
    ue(39) + ue(29), // 640 × 480
    '1 1 0', // frames only, direct 8x8, no cropping
    '0', // no VUI
  );
  expect(parseH264Sps(sps)).toEqual({
    profileIdc: 100,
    constraintFlags: 0,
    levelIdc: 31,
    width: 640,
    height: 480,
    frameRate: undefined,
  });
});

test('a size that is no size', () => {
  const sps = (width: string) =>
    nal('6742001f', ue(0) + ue(0) + ue(2) + ue(1), '0', width + ue(2), '1 1 0 0');
  expect(parseH264Sps(sps(ue(2)))).toMatchObject({ width: 48, height: 48 });
  expect(parseH264Sps(sps(ue(2 ** 31)))).toBeUndefined();
});

test('cropping away the whole picture', () => {
  const crop = `1 ${ue(0)} ${ue(8)} ${ue(0)} ${ue(0)}`;
  const sps = nal('6742001f', ue(0) + ue(0) + ue(2) + ue(1), '0', ue(0) + ue(0), `1 1 ${crop} 0`);
  expect(parseH264Sps(sps)).toBeUndefined();
});

const RECORD = Buffer.from(records[0]![1], 'hex');

test('a record that is cut off is none; its SPS cut off costs at most the frame rate', () => {
  // The last four bytes are the High profile extension, which is not read.
  for (let length = 0; length < RECORD.length - 4; length++) {
    expect(parseAvcConfiguration(RECORD.subarray(0, length))).toBeUndefined();
  }
  const sps = parseAvcConfiguration(RECORD)!.sps[0]!;
  for (let length = 0; length < sps.length; length++) {
    const parsed = parseH264Sps(sps.subarray(0, length));
    if (parsed !== undefined) expect(parsed).toMatchObject({ width: 1920, height: 1080 });
  }
});

test.each([
  ['version 0', 0, 0],
  ['NAL length size 3', 4, 0xfe],
])('refused: %s', (_name, at, value) => {
  const record = Buffer.from(RECORD);
  record[at] = value;
  expect(parseAvcConfiguration(record)).toBeUndefined();
});

test('not an SPS', () => {
  expect(parseH264Sps(Buffer.from('68de0fcb', 'hex'))).toBeUndefined();
});

test('random bytes never throw and never take long', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(66, 100, 244), (data, profile) => {
      parseAvcConfiguration(Buffer.from([1, ...data]));
      parseH264Sps(Buffer.from([0x67, profile, 0, 31, ...data]));
    }),
    { numRuns: 3000 },
  );
});

test('a damaged real SPS never throws', () => {
  const sps = parseAvcConfiguration(RECORD)!.sps[0]!;
  fc.assert(
    fc.property(fc.nat(sps.length - 1), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(sps);
      damaged[at] = value;
      parseH264Sps(damaged);
    }),
    { numRuns: 2000 },
  );
});
