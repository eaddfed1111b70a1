// Recordings as a kill leaves them, cut at any place, and a server that starts beside them.

import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '../../../../src/log/logger.ts';
import type { DvrOptions } from '../../../../src/output/dvr/dvr-options.ts';
import { DvrOutput } from '../../../../src/output/dvr/dvr-output.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { digests, isSequenceHeader, parseFlv } from '../../../helpers/flv.ts';
import { newFolder } from '../../../helpers/names.ts';
import { filesBelow, flvMetadata, topLevelBoxes } from '../../../helpers/recordings.ts';
import { streamOptions } from '../../../helpers/stream-options.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { source } from '../hls/source.ts';

const outputs: DvrOutput[] = [];
afterEach(async () => {
  for (const output of outputs.splice(0)) await output.close();
});

const QUIET_MS = 300;

function server(path: string): { readonly output: DvrOutput; readonly lines: string[] } {
  const lines: string[] = [];
  const options: DvrOptions = {
    streams: undefined,
    plan: 'session',
    path,
    durationMs: 10_000,
    waitsForKeyFrame: true,
    jitter: 'full',
    isUtc: true,
    repairMs: QUIET_MS,
  };
  const output = new DvrOutput({
    findOptions: () => options,
    allOptions: () => [options],
    log: createLogger({
      isEnabled: () => true,
      writeLine: (level, _, __, text) => lines.push(`${level} ${text}`),
    }),
  });
  outputs.push(output);
  return { output, lines };
}

/** Publishes ten seconds, and does not end. */
function publish(output: DvrOutput): void {
  const id = { vhost: 'v', app: 'live', stream: 's' };
  const stream = new StreamRegistry().fetchOrCreate(id, streamOptions());
  output.attach(stream);
  const publication = stream.publish({ stop: () => {} })!;
  for (const message of source({ seconds: 10 })) publication.message(message);
}

/** What is on the disk of a recording that goes on: nine seconds and a bit. */
async function openRecording(format: 'flv' | 'mp4'): Promise<Buffer> {
  const folder = newFolder('left-over');
  const { output } = server(`${folder}/x.${format}`);
  publish(output);
  const path = join(folder, `x.${format}.tmp`);
  let before = -1;
  return waitFor('the disk', () => {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const isDone = bytes.length > 100_000 && bytes.length === before;
    before = bytes.length;
    return isDone ? bytes : undefined;
  });
}

let flv: Buffer;
let mp4: Buffer;
beforeAll(async () => {
  flv = await openRecording('flv');
  mp4 = await openRecording('mp4');
});

/** Offsets of the tags, and where the last one ends. */
function tagOffsets(bytes: Buffer): number[] {
  const offsets = [13];
  for (let at = 13; at < bytes.length; offsets.push(at)) at += bytes.readUIntBE(at + 1, 3) + 15;
  return offsets;
}

describe('an FLV recording that was cut', () => {
  const cuts: readonly [string, (offsets: readonly number[]) => number, number][] = [
    ['nowhere', (offsets) => offsets.at(-1)!, -1],
    ['in the head of a tag', (offsets) => offsets.at(-2)! + 5, -2],
    ['in the data of a tag', (offsets) => offsets.at(-2)! + 20, -2],
    ['in front of the last byte', (offsets) => offsets.at(-1)! - 1, -2],
    ['in the middle of the file', (offsets) => offsets[300]! + 30, 300],
  ];
  test.each(cuts)('%s', async (_, cutOf, lastOffset) => {
    const folder = newFolder('left-over');
    const offsets = tagOffsets(flv);
    const end = offsets.at(lastOffset)!;
    const cut = cutOf(offsets);
    writeFileSync(join(folder, 'live.s.1700000000000.flv.tmp'), flv.subarray(0, cut));
    const { output, lines } = server(`${folder}/[app].[stream].[timestamp].flv`);
    output.repairLeftOvers();
    const path = join(folder, 'live.s.1700000000000.flv');
    await waitFor('the file and the line about it', () => existsSync(path) && lines.length > 0);
    const repaired = readFileSync(path);
    const [metadata, ...tags] = parseFlv(repaired).tags;
    expect(repaired.length).toBe(end);
    expect(digests(tags)).toEqual(digests(parseFlv(flv.subarray(0, end)).tags.slice(1)));
    const times = tags.filter((tag) => !isSequenceHeader(tag)).map(({ timestampMs }) => timestampMs);
    const { duration, filesize, keyframes } = flvMetadata(path);
    expect(metadata!.timestampMs).toBe(0);
    expect(filesize).toBe(end);
    expect(duration).toBeGreaterThan(times.at(-1)! / 1000);
    expect(duration).toBeLessThan(times.at(-1)! / 1000 + 0.1);
    for (const position of keyframes.filepositions) expect(offsets).toContain(position);
    expect(keyframes.times.at(-1)).toBe(Math.floor(times.at(-1)! / 2000) * 2);
    expect(lines).toEqual([
      `trace dvr: ${path} completed, which a killed server had left, ${end} bytes, ${cut - end} torn ones cut off`,
    ]);
    expect(filesBelow(folder)).toEqual(['live.s.1700000000000.flv']);
  });
});

test('an MP4 recording that was cut ends with its last whole fragment', async () => {
  const folder = newFolder('left-over');
  const intact = join(newFolder('left-over'), 'x');
  writeFileSync(intact, mp4);
  const boxes = topLevelBoxes(intact);
  const inLast = mp4.length - 10;
  const inFirst = mp4.indexOf('moof') + 100;
  writeFileSync(join(folder, 'last.mp4.tmp'), mp4.subarray(0, inLast));
  writeFileSync(join(folder, 'all.mp4.tmp'), mp4);
  writeFileSync(join(folder, 'first.mp4.tmp'), mp4.subarray(0, inFirst));
  const { output, lines } = server(`${folder}/[stream].mp4`);
  output.repairLeftOvers();
  await waitFor(
    () => `three lines: ${lines}`,
    () => lines.length === 3,
  );
  expect(filesBelow(folder)).toEqual(['all.mp4', 'last.mp4']);
  expect(readFileSync(join(folder, 'all.mp4')).equals(mp4)).toBe(true);
  expect(topLevelBoxes(join(folder, 'last.mp4'))).toEqual(boxes.slice(0, -2));
  expect(lines).toContain(
    `trace dvr: ${folder}/first.mp4.tmp removed, which a killed server had left without a whole frame`,
  );
});

test('what is written, not ours, or elsewhere stays; a name that is taken is not taken again', async () => {
  const folder = newFolder('left-over');
  const outside = newFolder('outside');
  const put = (name: string, bytes: Buffer | string) => writeFileSync(join(folder, name), bytes);
  mkdirSync(join(folder, 'live'));
  put('live/s.flv.tmp', flv);
  put('live/s.flv', 'older');
  put('live/busy.flv.tmp', flv);
  put('live/text.flv.tmp', 'a text of somebody else that is long enough to be no header');
  put('live/empty.flv.tmp', '');
  put('live/other.tmp', flv);
  writeFileSync(join(outside, 'away.flv.tmp'), flv);
  symlinkSync(outside, join(folder, 'link'));
  symlinkSync(join(outside, 'away.flv.tmp'), join(folder, 'live/link.flv.tmp'));
  const { output, lines } = server(`${folder}/[app]/[stream].flv`);
  publish(output);
  await waitFor('the own recording', () => existsSync(join(folder, 'live/s-1.flv.tmp')));
  output.repairLeftOvers();
  const writing = setInterval(() => appendFileSync(join(folder, 'live/busy.flv.tmp'), 'x'), QUIET_MS / 10);
  try {
    await waitFor(
      () => `all three: ${lines}`,
      () => lines.length === 4,
    );
  } finally {
    clearInterval(writing);
  }
  expect(filesBelow(folder)).toEqual([
    'live/busy.flv.tmp',
    'live/other.tmp',
    'live/s-1.flv.tmp',
    'live/s-2.flv',
    'live/s.flv',
    'live/text.flv.tmp',
  ]);
  expect(readFileSync(join(folder, 'live/s.flv'), 'utf8')).toBe('older');
  expect(filesBelow(outside)).toEqual(['away.flv.tmp']);
});

test('a server that closes meanwhile leaves all as it is', async () => {
  const folder = newFolder('left-over');
  writeFileSync(join(folder, 's.flv.tmp'), flv);
  const { output, lines } = server(`${folder}/[stream].flv`);
  output.repairLeftOvers();
  await output.close();
  expect(filesBelow(folder)).toEqual(['s.flv.tmp']);
  expect(lines).toEqual([]);
});
