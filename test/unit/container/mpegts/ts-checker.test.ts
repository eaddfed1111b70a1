// The checker must find what is wrong: each row damages a good segment in one way.

import { describe, expect, test } from 'vitest';
import { TsMuxer } from '../../../../src/container/mpegts/ts-muxer.ts';
import { aacFrame, aacHeader, avcFrame, avcHeader, slice } from './messages.ts';
import { muxSegment } from './mux-segment.ts';
import { type SegmentRules, TsChecker } from './ts-checker.ts';

function goodSegment(): Buffer {
  const pictures = [0, 40, 80, 120].map((ms) => avcFrame(ms, ms === 0, [slice(ms === 0, 1000)]));
  const sounds = [0, 23, 46, 70].map((ms) => aacFrame(ms, 300));
  return Buffer.from(muxSegment(new TsMuxer(), [avcHeader(), aacHeader(), ...pictures, ...sounds]));
}

function problemsOf(bytes: Buffer, rules?: SegmentRules): string {
  const checker = new TsChecker();
  checker.check(bytes, 'segment', rules);
  return checker.problems.join('\n');
}

/** Offset of the n-th packet (from 0) of a PID. */
function packetOf(bytes: Buffer, pid: number, index = 0): number {
  const offsets = Array.from({ length: bytes.length / 188 }, (_, packet) => packet * 188);
  return offsets.filter((at) => (bytes.readUInt16BE(at + 1) & 0x1fff) === pid)[index] as number;
}

const without = (bytes: Buffer, at: number) =>
  Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 188)]);

test('a good segment has no problem', () => {
  expect(problemsOf(goodSegment())).toBe('');
});

describe('finds', () => {
  const video = 0x100;
  test.each<[string, RegExp, (bytes: Buffer) => Buffer | undefined]>([
    ['a lost packet', /continuity counter/, (bytes) => without(bytes, packetOf(bytes, video, 1))],
    ['a wrong sync byte', /sync byte/, (bytes) => void bytes.writeUInt8(0x48, 188 * 3)],
    ['a cut-off packet', /are no packets/, (bytes) => bytes.subarray(0, -1)],
    ['a damaged table', /CRC of table 2/, (bytes) => void bytes.writeUInt8(0x80, 188 + 20)],
    ['a missing PAT', /start with the PAT/, (bytes) => without(bytes, 0)],
    [
      'a PMT that comes late',
      /not the second packet/,
      (bytes) => Buffer.concat([bytes.subarray(0, 188), bytes]),
    ],
    ['a PID that no table lists', /not in the PMT/, (bytes) => void bytes.writeUInt16BE(0x4155, 188 * 2 + 1)],
    ['a wrong length', /PES_packet_length/, (bytes) => void bytes.writeUInt8(9, packetOf(bytes, 0x101) + 9)],
    ['stuffing of zeros', /stuffing/, (bytes) => void bytes.writeUInt8(0, packetOf(bytes, 0x101, 1) + 50)],
    ['a broken ADTS frame', /ADTS/, (bytes) => void bytes.writeUInt8(0, packetOf(bytes, 0x101) + 4 + 14)],
    ['a DTS that goes back', /DTS 0 after/, (bytes) => Buffer.concat([bytes, recounted(bytes)])],
    ['a picture that is no key frame', /no key frame/, (bytes) => withUnitType(bytes, 0x41)],
  ])('%s', (_, problem, damage) => {
    const bytes = goodSegment();
    expect(problemsOf(damage(bytes) ?? bytes)).toMatch(problem);
  });

  test('clock references too far apart', () => {
    expect(problemsOf(goodSegment(), { maxPcrDistanceMs: 39 })).toMatch(/PCR \d+ comes/);
  });

  test('a counter that starts again in the next segment', () => {
    const checker = new TsChecker();
    checker.check(goodSegment(), 'first');
    checker.check(goodSegment(), 'second', { isDiscontinuity: true });
    expect(checker.problems).toEqual([]);
    checker.check(goodSegment(), 'third');
    expect(checker.problems.join()).toMatch(/third.*continuity counter/);
    expect(checker.problems.join()).toMatch(/third.*DTS 0 after/);
  });
});

/** The same packets as a continuation: only the times are wrong then. */
function recounted(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const counts = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += 188) {
    const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
    counts.set(pid, (counts.get(pid) ?? 0) + 1);
  }
  for (let at = 0; at < bytes.length; at += 188) {
    const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
    const flags = bytes.readUInt8(at + 3);
    copy.writeUInt8((flags & 0xf0) | ((flags + (counts.get(pid) ?? 0)) & 15), at + 3);
  }
  return copy;
}

/** Turns the IDR unit of the first picture into another type. */
function withUnitType(bytes: Buffer, header: number): Buffer {
  const at = bytes.indexOf(Buffer.from('00000165', 'hex'));
  bytes.writeUInt8(header, at + 3);
  return bytes;
}
