import { describe, expect, test } from 'vitest';
import { TsMuxer } from '../../../../src/container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import { Segmenter, type SegmenterOptions } from '../../../../src/output/hls/segmenter.ts';
import { TsSegmentWriter } from '../../../../src/output/hls/ts-segment-writer.ts';
import { avcHeader } from '../../container/mpegts/messages.ts';
import { type CheckedPes, TsChecker } from '../../container/mpegts/ts-checker.ts';
import { hlsOptions } from './options.ts';
import { RecordingStore } from './recording-store.ts';
import { frames, source } from './source.ts';

/** A segmenter whose wall clock goes with the media. */
class Bench {
  readonly pages: BytePages;
  readonly store: RecordingStore;
  readonly muxer: TsMuxer;
  readonly segmenter: Segmenter;
  readonly skipped: string[] = [];
  readonly warnings: string[] = [];
  #nowMs = 1_700_000_000_000;

  constructor(changes: Partial<SegmenterOptions> = {}, pages = new BytePages(), hasVideo = false) {
    this.pages = pages;
    this.store = new RecordingStore(pages);
    this.muxer = new TsMuxer({ packsAudio: changes.dropsVideo === true });
    this.segmenter = new Segmenter(hlsOptions(changes), {
      createWriter: (host) => new TsSegmentWriter(this.muxer, host),
      store: this.store,
      pages,
      timeline: { lastMs: -1 },
      hasVideo,
      wallClock: () => this.#nowMs,
      onSkip: (track, reason) => this.skipped.push(`${track}: ${reason}`),
      onWarning: (text) => this.warnings.push(text),
    });
  }

  feed(messages: readonly MediaMessage[]): this {
    for (const message of messages) {
      this.#nowMs = 1_700_000_000_000 + message.timestampMs;
      this.segmenter.message(message);
    }
    return this;
  }

  end(): this {
    this.segmenter.end();
    return this;
  }

  get durations(): number[] {
    return this.store.segments.map(({ durationMs }) => durationMs);
  }

  /** Checks every segment and returns what is in them. */
  check(): CheckedPes[] {
    const checker = new TsChecker();
    const pes = this.store.segments.flatMap(({ bytes, isDiscontinuity }, index) => {
      return checker.check(bytes, `segment ${index}`, { isDiscontinuity }).pes;
    });
    expect(checker.problems).toEqual([]);
    return pes;
  }
}

/** Times of all frames of a track, ticks. */
const times = (pes: readonly CheckedPes[], pid: number) =>
  pes.filter((unit) => unit.pid === pid).map(({ dts }) => dts);
const timesOf = (messages: readonly MediaMessage[], track: string) =>
  messages.filter((message) => message.track === track).map(({ timestampMs }) => timestampMs * 90);

function expectAll(bench: Bench, messages: readonly MediaMessage[]): void {
  const pes = bench.check();
  expect(times(pes, 0x100)).toEqual(timesOf(messages, 'video'));
  expect(times(pes, 0x101)).toEqual(timesOf(messages, 'audio'));
}

describe('cuts a stream with a key frame every 2 s as SRS 4 does', () => {
  // Figures of the sheet, 3.3: the length is that without the key frame.
  test.each([
    { fragmentMs: 10_000, fromMs: 11_960, toMs: 12_000 },
    { fragmentMs: 5000, fromMs: 5960, toMs: 6000 },
    { fragmentMs: 2000, fromMs: 3960, toMs: 4000 },
  ])('hls_fragment of $fragmentMs ms', ({ fragmentMs, fromMs, toMs }) => {
    const all = frames({ seconds: 60 });
    const bench = new Bench({ fragmentMs }).feed(source({ seconds: 60 })).end();
    for (const durationMs of bench.durations.slice(0, -1)) {
      expect(durationMs).toBeGreaterThanOrEqual(fromMs);
      expect(durationMs).toBeLessThan(toMs);
    }
    expect(bench.durations.length).toBe(Math.ceil(60_000 / toMs));
    expectAll(bench, all);
  });

  test('hls_wait_keyframe off', () => {
    const bench = new Bench({ fragmentMs: 2000, waitsForKeyFrame: false })
      .feed(source({ seconds: 10 }))
      .end();
    for (const durationMs of bench.durations.slice(0, -1)) {
      expect(durationMs).toBeGreaterThanOrEqual(2000);
      expect(durationMs).toBeLessThanOrEqual(2040);
    }
  });

  test('hls_ts_floor with a fragment of 2 s: segments of 2 s', () => {
    const bench = new Bench({ fragmentMs: 2000, isFloor: true }).feed(source({ seconds: 20 })).end();
    const floors = bench.store.segments.map(({ moment }) => moment.floor as number);
    expect(floors).toEqual(floors.map((_, index) => floors[0]! + index));
    for (const durationMs of bench.durations.slice(0, -1)) {
      expect(durationMs).toBeGreaterThanOrEqual(1960);
      expect(durationMs).toBeLessThanOrEqual(2000);
    }
  });
});

describe('without key frames in time', () => {
  test('audio cuts at hls_aof_ratio', () => {
    const options = { fragmentMs: 2000 };
    const messages = source({ seconds: 20, gopSec: 60 });
    const bench = new Bench(options).feed(messages).end();
    expect(bench.durations.slice(0, -1).every((ms) => ms >= 4000 && ms < 4050)).toBe(true);
  });

  test('pictures alone are cut after three times that', () => {
    const bench = new Bench({ fragmentMs: 1000 })
      .feed(source({ seconds: 20, gopSec: 60, hasAudio: false }))
      .end();
    expect(bench.durations.slice(0, -1)).toEqual([6000, 6000, 6000]);
  });

  test('pictures before the first key frame are left out, sound is kept', () => {
    const messages = source({ seconds: 6 });
    const late = messages.filter(
      ({ track, timestampMs, isSequenceHeader }) =>
        isSequenceHeader || track === 'audio' || timestampMs > 1000,
    );
    const pes = new Bench().feed(late).end().check();
    expect(times(pes, 0x100)[0]).toBe(2000 * 90);
    expect(times(pes, 0x101)[0]).toBe(0);
  });

  test('without any, pictures are kept after the time of a fragment', () => {
    const messages = source({ seconds: 20 }).map((message) => ({ ...message, isKeyFrame: false }));
    const bench = new Bench({ fragmentMs: 4000 }).feed(messages).end();
    const pes = bench.store.segments.flatMap(
      ({ bytes }) => new TsChecker().check(bytes, 'one', { startsWithKeyFrame: false }).pes,
    );
    expect(times(pes, 0x100)[0]).toBe(4000 * 90);
    expect(times(pes, 0x100).length).toBe(16 * 25);
    expect(Math.max(...bench.durations), 'no segment grows for ever').toBeLessThan(8100);
  });
});

describe('joined in the middle of a publish, between two key frames', () => {
  const options = { fragmentMs: 4000 };
  const messages = [
    ...source({ seconds: 0 }),
    ...frames({ seconds: 12 }).filter(({ timestampMs }) => timestampMs > 5010),
  ];
  const expectKeyFrameFirst = (bench: Bench) => {
    const pes = bench.check();
    expect(times(pes, 0x100)[0]).toBe(6000 * 90);
    expect(times(pes, 0x101)[0]).toBeGreaterThanOrEqual(6000 * 90);
    expect(times(pes, 0x101)[0]).toBeLessThan(6030 * 90);
  };

  test('of a stream that has had pictures: sound waits for the key frame, too', () => {
    const bench = new Bench(options, undefined, true).feed(messages).end();
    expectKeyFrameFirst(bench);
    expect(bench.store.discarded).toBe(0);
  });

  test('as a publish begins at an edge: sound is followed by a picture that is no key frame', () => {
    expect(messages.find(({ isSequenceHeader }) => !isSequenceHeader)?.track).toBe('audio');
    const bench = new Bench(options).feed(messages).end();
    expectKeyFrameFirst(bench);
    expect(bench.store.segments[0]?.isDiscontinuity).toBe(true);
  });

  test('sound of which no picture comes is kept after the time of a fragment', () => {
    const sound = messages.filter(({ track }) => track === 'audio');
    const pes = new Bench(options, undefined, true).feed(sound).end().check();
    expect(times(pes, 0x101)[0]! / 90 - 5010).toBeGreaterThanOrEqual(4000);
    expect(times(pes, 0x101)[0]! / 90 - 5010).toBeLessThan(4050);
  });
});

describe('streams of one track', () => {
  test('audio only: cut at hls_aof_ratio, no phantom video', () => {
    const options = { seconds: 60, framesPerSec: 0 };
    const bench = new Bench({ fragmentMs: 5000 }).feed(source(options)).end();
    expectAll(bench, frames(options));
    expect(bench.durations.slice(0, -1).every((ms) => ms >= 10_000 && ms < 10_050)).toBe(true);
  });

  test('video only: no phantom audio', () => {
    const options = { seconds: 30, hasAudio: false };
    const bench = new Bench().feed(source(options)).end();
    expectAll(bench, frames(options));
  });

  test('hls_vcodec vn: sound in few packets, pictures only decide where to cut', () => {
    const options = { seconds: 30 };
    const bench = new Bench({ fragmentMs: 5000, dropsVideo: true }).feed(source(options)).end();
    const pes = bench.check();
    expect(times(pes, 0x100)).toEqual([]);
    expect(times(pes, 0x101).length).toBeLessThan((30 * 43) / 3);
    for (const durationMs of bench.durations.slice(0, -1)) {
      expect(durationMs).toBeGreaterThanOrEqual(5850);
      expect(durationMs).toBeLessThanOrEqual(6000);
    }
  });

  test('hls_vcodec vn while there is no sound: no empty segments', () => {
    const messages = source({ seconds: 40 }).filter(
      ({ track, timestampMs }) => track === 'video' || timestampMs < 8000 || timestampMs > 30_000,
    );
    const bench = new Bench({ fragmentMs: 5000, dropsVideo: true }).feed(messages).end();
    expect(bench.store.segments.every(({ bytes }) => bytes.length > 376)).toBe(true);
    expect(bench.store.discarded).toBeGreaterThan(0);
    bench.check();
  });

  test('a track that comes later is in the tables from then on', () => {
    const video = source({ seconds: 30, hasAudio: false });
    const audio = source({ seconds: 10, startMs: 20_000, framesPerSec: 0 });
    const messages = [...video, ...audio].sort((a, b) => a.timestampMs - b.timestampMs);
    const bench = new Bench().feed(messages).end();
    const pes = bench.check();
    expect(times(pes, 0x101).length).toBe(audio.length - 1);
  });
});

describe('discontinuities', () => {
  test('the first segment, and no other', () => {
    const bench = new Bench({ fragmentMs: 2000 }).feed(source({ seconds: 20 })).end();
    expect(bench.store.segments.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual(
      bench.durations.map((_, index) => index === 0),
    );
  });

  test('none for a sequence header that is repeated', () => {
    const messages = frames({ seconds: 20 }).flatMap((message) =>
      message.isKeyFrame ? [avcHeader(message.timestampMs), message] : [message],
    );
    const bench = new Bench({ fragmentMs: 2000 }).feed([...source({ seconds: 0 }), ...messages]).end();
    expect(bench.store.segments.filter(({ isDiscontinuity }) => isDiscontinuity).length).toBe(1);
  });

  test('a changed sequence header ends the segment at the next key frame', () => {
    const changed = avcHeader(3000);
    const payload = Buffer.from(changed.payload);
    payload[5 + 8 + 4] = 0x77;
    const messages = source({ seconds: 20 });
    const at = messages.findIndex(({ timestampMs }) => timestampMs > 3000);
    messages.splice(at, 0, { ...changed, payload });
    const bench = new Bench().feed(messages).end();
    expect(bench.store.segments.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual([true, true, false]);
    expect(bench.durations[0]).toBeGreaterThan(3900);
    expect(bench.durations[0]).toBeLessThan(4000);
  });
});

describe('a store that is too slow', () => {
  const messages = source({ seconds: 40, pictureSize: 4000 });
  const until = (ms: number) => messages.filter(({ timestampMs }) => timestampMs < ms);
  const from = (ms: number) => messages.filter(({ timestampMs }) => timestampMs >= ms);

  test('loses the open segment, goes on at a key frame and says so', () => {
    const bench = new Bench({ fragmentMs: 4000 }).feed(until(9000));
    bench.store.pendingBytes = 33 * 1024 * 1024;
    bench.feed(messages.filter(({ timestampMs }) => timestampMs >= 9000 && timestampMs < 20_500));
    expect(bench.store.discarded).toBe(1);
    expect(bench.warnings.length).toBe(1);
    expect(bench.warnings[0]).toMatch(/33 MB of this stream/);
    bench.store.pendingBytes = 0;
    bench.feed(from(20_500)).end();
    const pes = bench.check();
    expect(bench.store.discarded).toBe(1);
    expect(bench.store.segments.map(({ isDiscontinuity }) => isDiscontinuity).filter(Boolean).length).toBe(2);
    expect(times(pes, 0x100)).toContain(22_000 * 90);
    expect(times(pes, 0x100)).not.toContain(20_520 * 90);
  });

  test('all streams together hold no more than the budget', () => {
    const pages = new BytePages(300_000);
    const benches = [new Bench({}, pages), new Bench({}, pages), new Bench({}, pages)];
    for (const bench of benches) bench.feed(until(3000));
    expect(pages.usedBytes).toBeLessThanOrEqual(300_000);
    expect(benches.map(({ store }) => store.discarded > 0)).toEqual([false, false, true]);
    benches[0]!.end();
    benches[1]!.end();
    expect(pages.usedBytes).toBe(0);
    benches[2]!.feed(from(3000)).end();
    benches[2]!.check();
    expect(benches[2]!.store.segments.length).toBeGreaterThan(1);
  });
});

test('frames larger than a page, and pages that fill up', () => {
  const options = { seconds: 8, pictureSize: 60_000 };
  const bench = new Bench({ fragmentMs: 4000 }).feed(source(options)).end();
  expectAll(bench, frames(options));
  expect(bench.pages.usedBytes).toBe(0);
});

test('what cannot be muxed is reported and harms nothing', () => {
  const messages = source({ seconds: 5 }).filter(
    ({ isSequenceHeader, track }) => !isSequenceHeader || track === 'audio',
  );
  const bench = new Bench().feed(messages).end();
  expect(new Set(bench.skipped)).toEqual(new Set(['video: no usable sequence header']));
  expect(times(bench.check(), 0x101).length).toBe(215);
});

test('hls_dts_directly off: audio times are counted in samples', () => {
  const bench = new Bench({ isDtsDirect: false }).feed(source({ seconds: 20 })).end();
  const audio = times(bench.check(), 0x101);
  const steps = new Set(audio.slice(1).map((time, index) => time - audio[index]!));
  expect([...steps].every((step) => step === 2089 || step === 2090)).toBe(true);
});

test("a publisher's own clock may wrap at 32 bits", () => {
  const startMs = 2 ** 32 - 5000;
  const messages = source({ seconds: 10, startMs }).map((message) => ({
    ...message,
    timestampMs: message.timestampMs >>> 0,
  }));
  const bench = new Bench({ fragmentMs: 4000 }).feed(messages).end();
  expect(bench.durations.map((ms) => Math.round(ms / 1000))).toEqual([6, 4]);
  expect(times(bench.check(), 0x100).length).toBe(250);
});

test("a publisher's own clock may jump back by an hour: segments end as before, nothing is lost", () => {
  const before = source({ seconds: 10, startMs: 3_600_000 });
  const bench = new Bench({ fragmentMs: 4000 }).feed([...before, ...frames({ seconds: 10 })]).end();
  expect(bench.durations.every((ms) => ms <= 8000)).toBe(true);
  const pes = bench.store.segments.flatMap(({ bytes }) => new TsChecker().check(bytes, 'one').pes);
  expect(times(pes, 0x100).length).toBe(2 * 250);
});

test('nothing is opened by a publish without media', () => {
  const bench = new Bench().feed(source({ seconds: 0 })).end();
  expect(bench.store.segments).toEqual([]);
});
