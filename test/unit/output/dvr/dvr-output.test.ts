// Recording in fake time: odd publishers, and a disk that takes nothing for a while.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../../../src/log/logger.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { DiskQueues } from '../../../../src/output/disk/disk-queue.ts';
import type { DvrOptions } from '../../../../src/output/dvr/dvr-options.ts';
import { DvrOutput } from '../../../../src/output/dvr/dvr-output.ts';
import type { Publication } from '../../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { arrayBuffersHeld } from '../../../helpers/array-buffers.ts';
import { type FlvTag, flvTagType, parseFlv } from '../../../helpers/flv.ts';
import { newFolder } from '../../../helpers/names.ts';
import { flvMetadata } from '../../../helpers/recordings.ts';
import { streamOptions } from '../../../helpers/stream-options.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { type Box, findAll, readBoxes } from '../../container/mp4/box-reader.ts';
import { aacFrame, aacHeader, avcFrame, avcHeader, slice } from '../../container/mpegts/messages.ts';
import { source } from '../hls/source.ts';

class Bench {
  readonly folder = newFolder('dvr');
  readonly lines: string[] = [];
  readonly files: string[] = [];
  readonly queues = new DiskQueues(4);
  readonly output: DvrOutput;
  nowMs = 0;

  constructor(changes: Partial<DvrOptions> = {}, file = 'x.flv') {
    const options: DvrOptions = {
      streams: undefined,
      plan: 'session',
      path: `${this.folder}/${file}`,
      durationMs: 10_000,
      waitsForKeyFrame: true,
      jitter: 'full',
      isUtc: true,
      repairMs: 0,
      ...changes,
    };
    const writeLine = (level: string, _: string, __: string | undefined, text: string) =>
      this.lines.push(`${level} ${text}`);
    this.output = new DvrOutput({
      findOptions: () => options,
      log: createLogger({ isEnabled: () => true, writeLine }),
      queues: this.queues,
      onFile: (_, { path }) => this.files.push(path),
      now: () => this.nowMs,
    });
    benches.push(this);
  }

  publish(): Publication {
    const id = { vhost: 'v', app: 'live', stream: 's' };
    const stream = new StreamRegistry().fetchOrCreate(id, streamOptions());
    this.output.attach(stream);
    return stream.publish({ stop: () => {} })!;
  }

  /** Publishes all of it; the recordings in the order of their completion. */
  async record(messages: readonly MediaMessage[]): Promise<FlvTag[][]> {
    const publication = this.publish();
    for (const message of messages) publication.message(message);
    publication.end();
    await this.output.close();
    return this.files.map((path) => parseFlv(readFileSync(path)).tags.filter(isMedia));
  }
}

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.output.close();
});

const isMedia = ({ type }: FlvTag) => type !== flvTagType.script;
const isVideoFrame = ({ type, body }: FlvTag) => type === flvTagType.video && body[1] === 1;

test('a segment ends where it is as long as asked, sound alone at any frame', async () => {
  const audio = source({ seconds: 35, framesPerSec: 0 });
  const files = await new Bench({ plan: 'segment' }).record(audio);
  expect(files.map((tags) => tags.at(-1)!.timestampMs)).toEqual([
    expect.closeTo(9980, -2),
    expect.closeTo(9980, -2),
    expect.closeTo(9980, -2),
    expect.closeTo(4950, -2),
  ]);
  expect(
    files.map((tags) => tags.filter(({ body }) => body[1] === 0).length),
    'headers',
  ).toEqual([1, 1, 1, 1]);
  const frames = files.flat().filter(({ body }) => body[1] === 1).length;
  expect(frames).toBe(audio.length - 1);
});

test.each(['full', 'zero', 'off'] as const)(
  'a clock that jumps back by an hour neither holds the file open nor the frames back: time_jitter %s',
  async (jitter) => {
    const before = source({ seconds: 15, startMs: 3_600_000 });
    const after = source({ seconds: 25 });
    const files = await new Bench({ plan: 'segment', jitter }).record([...before, ...after]);
    const frames = files.flat().filter(isVideoFrame).length;
    expect(frames).toBe((15 + 25) * 25);
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const tags of files) expect(tags.filter(isVideoFrame).length).toBeLessThanOrEqual(20 * 25);
  },
);

test('pictures that stop do not keep a segment open for ever', async () => {
  const video = source({ seconds: 5, hasAudio: false });
  const audio = source({ seconds: 42, framesPerSec: 0 });
  const mixed = [...video, ...audio].sort((a, b) => a.timestampMs - b.timestampMs);
  const files = await new Bench({ plan: 'segment' }).record(mixed);
  const lengths = files.map((tags) => Math.round(tags.at(-1)!.timestampMs / 1000));
  expect(lengths.reduce((sum, length) => sum + length)).toBeGreaterThan(40);
  expect(Math.max(...lengths)).toBeLessThan(20);
});

test.each(['flv', 'mp4'])('a pause before the last picture is counted once: %s', async (format) => {
  const bench = new Bench({}, `x.${format}`);
  const end = [avcFrame(8040, true, [slice(true, 300)]), aacFrame(8040, 100), aacFrame(8063, 100)];
  const publication = bench.publish();
  for (const message of [...source({ seconds: 6 }), ...end]) publication.message(message);
  publication.end();
  await bench.output.close();
  const [path] = bench.files;
  expect(format === 'flv' ? flvMetadata(path!).duration : movieSec(path!)).toBeCloseTo(8.08, 1);
});

/** The list of a complete movie, at its end. */
function moovOf(path: string): readonly Box[] {
  const bytes = readFileSync(path);
  return readBoxes(bytes.subarray(bytes.lastIndexOf('moov') - 4));
}

/** Length of a movie by its header (ISO/IEC 14496-12, 8.2.2). */
function movieSec(path: string): number {
  const [header] = findAll(moovOf(path), 'moov/mvhd');
  return header!.body.readUInt32BE(16) / header!.body.readUInt32BE(12);
}

test('pictures without any key frame are recorded after a while', async () => {
  const pictures = Array.from({ length: 500 }, (_, index) =>
    avcFrame(index * 40, false, [slice(false, 300)]),
  );
  const [tags] = await new Bench().record([avcHeader(0), ...pictures]);
  expect(tags!.filter(isVideoFrame).length).toBe(250);
});

test('with dvr_wait_keyframe off a segment is as long as asked to the frame', async () => {
  const messages = source({ seconds: 30, hasAudio: false, gopSec: 7 });
  const files = await new Bench({ plan: 'segment', waitsForKeyFrame: false }).record(messages);
  expect(files.map((tags) => tags.filter(isVideoFrame).length)).toEqual([250, 250, 250]);
});

test('a publisher that changes its codecs all the time makes few files', async () => {
  const bench = new Bench({}, 'x.mp4');
  const publication = bench.publish();
  for (let index = 0; index < 500; index++) {
    const header = avcHeader(index * 1000);
    const payload = Buffer.from(header.payload);
    payload[5 + 3] = index % 250;
    publication.message({ ...header, payload });
    publication.message(avcFrame(index * 1000, true, [slice(true, 500)]));
  }
  publication.end();
  await bench.output.close();
  expect(readdirSync(bench.folder).length).toBeLessThanOrEqual(31);
  for (const path of bench.files) {
    expect(readFileSync(path).length).toBeGreaterThan(500);
  }
});

test('a disk that takes nothing costs a bounded amount of memory and one line, and the recording goes on', async () => {
  const bench = new Bench();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const queue = bench.queues.get(`${bench.folder}/`);
  for (let thread = 0; thread < 3; thread++) void queue.run(() => gate);
  const publication = bench.publish();
  const made = (startMs: number, seconds: number) =>
    source({ seconds, startMs, hasAudio: false, pictureSize: 50_000 });
  const feed = (messages: readonly MediaMessage[]) => {
    for (const message of messages) publication.message(message);
  };
  const minute = made(0, 60); // about 90 MB
  const before = arrayBuffersHeld();
  feed(minute);
  const held = arrayBuffersHeld() - before;
  expect(held).toBeGreaterThan(16 * 1024 * 1024);
  expect(held).toBeLessThan(45 * 1024 * 1024);
  expect(
    bench.lines.filter((line) => /warn dvr: the disk is too slow for \S*s, a part is left out/.test(line)),
  ).toHaveLength(1);
  open();
  await waitFor('the disk to catch up', () => {
    const [name] = readdirSync(bench.folder);
    return name && readFileSync(join(bench.folder, name)).length > 20_000_000;
  });
  feed(made(60_000, 4));
  publication.end();
  await bench.output.close();
  const tags = parseFlv(readFileSync(bench.files[0]!)).tags.filter(isVideoFrame);
  const frames = tags.map(({ timestampMs }) => timestampMs);
  const gap = frames.findIndex((time, index) => index > 0 && time - frames[index - 1]! > 40);
  expect(tags[gap]!.body[0]! >> 4, 'after the gap comes a key frame').toBe(1);
  expect(frames.at(-1)).toBeGreaterThan(60_000);
  expect(frames.length).toBeLessThan(minute.length);
});

test('an MP4 file is one list of samples over what was recorded', async () => {
  const bench = new Bench({}, 'x.mp4');
  const publication = bench.publish();
  for (const message of source({ seconds: 12 })) publication.message(message);
  publication.end();
  await bench.output.close();
  const boxes = moovOf(bench.files[0]!);
  const counts = findAll(boxes, 'moov/trak/mdia/minf/stbl/stsz').map(({ body }) => body.readUInt32BE(8));
  expect(counts).toEqual([300, 516]);
  expect(findAll(boxes, 'moov/mvex')).toEqual([]);
});

test('a publish without media leaves nothing', async () => {
  const bench = new Bench();
  expect(await bench.record([avcHeader(0), aacHeader('1210', 0)])).toEqual([]);
  expect(readdirSync(bench.folder)).toEqual([]);
});

test('sound before the first picture is kept', async () => {
  const [tags] = await new Bench().record([
    avcHeader(0),
    aacHeader('1210', 0),
    aacFrame(0, 100),
    aacFrame(23, 100),
    avcFrame(40, false, [slice(false, 300)]),
    avcFrame(80, true, [slice(true, 300)]),
  ]);
  expect(tags!.map(({ type, timestampMs }) => `${type} ${timestampMs}`)).toEqual([
    ...['9 0', '8 0'],
    ...['8 0', '8 23', '9 80'],
  ]);
});
