import { expect, test } from 'vitest';
import { parseFlvTags } from '../../../bench/source/flv-file.ts';
import { findStamp, readStamp } from '../../../bench/source/stamp.ts';
import { buildTape, patchEntry } from '../../../bench/source/tape.ts';
import { ChunkReader } from '../../../bench/wire/chunk-reader.ts';
import { audioTag, flvFile, tag, videoTag } from './flv-bytes.ts';

const FILE = flvFile(
  tag(18, 0, Buffer.from('metadata')),
  tag(9, 0, Buffer.from([0x17, 0, 0, 0, 0, 1])),
  tag(8, 0, Buffer.from([0xaf, 0, 0x12, 0x10])),
  videoTag(0, true),
  audioTag(0),
  audioTag(23),
  videoTag(40, false),
  audioTag(46),
  videoTag(80, false, 500),
  audioTag(140),
);

test('a tape holds the media of one round, and the rest in its preamble', () => {
  const { tape, bytes } = buildTape(parseFlvTags(FILE), 1, 128);
  expect(tape.entries.map((entry) => [entry.type, entry.timestampMs])).toEqual([
    ['video', 0],
    ['audio', 0],
    ['audio', 23],
    ['video', 40],
    ['audio', 46],
    ['video', 80],
  ]);
  expect(tape.roundMs).toBe(120);
  expect(tape.largestGapMs).toEqual({ audio: 74, video: 40 });
  expect(tape.entries.at(-1)?.end).toBe(bytes.length);
});

test('entries carry their patched times as a server sees them', () => {
  const { tape, bytes } = buildTape(parseFlvTags(FILE), 1, 128);
  const seen: (readonly [number, number, number | undefined])[] = [];
  const reader = new ChunkReader((type, timestampMs, _length, head, headBytes) => {
    if (type === 8 || type === 9) seen.push([type, timestampMs, readStamp(head, headBytes)]);
  });
  const round = 1_000_000;
  for (const entry of tape.entries)
    patchEntry(bytes, entry, round + entry.timestampMs, 5e9 + entry.timestampMs);
  reader.feed(tape.preamble, 0, tape.preamble.length);
  reader.feed(bytes, 0, bytes.length);
  expect(seen).toEqual([
    [9, 0, undefined],
    [8, 0, undefined],
    [9, round, 5e9],
    [8, round, undefined],
    [8, round + 23, undefined],
    [9, round + 40, 5e9 + 40],
    [8, round + 46, undefined],
    [9, round + 80, 5e9 + 80],
  ]);
  expect(findStamp(bytes)).toBe(5e9);
});

test('a file without media is refused', () => {
  expect(() => buildTape(parseFlvTags(flvFile(tag(18, 0, Buffer.from('x')))), 1, 128)).toThrow(
    'holds no media',
  );
});
