import { expect, test } from 'vitest';
import { type TsFrame, TsReader } from '../../../bench/wire/ts-reader.ts';

const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;
const PMT_PID = 0x1001;

/** One packet; the payload is filled up by an adaptation field. ISO/IEC 13818-1, 2.4.3.2 */
function packet(pid: number, isStart: boolean, payload: Buffer): Buffer {
  const head = Buffer.from([0x47, (isStart ? 0x40 : 0) | (pid >> 8), pid & 0xff, 0x10]);
  const missing = 184 - payload.length;
  if (missing === 0) return Buffer.concat([head, payload]);
  head[3] = 0x30;
  const stuffing = Buffer.alloc(missing, 0xff);
  stuffing[0] = missing - 1;
  if (missing > 1) stuffing[1] = 0;
  return Buffer.concat([head, stuffing, payload]);
}

const section = (hex: string): Buffer =>
  Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.alloc(100, 0xff)]);
const PAT = packet(0, true, section('00 00b00d 0001 c1 00 00 0001 f001 00000000'));
const PMT = packet(
  PMT_PID,
  true,
  section('00 02b017 0001 c1 00 00 e100 f000 1be100f000 0fe101f000 00000000'),
);

function pesHeader(streamId: number, timestampMs: number): Buffer {
  const ticks = timestampMs * 90;
  const header = Buffer.from([0, 0, 1, streamId, 0, 0, 0x80, 0x80, 5, 0, 0, 0, 0, 0]);
  header[9] = 0x21 | ((Math.floor(ticks / 2 ** 30) & 7) << 1);
  header.writeUInt16BE((((ticks >>> 15) & 0x7fff) << 1) | 1, 10);
  header.writeUInt16BE(((ticks & 0x7fff) << 1) | 1, 12);
  return header;
}

const nal = (type: number, length = 10): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, 1, type]), Buffer.alloc(length, 0xaa)]);

function videoPackets(timestampMs: number, ...nals: readonly Buffer[]): Buffer[] {
  const bytes = Buffer.concat([pesHeader(0xe0, timestampMs), ...nals]);
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 184)
    packets.push(packet(VIDEO_PID, at === 0, bytes.subarray(at, at + 184)));
  return packets;
}

const audio = (timestampMs: number): Buffer =>
  packet(AUDIO_PID, true, Buffer.concat([pesHeader(0xc0, timestampMs), Buffer.alloc(60, 0x55)]));

function read(bytes: Buffer, pieceBytes: number): (readonly [TsFrame['kind'], number])[] {
  const seen: (readonly [TsFrame['kind'], number])[] = [];
  const reader = new TsReader(({ kind, timestampMs }) => seen.push([kind, timestampMs]));
  for (let at = 0; at < bytes.length; at += pieceBytes)
    reader.feed(bytes, at, Math.min(bytes.length, at + pieceBytes));
  return seen;
}

test.each([1, 100, 188, 10_000])('frames and their times, read in pieces of %d bytes', (pieceBytes) => {
  const bytes = Buffer.concat([
    PAT,
    PMT,
    ...videoPackets(0, nal(9), nal(7), nal(8), nal(5, 300)),
    audio(21),
    ...videoPackets(40, nal(9), nal(1)),
    ...videoPackets(95_443_600, nal(9), nal(6, 700), nal(5)),
  ]);
  const expected = [
    ['key', 0],
    ['audio', 21],
    ['frame', 40],
    ['key', 95_443_600],
  ];
  expect(read(bytes, pieceBytes)).toEqual(expected);
});

test('a start code that is cut by the end of a packet', () => {
  for (let length = 140; length < 170; length++) {
    const bytes = Buffer.concat([PAT, PMT, ...videoPackets(40, nal(6, length), nal(5, 50))]);
    expect(read(bytes, 188)).toEqual([['key', 40]]);
  }
});

test('a stream that has lost its packets is refused', () => {
  const bytes = Buffer.concat([PAT, Buffer.alloc(188)]);
  expect(() => read(bytes, 188)).toThrow('no sync byte');
});
