import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { MediaMessage } from '../../../src/media/message.ts';
import { CHUNKED_FRAMING, PLAIN_FRAMING } from '../../../src/output/body-framing.ts';
import { Fanout, type ViewerFormat } from '../../../src/output/fanout.ts';
import { FlvFormat } from '../../../src/output/flv/flv-format.ts';
import { RtmpFormat } from '../../../src/output/rtmp/rtmp-format.ts';
import type { Viewer, ViewerEnd } from '../../../src/output/viewer.ts';
import type { Publication, Stream, StreamOptions } from '../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { SlotClock } from '../../../src/timing/slot-clock.ts';
import { FakeSink } from './fake-sink.ts';
import { type ReadMessage, readChunked, readFlv, readRtmp } from './wire-readers.ts';

const CHUNK_SIZE = 300;
const AUDIO_TYPE = 8;
const VIDEO_TYPE = 9;
const DATA_TYPE = 18;

const OPTIONS: StreamOptions = {
  hasGopCache: true,
  gopCacheMaxFrames: 2500,
  gopCacheMaxBytes: 1 << 26,
  hasPublisherTime: false,
  reduceSequenceHeader: false,
  hasPublisherTimeIfAsked: false,
};

/** A publisher with recognisable payloads: 25 fps, a key frame each `gop` frames, audio in between. */
class TestPublisher {
  readonly publication: Publication;
  readonly startMs: number;
  readonly gop: number;
  sent: ReadMessage[] = [];
  #frame = 0;

  constructor(stream: Stream, startMs: number, gop = 10) {
    this.startMs = startMs;
    this.gop = gop;
    const publication = stream.publish({ stop: () => {} });
    if (publication === undefined) throw new Error('busy');
    this.publication = publication;
  }

  headers(suffix = ''): void {
    this.publication.metadata(Buffer.from(`metadata${suffix}`));
    this.#send('audio', 0, false, true, Buffer.from(`audio header${suffix}`));
    this.#send('video', 0, false, true, Buffer.from(`video header${suffix}`));
  }

  frames(count: number, hasAudio = true): void {
    for (let i = 0; i < count; i++, this.#frame++) {
      const timestampMs = (this.startMs + this.#frame * 40) >>> 0;
      const isKey = this.#frame % this.gop === 0;
      this.#send('video', timestampMs, isKey, false, payload(`video ${this.#frame}`, isKey ? 1000 : 200));
      if (hasAudio) this.#send('audio', timestampMs + 7, false, false, payload(`audio ${this.#frame}`, 50));
    }
  }

  #send(
    track: 'audio' | 'video',
    timestampMs: number,
    isKeyFrame: boolean,
    isSequenceHeader: boolean,
    bytes: Buffer,
  ): void {
    const codec = track === 'video' ? 'h264' : 'aac';
    const message: MediaMessage = { track, timestampMs, codec, isKeyFrame, isSequenceHeader, payload: bytes };
    this.publication.message(message);
    if (!isSequenceHeader)
      this.sent.push({
        type: track === 'video' ? VIDEO_TYPE : AUDIO_TYPE,
        timestampMs,
        payload: Buffer.from(bytes),
      });
    bytes.fill(0xee); // lent only: whoever kept it without a copy shows garbage
  }
}

function payload(text: string, size: number): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(size, text.at(-1))]);
}

function media(messages: readonly ReadMessage[]): ReadMessage[] {
  return messages.filter((m) => m.type !== DATA_TYPE && !m.payload.includes('header'));
}

function expectSameMedia(got: readonly ReadMessage[], sent: readonly ReadMessage[], baseMs: number): void {
  expect(got.map((m) => [m.type, m.timestampMs, m.payload.toString('latin1')])).toEqual(
    sent.map((m) => [m.type, (m.timestampMs - baseMs) >>> 0, m.payload.toString('latin1')]),
  );
}

interface Wire {
  readonly name: string;
  readonly create: () => ViewerFormat;
  readonly read: (bytes: Buffer) => ReadMessage[];
}

const WIRES: readonly Wire[] = [
  { name: 'RTMP', create: () => new RtmpFormat(CHUNK_SIZE), read: (bytes) => readRtmp(bytes, CHUNK_SIZE) },
  {
    name: 'FLV',
    create: () => new FlvFormat(PLAIN_FRAMING),
    read: (bytes) => (bytes.length === 0 ? [] : readFlv(bytes).tags),
  },
  {
    name: 'chunked FLV',
    create: () => new FlvFormat(CHUNKED_FRAMING),
    read: (bytes) => (bytes.length === 0 ? [] : readFlv(readChunked(bytes).body).tags),
  },
];

describe.each(WIRES)('a fan-out in $name', ({ create, read }) => {
  let registry: StreamRegistry;
  let stream: Stream;
  let nowMs: number;
  let ends: ViewerEnd[];
  let skips: number[];

  beforeEach(() => {
    registry = new StreamRegistry();
    nowMs = 1_000_000;
    ends = [];
    skips = [];
    stream = registry.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, OPTIONS);
  });

  // Flushes are asked for by hand: a clock of which nobody waits for the timer.
  function createFanout(
    options: { queueLengthMs?: number; queueLengthBytes?: number; hasPublisherTime?: boolean } = {},
  ) {
    const groups: { run(): void }[] = [];
    const clock = new SlotClock(320);
    clock.add = (group) => {
      groups.push(group);
      return () => groups.splice(groups.indexOf(group), 1);
    };
    const fanout = new Fanout(
      stream,
      create(),
      {
        queueLengthMs: 30_000,
        queueLengthBytes: 1 << 25,
        joinWindowMs: 0,
        sendTimeoutMs: 30_000,
        hasPublisherTime: false,
        clock,
        now: () => nowMs,
        ...options,
      },
      () => {},
    );
    const flush = () => {
      nowMs += 350;
      for (const group of [...groups]) group.run();
    };
    const add = (sink: FakeSink, durationMs = 0): Viewer =>
      fanout.add({
        sink,
        preamble: undefined,
        durationMs,
        onEnd: (reason) => ends.push(reason),
        onSkip: (count) => skips.push(count),
      });
    return { fanout, flush, add };
  }

  test('a viewer from the start gets all messages, its clock starts at zero', () => {
    const { flush, add } = createFanout();
    const sink = new FakeSink();
    add(sink);
    const publisher = new TestPublisher(stream, 5_000_000);
    publisher.headers();
    for (let i = 0; i < 8; i++) {
      publisher.frames(5);
      flush();
    }
    const got = read(sink.bytes);
    expect(got.slice(0, 3).map((m) => m.payload.toString())).toEqual([
      'metadata',
      'audio header',
      'video header',
    ]);
    expectSameMedia(media(got), publisher.sent, 5_000_000);
  });

  test('a viewer who waits for a second track gets the first one when the publisher leaves', () => {
    const { add } = createFanout();
    const sink = new FakeSink();
    add(sink);
    const publisher = new TestPublisher(stream, 0);
    publisher.frames(3, false);
    publisher.publication.end();
    expectSameMedia(media(read(sink.bytes)), publisher.sent, 0);
  });

  test.each(['', ' of another kind'])(
    'headers in mid-stream, repeated or new (%j), move no clock',
    (suffix) => {
      const { flush, add } = createFanout();
      const publisher = new TestPublisher(stream, 5_000_000);
      publisher.headers();
      publisher.frames(30);
      const sink = new FakeSink();
      add(sink);
      for (let i = 0; i < 3; i++) {
        publisher.frames(7);
        publisher.headers(suffix);
        publisher.frames(3);
        flush();
      }
      expectSameMedia(media(read(sink.bytes)), publisher.sent.slice(40), 5_000_000 + 20 * 40);
    },
  );

  test('late joiners start at the key frame of the open group, each with a clock of its own', () => {
    const { flush, add } = createFanout();
    const publisher = new TestPublisher(stream, 0xfffffe00);
    publisher.headers();
    const sinks: [FakeSink, number][] = [];
    for (let i = 0; i < 20; i++) {
      const sink = new FakeSink();
      add(sink);
      sinks.push([sink, Math.max(0, Math.floor((i * 3 - 1) / 10) * 10)]);
      publisher.frames(3);
      flush();
    }
    flush();
    for (const [sink, keyFrame] of sinks) {
      const got = read(sink.bytes);
      expect(got.slice(0, 3).map((m) => m.payload.toString())).toEqual([
        'metadata',
        'audio header',
        'video header',
      ]);
      expectSameMedia(media(got), publisher.sent.slice(keyFrame * 2), 0xfffffe00 + keyFrame * 40);
    }
  });

  test('what ends a pause goes out at once, all else in the rhythm of the flushes', async () => {
    const { flush, add } = createFanout();
    const publisher = new TestPublisher(stream, 0);
    publisher.headers();
    const sink = new FakeSink();
    add(sink);
    publisher.frames(5);
    flush();
    await setImmediate();
    nowMs -= 350 - 40;
    publisher.frames(1);
    await setImmediate();
    expectSameMedia(media(read(sink.bytes)), publisher.sent.slice(0, -2), 0);

    nowMs += 300;
    publisher.frames(1);
    await setImmediate();
    expectSameMedia(media(read(sink.bytes)), publisher.sent, 0);
  });

  test('viewers in step share one write per flush', () => {
    const { flush, add } = createFanout();
    const publisher = new TestPublisher(stream, 0, 1000);
    publisher.headers();
    publisher.frames(1);
    const sinks = Array.from({ length: 100 }, () => new FakeSink());
    for (const sink of sinks) add(sink);
    publisher.frames(5);
    flush();
    for (const sink of sinks) sink.writes = 0;
    // Both pages may end inside one of ten flushes, hence at most one write more.
    for (let i = 0; i < 10; i++) {
      publisher.frames(9);
      flush();
    }
    for (const sink of sinks) expect(sink.writes).toBeLessThanOrEqual(12);
  });

  test('a viewer who reads too slowly skips to a key frame, bounded and with correct time', () => {
    const { fanout, flush, add } = createFanout({ queueLengthMs: 2000 });
    const slow = new FakeSink();
    const fast = new FakeSink();
    add(slow);
    add(fast);
    const publisher = new TestPublisher(stream, 90_000);
    publisher.headers();
    publisher.frames(20);
    flush();
    slow.isBlocked = true;
    for (let i = 0; i < 40; i++) {
      publisher.frames(5);
      flush();
      expect(fanout.logSizeBytes).toBeLessThan(60_000);
    }
    const firstMissed = media(read(slow.bytes)).length;
    slow.unblock();
    for (let i = 0; i < 4; i++) {
      publisher.frames(5);
      flush();
    }
    expect(skips.length).toBeGreaterThan(0);
    expectSameMedia(media(read(fast.bytes)), publisher.sent, 90_000);
    const got = media(read(slow.bytes));
    const resumedAt = got.findIndex(
      (m, i) => i > firstMissed && m.timestampMs - got[i - 1]!.timestampMs > 1000,
    );
    expect(resumedAt).toBeGreaterThan(0);
    expect(got[resumedAt]!.payload.length).toBeGreaterThan(1000);
    const sentFrom = publisher.sent.findIndex((m) => m.payload.equals(got[resumedAt]!.payload));
    expectSameMedia(got.slice(resumedAt), publisher.sent.slice(sentFrom), 90_000);
    expectSameMedia(got.slice(0, resumedAt), publisher.sent.slice(0, resumedAt), 90_000);
  });

  test('a slow viewer whose lag is over in bytes skips, too', () => {
    const { fanout, flush, add } = createFanout({ queueLengthBytes: 20_000 });
    const slow = new FakeSink();
    add(slow);
    const publisher = new TestPublisher(stream, 0, 100_000);
    publisher.headers();
    publisher.frames(1);
    slow.isBlocked = true;
    for (let i = 0; i < 50; i++) {
      publisher.frames(20);
      flush();
    }
    expect(skips.length).toBeGreaterThan(0);
    // Without a second key frame the group cannot be given up, but the viewer's part of it is bounded.
    expect(slow.writableLength).toBeLessThan(30_000);
    expect(fanout.viewerCount).toBe(1);
  });

  test('a socket that takes nothing for too long is given up', () => {
    const { fanout, flush, add } = createFanout();
    const dead = new FakeSink();
    add(dead);
    const publisher = new TestPublisher(stream, 0);
    publisher.headers();
    dead.isBlocked = true;
    for (let i = 0; i < 120; i++) {
      publisher.frames(5);
      flush();
    }
    expect(ends).toEqual(['send-timeout']);
    expect(fanout.viewerCount).toBe(0);
  });

  test('bytes queued in one slow socket do not change when others are served', () => {
    const { flush, add } = createFanout();
    const sinks = Array.from({ length: 6 }, () => new FakeSink());
    const publisher = new TestPublisher(stream, 10_000);
    publisher.headers();
    for (const sink of sinks) {
      publisher.frames(10);
      add(sink);
      flush();
    }
    for (let i = 0; i < 30; i++) {
      const blocked = sinks[i % sinks.length]!;
      blocked.isBlocked = true;
      publisher.frames(4);
      flush();
      blocked.unblock();
    }
    flush();
    for (const [i, sink] of sinks.entries()) {
      expectSameMedia(media(read(sink.bytes)), publisher.sent.slice(i * 20), 10_000 + i * 400);
    }
  });

  test('a changed sequence header reaches those who watch and those who come later', () => {
    const { flush, add } = createFanout();
    const early = new FakeSink();
    add(early);
    const publisher = new TestPublisher(stream, 0);
    publisher.headers();
    publisher.frames(15);
    flush();
    publisher.frames(5);
    publisher.headers(' two');
    publisher.frames(5);
    flush();
    const late = new FakeSink();
    add(late);
    const texts = (sink: FakeSink) =>
      read(sink.bytes)
        .map((m) => m.payload.toString('latin1'))
        .filter((t) => t.includes('header') || t.startsWith('metadata'));
    expect(texts(early)).toEqual([
      'metadata',
      'audio header',
      'video header',
      'metadata two',
      'audio header two',
      'video header two',
    ]);
    expect(texts(late)).toEqual(['metadata two', 'audio header two', 'video header two']);
  });

  test('play duration ends a viewer', () => {
    const { flush, add } = createFanout();
    const sink = new FakeSink();
    add(sink, 1000);
    const publisher = new TestPublisher(stream, 7000);
    publisher.headers();
    for (let i = 0; i < 10; i++) {
      publisher.frames(10);
      flush();
    }
    expect(ends).toEqual(['duration-reached']);
    const got = media(read(sink.bytes));
    expect(got.at(-1)!.timestampMs).toBeGreaterThanOrEqual(1000);
    expect(got.at(-1)!.timestampMs).toBeLessThan(1600);
  });

  test('a paused viewer gets nothing, then goes on', () => {
    const { fanout, flush, add } = createFanout();
    const sink = new FakeSink();
    const viewer = add(sink);
    const publisher = new TestPublisher(stream, 0);
    publisher.headers();
    publisher.frames(20);
    flush();
    fanout.setPaused(viewer, true);
    const before = sink.bytes.length;
    publisher.frames(20);
    flush();
    expect(sink.bytes.length).toBe(before);
    fanout.setPaused(viewer, false);
    publisher.frames(5);
    flush();
    expectSameMedia(media(read(sink.bytes)), publisher.sent, 0);
  });

  test('publisher time is kept where the vhost says so, jumps included', () => {
    stream = registry.fetchOrCreate(
      { vhost: 'v', app: 'live', stream: 'atc' },
      { ...OPTIONS, hasPublisherTime: true },
    );
    const { flush, add } = createFanout({ hasPublisherTime: true });
    const first = new FakeSink();
    add(first);
    const publisher = new TestPublisher(stream, 7_000_000);
    publisher.headers();
    publisher.frames(25);
    flush();
    const late = new FakeSink();
    add(late);
    publisher.frames(5);
    flush();
    expectSameMedia(media(read(first.bytes)), publisher.sent, 0);
    expectSameMedia(media(read(late.bytes)), publisher.sent.slice(40), 0);
  });

  test('the last viewer leaves: the stream forgets the fan-out and itself', () => {
    const { fanout, add } = createFanout();
    const viewer = add(new FakeSink());
    fanout.remove(viewer);
    fanout.remove(viewer);
    expect(registry.size).toBe(0);
  });
});

describe('the end of a publish', () => {
  const wires = [
    { create: () => new RtmpFormat(CHUNK_SIZE), ends: false },
    { create: () => new FlvFormat(CHUNKED_FRAMING), ends: true },
  ];
  test.each(wires)('ends $ends', ({ create, ends: isEnding }) => endOfPublish(create, isEnding, false));

  test('loses nothing that waits for a sink which is slow by a moment, as TLS sockets are', () =>
    endOfPublish(() => new FlvFormat(CHUNKED_FRAMING), true, true));

  function endOfPublish(create: () => ViewerFormat, isEnding: boolean, isSlow: boolean): void {
    const registry = new StreamRegistry();
    const stream = registry.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, OPTIONS);
    const options = {
      queueLengthMs: 30_000,
      queueLengthBytes: 1 << 25,
      joinWindowMs: 0,
      sendTimeoutMs: 30_000,
      hasPublisherTime: false,
      clock: new SlotClock(350),
      now: () => performance.now(),
    };
    const fanout = new Fanout(stream, create(), options, () => {});
    const sink = new FakeSink();
    const ends: ViewerEnd[] = [];
    const viewer = fanout.add({
      sink,
      preamble: Buffer.from(''),
      durationMs: 0,
      onEnd: (reason) => ends.push(reason),
      onSkip: () => {},
    });
    const publisher = new TestPublisher(stream, 0);
    publisher.headers();
    sink.isBlocked = isSlow;
    publisher.frames(5);
    publisher.publication.end();
    publisher.publication.end();
    sink.unblock();
    if (isEnding) {
      expect(ends).toEqual(['unpublished']);
      expect(readChunked(sink.bytes).isComplete).toBe(true);
      expectSameMedia(media(readFlv(readChunked(sink.bytes).body).tags), publisher.sent, 0);
      expect(registry.size).toBe(0);
      return;
    }
    const next = new TestPublisher(stream, 900_000);
    next.headers();
    next.frames(5);
    next.publication.end();
    const got = media(readRtmp(sink.bytes, CHUNK_SIZE));
    expect(got.length).toBe(publisher.sent.length + next.sent.length);
    const times = got.filter((m) => m.type === VIDEO_TYPE).map((m) => m.timestampMs);
    expect(times).toEqual([0, 40, 80, 120, 160, 177, 217, 257, 297, 337]);
    fanout.remove(viewer);
    expect(registry.size).toBe(0);
  }
});

test('RTMP: hours later a joiner after a skip gets an extended timestamp in every chunk', () => {
  const registry = new StreamRegistry();
  const stream = registry.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, OPTIONS);
  const options = {
    queueLengthMs: 1000,
    queueLengthBytes: 1 << 25,
    joinWindowMs: 0,
    sendTimeoutMs: 1e9,
    hasPublisherTime: false,
    clock: undefined,
    now: () => 1,
  };
  const fanout = new Fanout(stream, new RtmpFormat(CHUNK_SIZE), options, () => {});
  const sink = new FakeSink();
  const viewer = fanout.add({ sink, preamble: undefined, durationMs: 0, onEnd: () => {}, onSkip: () => {} });
  const publication = stream.publish({ stop: () => {} })!;
  const send = (timestampMs: number, size: number) =>
    publication.message({
      track: 'video',
      timestampMs,
      codec: 'h264',
      isKeyFrame: true,
      isSequenceHeader: false,
      payload: Buffer.alloc(size, 7),
    });
  send(0, 1000);
  fanout.setPaused(viewer, false);
  sink.isBlocked = true;
  fanout.setPaused(viewer, false);
  const hours = 5 * 3600 * 1000;
  for (let time = 0; time <= hours; time += 9000) send(time, 10);
  sink.write(Buffer.alloc(0));
  fanout.setPaused(viewer, false);
  sink.unblock();
  send(hours + 40, 1000);
  fanout.setPaused(viewer, false);
  const got = readRtmp(sink.bytes, CHUNK_SIZE);
  expect(got.at(-1)!.timestampMs).toBe(hours + 40);
  expect(got.at(-1)!.payload.length).toBe(1000);
  fanout.remove(viewer);
});

test('FLV flags name the tracks that come', () => {
  const registry = new StreamRegistry();
  const stream = registry.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, OPTIONS);
  let nowMs = 1000;
  const groups: { run(): void }[] = [];
  const clock = new SlotClock(350);
  clock.add = (group) => {
    groups.push(group);
    return () => {};
  };
  const options = {
    queueLengthMs: 30_000,
    queueLengthBytes: 1 << 25,
    joinWindowMs: 0,
    sendTimeoutMs: 1e9,
    hasPublisherTime: false,
    clock,
    now: () => nowMs,
  };
  const fanout = new Fanout(stream, new FlvFormat(PLAIN_FRAMING), options, () => {});
  const sink = new FakeSink();
  fanout.add({ sink, preamble: undefined, durationMs: 0, onEnd: () => {}, onSkip: () => {} });
  const publication = stream.publish({ stop: () => {} })!;
  const audio: MediaMessage = {
    track: 'audio',
    timestampMs: 0,
    codec: 'aac',
    isKeyFrame: false,
    isSequenceHeader: false,
    payload: Buffer.from([0xaf, 1]),
  };
  publication.message(audio);
  groups[0]!.run();
  expect(sink.bytes.length).toBe(0);
  nowMs += 500;
  publication.message({ ...audio, timestampMs: 23 });
  groups[0]!.run();
  const { flags, tags } = readFlv(sink.bytes);
  expect(flags).toBe(4);
  expect(tags.map((t) => t.timestampMs)).toEqual([0, 23]);
});

describe('marks of segments', () => {
  const isMark = ({ type, payload }: ReadMessage) => type === DATA_TYPE && payload.includes('onSegmentMark');

  test('reach edges right before their key frame, with the group of pictures as well; others see none', () => {
    const stream = new StreamRegistry().fetchOrCreate({ vhost: 'v', app: 'live', stream: 'm' }, OPTIONS);
    const options = {
      queueLengthMs: 30_000,
      queueLengthBytes: 1 << 25,
      sendTimeoutMs: 30_000,
      joinWindowMs: 0,
      hasPublisherTime: false,
      clock: undefined,
      now: () => 0,
    };
    const sinkOf = (fanout: Fanout) => {
      const sink = new FakeSink();
      const onEnd = () => {};
      fanout.add({ sink, preamble: undefined, durationMs: 0, onEnd, onSkip: () => {} });
      return sink;
    };
    const publisher = new TestPublisher(stream, 5000, 25);
    publisher.headers();
    publisher.frames(60);
    stream.markSegments({ fragmentMs: 1500, last: undefined }, Date.now());
    const fanouts = [true, false].map(
      (hasMarks) => new Fanout(stream, new RtmpFormat(CHUNK_SIZE, hasMarks), options, () => {}),
    );
    const sinks = fanouts.map(sinkOf);
    publisher.frames(60);
    sinks.push(sinkOf(fanouts[0]!));
    publisher.publication.end();
    const [edge, player, late] = sinks.map((sink) => readRtmp(sink.bytes, CHUNK_SIZE));
    const marks = edge!.flatMap((message, index) => (isMark(message) ? [index] : []));
    // The key frame at 2 s that is there already, and the one 2 s later.
    expect(marks.map((index) => edge![index + 1]?.timestampMs)).toEqual([0, 2000]);
    const names = marks.map((index) => edge![index + 1]?.payload.toString('latin1', 0, 8));
    expect(names).toEqual(['video 50', 'video 10']);
    expect(late!.filter(isMark).length).toBe(1);
    expect(player!.filter(isMark)).toEqual([]);
    expect(edge!.filter((message) => !isMark(message))).toEqual(player);
  });
});
