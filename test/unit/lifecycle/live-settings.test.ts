import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MediaMessage } from '../../../src/media/message.ts';
import { PLAIN_FRAMING } from '../../../src/output/body-framing.ts';
import { Fanout, type FanoutOptions } from '../../../src/output/fanout.ts';
import { FlvFormat } from '../../../src/output/flv/flv-format.ts';
import type { Publication, Stream, StreamOptions } from '../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { SlotClock } from '../../../src/timing/slot-clock.ts';
import { FakeSink } from '../output/fake-sink.ts';

const STREAM: StreamOptions = {
  hasGopCache: true,
  gopCacheMaxFrames: 2500,
  gopCacheMaxBytes: 1 << 20,
  hasPublisherTime: false,
  reduceSequenceHeader: false,
  hasPublisherTimeIfAsked: false,
};

function video(timestampMs: number, isKeyFrame: boolean): MediaMessage {
  return {
    track: 'video',
    timestampMs,
    codec: 'h264',
    isKeyFrame,
    isSequenceHeader: false,
    payload: Buffer.alloc(100, timestampMs),
  };
}

let stream: Stream;
let publication: Publication;

beforeEach(() => {
  vi.useFakeTimers();
  stream = new StreamRegistry().fetchOrCreate({ vhost: 'v', app: 'a', stream: 's' }, STREAM);
  publication = stream.publish({ stop: () => {} }) as Publication;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a running stream', () => {
  test('gives its GOP cache up at once when it is switched off, and fills it from the next key frame on', () => {
    publication.message(video(0, true));
    publication.message(video(40, false));
    expect(stream.gopCache.count).toBe(2);
    stream.configure({ ...STREAM, hasGopCache: false });
    expect(stream.gopCache).toEqual({ count: 0, sizeBytes: 0 });
    publication.message(video(80, true));
    expect(stream.gopCache.count).toBe(0);
    stream.configure(STREAM);
    publication.message(video(120, false));
    expect(stream.gopCache.count).toBe(0);
    publication.message(video(160, true));
    expect(stream.gopCache.count).toBe(1);
  });

  test('bounds its GOP cache by the new limit', () => {
    publication.message(video(0, true));
    publication.message(video(40, false));
    stream.configure({ ...STREAM, gopCacheMaxFrames: 2 });
    publication.message(video(80, false));
    expect(stream.gopCache.count).toBe(0);
  });

  test('keeps its kind of clock, which its viewers rely on', () => {
    stream.configure({ ...STREAM, hasPublisherTime: true, reduceSequenceHeader: true });
    expect(stream.options).toEqual({ ...STREAM, reduceSequenceHeader: true });
  });
});

describe('viewers of a running stream', () => {
  const base = {
    queueLengthMs: 30_000,
    queueLengthBytes: 1 << 20,
    joinWindowMs: 0,
    sendTimeoutMs: 30_000,
    hasPublisherTime: false,
    now: () => performance.now(),
  };
  const skips: number[] = [];
  let sink: FakeSink;
  let fanout: Fanout;
  let viewer: ReturnType<Fanout['add']>;

  function start(clock: SlotClock | undefined): void {
    const options: FanoutOptions = { ...base, clock };
    fanout = new Fanout(stream, new FlvFormat(PLAIN_FRAMING), options, () => {});
    sink = new FakeSink();
    skips.length = 0;
    const onSkip = (count: number) => void skips.push(count);
    viewer = fanout.add({ sink, preamble: undefined, durationMs: 0, onEnd: () => {}, onSkip });
    publication.message(video(0, true));
    vi.advanceTimersByTime(2000);
    sink.writes = 0;
  }

  test('get another rhythm: merged writes, then every message at once, then merged again', () => {
    const slow = new SlotClock(1000);
    start(slow);
    // Ends the pause, which is a reason for a flush of its own.
    publication.message(video(20, false));
    vi.advanceTimersByTime(1);
    sink.writes = 0;
    publication.message(video(40, false));
    vi.advanceTimersByTime(1);
    expect(sink.writes).toBe(0);

    fanout.configure({ ...base, clock: undefined });
    vi.advanceTimersByTime(1);
    expect(sink.writes, 'what waited goes out').toBeGreaterThan(0);
    sink.writes = 0;
    publication.message(video(80, false));
    vi.advanceTimersByTime(1);
    expect(sink.writes).toBeGreaterThan(0);

    fanout.configure({ ...base, clock: new SlotClock(300) });
    sink.writes = 0;
    publication.message(video(120, false));
    expect(sink.writes).toBe(0);
    vi.advanceTimersByTime(301);
    expect(sink.writes).toBeGreaterThan(0);
    fanout.remove(viewer);
    expect(vi.getTimerCount(), 'no timer is left').toBe(0);
  });

  test('get another limit for how far they may fall behind', () => {
    start(new SlotClock(100));
    sink.isBlocked = true;
    publication.message(video(40, false));
    vi.advanceTimersByTime(200);
    for (let ms = 80; ms <= 6000; ms += 40) publication.message(video(ms, ms % 1000 === 0));
    vi.advanceTimersByTime(200);
    expect(skips).toEqual([]);
    fanout.configure({ ...base, queueLengthMs: 5000, clock: new SlotClock(100) });
    publication.message(video(6040, false));
    vi.advanceTimersByTime(200);
    expect(skips.length).toBe(1);
    fanout.remove(viewer);
    expect(vi.getTimerCount()).toBe(0);
  });
});
