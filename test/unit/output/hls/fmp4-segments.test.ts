import { expect, test } from 'vitest';
import { Fmp4Muxer } from '../../../../src/container/mp4/fmp4-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import { Fmp4SegmentWriter } from '../../../../src/output/hls/fmp4-segment-writer.ts';
import { Segmenter } from '../../../../src/output/hls/segmenter.ts';
import { findAll, readBoxes, readSamples, type Sample } from '../../container/mp4/box-reader.ts';
import { avcHeader } from '../../container/mpegts/messages.ts';
import { hlsOptions } from './options.ts';
import { RecordingStore } from './recording-store.ts';
import { frames, source } from './source.ts';

class Bench {
  readonly pages: BytePages;
  readonly store: RecordingStore;
  readonly segmenter: Segmenter;

  constructor(fragmentMs: number, pages = new BytePages()) {
    this.pages = pages;
    this.store = new RecordingStore(pages);
    this.segmenter = new Segmenter(hlsOptions({ fragmentMs }), {
      createWriter: (host) => new Fmp4SegmentWriter(new Fmp4Muxer(), host),
      store: this.store,
      pages,
      timeline: { lastMs: -1 },
      hasVideo: false,
      wallClock: () => 0,
      onSkip: () => {},
      onWarning: () => {},
    });
  }

  feed(messages: readonly MediaMessage[]): this {
    for (const message of messages) this.segmenter.message(message);
    this.segmenter.end();
    return this;
  }

  get samples(): Sample[] {
    return this.store.segments.flatMap(({ bytes }) => readSamples(bytes));
  }

  trackCount(index: number): number {
    return findAll(readBoxes(this.store.segments[index]!.init!), 'moov/trak').length;
  }
}

const timesMs = (samples: readonly Sample[]) =>
  samples.filter(({ trackId }) => trackId === 1).map(({ time }) => time / 90);

test('every frame is in the segments, each starts with a key frame, and all pages come back', () => {
  const options = { seconds: 30, pictureSize: 3000 };
  const bench = new Bench(4000).feed(source(options));
  const all = frames(options);
  const video = all.filter(({ track }) => track === 'video');
  expect(timesMs(bench.samples)).toEqual(video.map(({ timestampMs }) => timestampMs));
  expect(bench.samples.filter(({ trackId }) => trackId === 2).map(({ data }) => data.length)).toEqual(
    all.filter(({ track }) => track === 'audio').map(({ payload }) => payload.length - 2),
  );
  for (const { bytes } of bench.store.segments) {
    expect(readSamples(bytes).find(({ trackId }) => trackId === 1)?.isKey).toBe(true);
  }
  expect(new Set(bench.store.segments.map(({ init }) => init?.toString('hex'))).size).toBe(1);
  expect(bench.trackCount(0)).toBe(2);
  expect(bench.pages.usedBytes).toBe(0);
});

test('fragments are about a second, and their heads fit also with many small frames', () => {
  const bench = new Bench(30_000).feed(source({ seconds: 29, pictureSize: 20, gopSec: 1 }));
  const heads = readBoxes(bench.store.segments[0]!.bytes).filter(({ type }) => type === 'moof');
  expect(heads.length).toBeGreaterThan(2);
  expect(bench.samples.length).toBe(frames({ seconds: 29 }).length);
});

test('audio only', () => {
  const options = { seconds: 30, framesPerSec: 0 };
  const bench = new Bench(4000).feed(source(options));
  expect(bench.samples.length).toBe(frames(options).length);
  expect(bench.trackCount(0)).toBe(1);
});

test('sound that comes later opens a segment of its own, with a new init segment', () => {
  const video = source({ seconds: 20, hasAudio: false, pictureSize: 3000 });
  const audio = source({ seconds: 10, startMs: 9000, framesPerSec: 0 });
  const bench = new Bench(4000).feed([...video, ...audio].sort((a, b) => a.timestampMs - b.timestampMs));
  const { segments } = bench.store;
  const change = segments.findIndex((_, index) => bench.trackCount(index) === 2);
  expect(change).toBeGreaterThan(0);
  expect(segments[change]?.isDiscontinuity).toBe(true);
  expect(timesMs(bench.samples).length).toBe(500);
});

test('pictures that come later do so with their first key frame', () => {
  const audio = source({ seconds: 30, framesPerSec: 0 });
  const video = source({ seconds: 18, startMs: 12_000, hasAudio: false });
  const bench = new Bench(2000).feed([...video, ...audio].sort((a, b) => a.timestampMs - b.timestampMs));
  expect(timesMs(bench.samples)[0]).toBe(12_000);
  expect(timesMs(bench.samples).length).toBe(18 * 25);
});

test('a changed configuration comes with the segment that it opens', () => {
  const changed = avcHeader(3000);
  const payload = Buffer.from(changed.payload);
  payload[5 + 8 + 4] = 0x77;
  const messages = source({ seconds: 8 });
  const at = messages.findIndex(({ timestampMs }) => timestampMs >= 4000);
  messages.splice(at, 0, { ...changed, payload });
  const { segments } = new Bench(10_000).feed(messages).store;
  expect(segments.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual([true, true]);
  expect(segments[0]?.init?.equals(segments[1]!.init!)).toBe(false);
});

test('without pages the segment is lost, and the next one starts clean', () => {
  const bench = new Bench(2000, new BytePages(1));
  bench.feed(source({ seconds: 5 }));
  expect(bench.store.segments).toEqual([]);
  expect(bench.store.discarded).toBeGreaterThan(0);
  expect(bench.pages.usedBytes).toBe(0);
});
