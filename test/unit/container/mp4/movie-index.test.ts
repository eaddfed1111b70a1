// Lists of samples of files that are too long or too large for 32 bits.

import { expect, test } from 'vitest';
import type { FragmentTrack } from '../../../../src/container/mp4/fragment.ts';
import { MovieIndex } from '../../../../src/container/mp4/movie-index.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from '../../../../src/container/mp4/track-boxes.ts';
import { type Box, findAll, readBoxes } from './box-reader.ts';

const video: Mp4VideoTrack = {
  codec: 'h264',
  record: Buffer.from('0142c01effe1000467420000010002684000', 'hex'),
  width: 320,
  height: 180,
  timescale: 90_000,
};
const audio: Mp4AudioTrack = {
  codec: 'aac',
  config: Buffer.from('1210', 'hex'),
  sampleRate: 44_100,
  channels: 2,
};

const second = 90_000;

function pictures(startTime: number, count: number, delay = 0): FragmentTrack {
  const each = <T>(value: T) => Array.from({ length: count }, () => value);
  const keys = each(false).map((_, index) => index === 0);
  return { id: 1, startTime, sizes: each(1000), durations: each(second / 25), delays: each(delay), keys };
}

function sounds(startTime: number, count: number): FragmentTrack {
  const each = (value: number) => Array.from({ length: count }, () => value);
  return { id: 2, startTime, sizes: each(300), durations: each(1024), delays: [], keys: [] };
}

/** Bodies of the boxes in the sample table of one track, without version and flags. */
function tables(moov: Buffer, track: number): Map<string, Buffer> {
  const trak = findAll(readBoxes(moov), 'moov/trak')[track]!;
  const [table] = findAll([trak], 'trak/mdia/minf/stbl');
  return new Map(table!.children.map(({ type, body }: Box) => [type, body.subarray(4)]));
}

const numbers = (bytes: Buffer) =>
  Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4));

test('a day and more than 4 GB', () => {
  const index = new MovieIndex();
  const fragments = 3000;
  for (let number = 0; number < fragments; number++) {
    index.add([pictures(number * 30 * second, 25)], number * 2_000_000 + 100);
  }
  const moov = index.encode(video, undefined);
  const [mdhd] = findAll(readBoxes(moov), 'moov/trak/mdia/mdhd');
  expect(mdhd!.body[0], 'version').toBe(1);
  expect(Number(mdhd!.body.readBigUInt64BE(24))).toBe(((fragments - 1) * 30 + 1) * second);
  const chunks = tables(moov, 0).get('co64')!;
  expect(chunks.readUInt32BE(0)).toBe(fragments);
  expect(Number(chunks.readBigUInt64BE(4 + 8 * (fragments - 1)))).toBe((fragments - 1) * 2_000_000 + 100);
});

test('tables: lengths reach to the next sample, equal ones are one entry, key frames and chunks are numbered', () => {
  const index = new MovieIndex();
  // The second fragment comes a second late: the last picture of the first one stays that long.
  index.add([pictures(0, 25, 7200), sounds(4410, 43)], 1000);
  index.add([pictures(2 * second, 50, 7200), sounds(4410 + 43 * 1024, 43)], 500_000);
  const moov = index.encode(video, audio);
  const of = (track: number, type: string) => numbers(tables(moov, track).get(type)!);
  expect(of(0, 'stts')).toEqual([3, 24, 3600, 1, second + 3600, 50, 3600]);
  expect(of(0, 'ctts')).toEqual([1, 75, 7200]);
  expect(of(0, 'stss')).toEqual([2, 1, 26]);
  expect(of(0, 'stsc')).toEqual([2, 1, 25, 1, 2, 50, 1]);
  expect(of(0, 'co64')).toEqual([2, 0, 1000, 0, 500_000]);
  expect(of(1, 'stts')).toEqual([1, 86, 1024]);
  expect(of(1, 'stsc')).toEqual([1, 1, 43, 1]);
  expect(of(1, 'co64')).toEqual([2, 0, 1000 + 25 * 1000, 0, 500_000 + 50 * 1000]);
  expect(of(1, 'stsz').slice(0, 3)).toEqual([0, 86, 300]);
  // Sound starts 100 ms after the pictures: an edit list says so.
  const edits = findAll(readBoxes(moov), 'moov/trak').map(({ children }) =>
    children.some(({ type }) => type === 'edts'),
  );
  expect(edits).toEqual([false, true]);
});
