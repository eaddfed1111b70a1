// Segments of edges that cut where the origin says: which they are, however much of the stream an edge has seen.

import { describe, expect, test } from 'vitest';
import { TsMuxer } from '../../../../src/container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import { hlsNames } from '../../../../src/output/hls/hls-names.ts';
import { HlsMemory, MemoryStore } from '../../../../src/output/hls/memory-store.ts';
import { Segmenter } from '../../../../src/output/hls/segmenter.ts';
import { TsSegmentWriter } from '../../../../src/output/hls/ts-segment-writer.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { parsePlaylist } from '../../../e2e/hls-folder.ts';
import { streamOptions } from '../../../helpers/stream-options.ts';
import { TsChecker } from '../../container/mpegts/ts-checker.ts';
import { hlsOptions } from './options.ts';
import { frames, source } from './source.ts';

const NAMES = { vhost: '__defaultVhost__', app: 'live', stream: 's' };
/** Numbers begin with 0. */
const NOW_MS = Date.UTC(2020, 0, 1);

/** What an origin makes of it: marks for segments of 1.5 s. */
function marked(messages: readonly MediaMessage[]): MediaMessage[] {
  const stream = new StreamRegistry().fetchOrCreate(NAMES, streamOptions());
  const out: MediaMessage[] = [];
  const nothing = () => {};
  stream.subscribe({
    published: nothing,
    unpublished: nothing,
    gopStarted: nothing,
    gopCleared: nothing,
    metadata: nothing,
    message: (message) => out.push({ ...message, payload: Buffer.from(message.payload) }),
  });
  stream.markSegments({ fragmentMs: 1500, last: undefined }, NOW_MS);
  const publication = stream.publish({ stop: nothing });
  for (const message of messages) publication?.message(message);
  return out;
}

class Edge {
  readonly memory = new HlsMemory();
  readonly warnings: string[] = [];
  readonly #store: MemoryStore;
  readonly #segmenter: Segmenter;

  /** @param next the lowest number that is free */
  constructor(next = 0, own = 0) {
    const pages = new BytePages();
    const options = hlsOptions({ isInMemory: true, fragmentMs: 1500, windowMs: 30_000, followsMarks: true });
    const names = hlsNames(options, NAMES);
    if (names.type === 'refused') throw new Error(names.reason);
    const nothing = () => {};
    const events = { listed: nothing, dropped: nothing, failed: nothing, warned: nothing };
    const host = { memory: this.memory, streamUrl: '/live/s', pages, wallClock: () => 0, events };
    this.#store = new MemoryStore(names.names, options, host, { next, own });
    this.#segmenter = new Segmenter(options, {
      createWriter: (pageHost) => new TsSegmentWriter(new TsMuxer(), pageHost),
      store: this.#store,
      pages,
      timeline: { lastMs: -1 },
      hasVideo: false,
      wallClock: () => 0,
      onSkip: nothing,
      onWarning: (text) => this.warnings.push(text),
    });
  }

  feed(messages: readonly MediaMessage[], shiftMs = 0): this {
    for (const message of messages) {
      this.#segmenter.message({ ...message, timestampMs: message.timestampMs + shiftMs });
    }
    return this;
  }

  /** `s-3.ts 2.000`, with `!` in front behind a discontinuity. */
  get list(): string[] {
    const text = this.memory.find('live/s.m3u8')?.bytes.toString() ?? '';
    return parsePlaylist(text).segments.map(
      ({ uri, durationSec, isDiscontinuity }) => `${isDiscontinuity ? '!' : ''}${uri} ${durationSec}`,
    );
  }

  bytes(sequence: number): Buffer | undefined {
    return this.memory.find(`live/s-${sequence}.ts`)?.bytes;
  }
}

const headersOf = (messages: readonly MediaMessage[]) => messages.filter((one) => one.isSequenceHeader);
const from = (messages: readonly MediaMessage[], fromMs: number) => [
  ...headersOf(messages),
  ...messages.filter((one) => !one.isSequenceHeader && one.timestampMs >= fromMs),
];

describe('segments begin where the marks are', () => {
  test.each([
    ['pictures and sound', {}],
    ['pictures alone', { hasAudio: false }],
    ['sound alone', { framesPerSec: 0 }],
    ['long groups of pictures', { gopSec: 5 }],
    ['large pictures', { pictureSize: 20_000 }],
  ])('%s: the same for an edge that comes later', (_name, changes) => {
    const messages = marked(source({ seconds: 12, gopSec: 1, ...changes }));
    const early = new Edge().feed(messages);
    const late = new Edge().feed(from(messages, 3100), 4321);
    expect(late.list.length).toBeGreaterThanOrEqual(1);
    expect(late.list).toEqual(early.list.slice(-late.list.length));
    const numbers = late.list.map((line) => Number(/s-(\d+)/.exec(line)?.[1]));
    const checker = new TsChecker();
    for (const [index, number] of numbers.entries()) {
      expect(late.bytes(number)?.equals(early.bytes(number)!), `segment ${number}`).toBe(true);
      checker.check((index % 2 === 0 ? early : late).bytes(number)!, `segment ${number}`);
    }
    expect(checker.problems).toEqual([]);
  });

  test('what is before the first mark, or behind the last one, is in no playlist', () => {
    const messages = marked(source({ seconds: 7, gopSec: 1 }));
    expect(new Edge().feed(messages).list).toEqual(['s-0.ts 2', 's-1.ts 2', 's-2.ts 2']);
    expect(new Edge().feed(from(messages, 900)).list).toEqual(['s-1.ts 2', 's-2.ts 2']);
  });

  test('times of a segment are those of its mark', () => {
    const messages = marked(source({ seconds: 7, gopSec: 1 }));
    const edge = new Edge().feed(from(messages, 1900), 70_000);
    const { pes } = new TsChecker().check(edge.bytes(1)!, 'one');
    expect(pes[0]?.dts).toBe(2000 * 90);
  });

  test('marks of another length are not for this edge', () => {
    const messages = marked(source({ seconds: 7, gopSec: 1 })).map((message) =>
      message.mark === undefined ? message : { ...message, mark: { ...message.mark, fragmentMs: 4000 } },
    );
    expect(new Edge(0, 50).feed(messages).list).toEqual(['!s-50.ts 1.997', 's-51.ts 1.994', 's-52.ts 1.991']);
  });
});

describe('a gap in the numbers', () => {
  const messages = marked(source({ seconds: 20, gopSec: 2 }));

  test('begins another list behind a discontinuity; what was listed goes one segment later', () => {
    const edge = new Edge().feed(messages.filter(({ timestampMs }) => timestampMs < 7000));
    expect(edge.list).toEqual(['s-0.ts 2', 's-1.ts 2', 's-2.ts 2']);
    edge.feed(messages.filter(({ timestampMs }) => timestampMs >= 12_000 && timestampMs < 15_000));
    expect([edge.list, edge.bytes(2) === undefined]).toEqual([['!s-6.ts 2'], false]);
    edge.feed(messages.filter(({ timestampMs }) => timestampMs >= 15_000 && timestampMs < 17_000));
    expect([edge.list, edge.bytes(2) === undefined]).toEqual([['!s-6.ts 2', 's-7.ts 2'], true]);
  });

  test('numbers that players know already are left out', () => {
    expect(new Edge(3).feed(messages).list[0]).toBe('s-3.ts 2');
  });

  test('numbers that are lower by far are not followed', () => {
    const edge = new Edge(1000).feed(messages);
    expect(edge.list[0]).toBe('!s-1000.ts 1.997');
    expect(edge.warnings).not.toEqual([]);
  });
});

test('an origin that goes on without marks: the edge cuts by itself, with the next numbers', () => {
  const messages = marked(source({ seconds: 6, gopSec: 2 }));
  const edge = new Edge(0, 500).feed(messages);
  expect(edge.list).toEqual(['s-0.ts 2', 's-1.ts 2']);
  edge.feed(frames({ seconds: 10, gopSec: 2, startMs: 6000 }));
  expect(edge.list.map((line) => line.split(' ')[0])).toEqual([
    's-0.ts',
    's-1.ts',
    's-2.ts',
    's-3.ts',
    's-4.ts',
    's-5.ts',
  ]);
});

test('a segment that is on its way is known by its name', () => {
  const edge = new Edge();
  expect(edge.memory.isComing('/live/s', 'live/s-0.ts')).toBeUndefined();
  edge.feed(marked(source({ seconds: 3, gopSec: 2 })));
  const isComing = [0, 1, 2, 3].map((number) => edge.memory.isComing('/live/s', `live/s-${number}.ts`));
  expect(isComing).toEqual([false, true, true, false]);
});
