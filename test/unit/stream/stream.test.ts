import { beforeEach, describe, expect, test } from 'vitest';
import type { MediaMessage } from '../../../src/media/message.ts';
import type {
  Publication,
  StreamHeaders,
  StreamOptions,
  StreamSubscriber,
} from '../../../src/stream/stream.ts';
import { streamUrl } from '../../../src/stream/stream-id.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { encodeAmf } from '../../helpers/amf0.ts';

const OPTIONS: StreamOptions = {
  hasGopCache: true,
  gopCacheMaxFrames: 2500,
  gopCacheMaxBytes: 1 << 20,
  hasPublisherTime: false,
  reduceSequenceHeader: false,
  hasPublisherTimeIfAsked: false,
};

/** Writes down what it hears. */
class Listener implements StreamSubscriber {
  readonly heard: string[] = [];
  joinHeaders: StreamHeaders | undefined;
  published(): void {
    this.heard.push('published');
  }
  unpublished(): void {
    this.heard.push('unpublished');
  }
  gopStarted(headers: StreamHeaders): void {
    this.joinHeaders = headers;
    this.heard.push('gop');
  }
  gopCleared(): void {
    this.heard.push('gop cleared');
  }
  metadata(body: Buffer): void {
    this.heard.push(`data ${body}`);
  }
  message(message: MediaMessage): void {
    const kind = message.isSequenceHeader ? 'header' : message.isKeyFrame ? 'key' : 'frame';
    this.heard.push(`${message.track} ${kind} ${message.timestampMs} ${message.payload}`);
  }
}

function message(track: 'audio' | 'video', timestampMs: number, text: string, flags = ''): MediaMessage {
  return {
    track,
    timestampMs,
    codec: track === 'video' ? 'h264' : 'aac',
    isKeyFrame: flags.includes('k'),
    isSequenceHeader: flags.includes('h'),
    payload: Buffer.from(text),
  };
}

describe('Stream', () => {
  let registry: StreamRegistry;
  const id = { vhost: '__defaultVhost__', app: 'live', stream: 's' };
  beforeEach(() => {
    registry = new StreamRegistry();
  });

  function publish(options = OPTIONS): {
    publication: Publication;
    stream: ReturnType<StreamRegistry['fetchOrCreate']>;
  } {
    const stream = registry.fetchOrCreate(id, options);
    const publication = stream.publish({ stop: () => {} });
    if (publication === undefined) throw new Error('busy');
    return { publication, stream };
  }

  const asks = encodeAmf('onMetaData', { bravo_atc: 'true' });
  test.each([
    ['asked for before the first frame', true, [asks], '5000'],
    ['not asked for', true, [encodeAmf('onMetaData', { bravo_atc: 'false' })], '0'],
    ['asked for without atc_auto', false, [asks], '0'],
  ])('time of the publisher: %s', (_, hasPublisherTimeIfAsked, bodies, expected) => {
    const { publication, stream } = publish({ ...OPTIONS, hasPublisherTimeIfAsked });
    const listener = new Listener();
    stream.subscribe(listener);
    for (const body of bodies) publication.metadata(body);
    publication.message(message('video', 5000, 'x', 'k'));
    // Viewers have clocks that run: nothing changes any more.
    publication.metadata(asks);
    publication.message(message('video', 5040, 'y'));
    const times = listener.heard.filter((line) => line.startsWith('video')).map((line) => line.split(' ')[2]);
    expect(times).toEqual([expected, String(Number(expected) + 40)]);
  });

  test('everything reaches a subscriber once and in order', () => {
    const stream = registry.fetchOrCreate(id, OPTIONS);
    const listener = new Listener();
    stream.subscribe(listener);
    const { publication } = publish();
    publication.metadata(Buffer.from('m'));
    publication.message(message('audio', 0, 'ah', 'h'));
    publication.message(message('video', 0, 'vh', 'h'));
    publication.message(message('video', 1000, 'k1', 'k'));
    publication.message(message('audio', 1010, 'a1'));
    publication.end();
    publication.message(message('audio', 1020, 'late'));
    expect(listener.heard).toEqual([
      'published',
      'data m',
      'audio header 0 ah',
      'video header 0 vh',
      'gop',
      'video key 0 k1',
      'audio frame 10 a1',
      'unpublished',
    ]);
  });

  test('the running publisher wins', () => {
    const { publication, stream } = publish();
    expect(stream.publish({ stop: () => {} })).toBeUndefined();
    publication.end();
    expect(stream.publish({ stop: () => {} })).toBeDefined();
  });

  test('the old publication is dead once another one has the stream', () => {
    const { publication, stream } = publish();
    publication.end();
    const listener = new Listener();
    stream.subscribe(listener);
    stream.publish({ stop: () => {} });
    publication.message(message('video', 0, 'k', 'k'));
    publication.end();
    expect(listener.heard).toEqual(['published']);
    expect(stream.isPublishing).toBe(true);
  });

  test('replay gives the open group with the headers it began with', () => {
    const { publication, stream } = publish();
    publication.message(message('video', 0, 'v1', 'h'));
    publication.message(message('video', 0, 'k1', 'k'));
    publication.message(message('video', 40, 'p1'));
    publication.message(message('video', 80, 'k2', 'k'));
    publication.message(message('audio', 81, 'a header', 'h'));
    publication.message(message('audio', 82, 'a1'));
    const late = new Listener();
    stream.replayGop(late);
    expect(late.heard).toEqual(['gop', 'video key 80 k2', 'audio header 80 a header', 'audio frame 82 a1']);
    expect(late.joinHeaders?.video?.payload.toString()).toBe('v1');
    expect(late.joinHeaders?.audio).toBeUndefined();
  });

  test('audio alone is not cached; gop_cache off caches nothing', () => {
    const { publication, stream } = publish();
    publication.message(message('audio', 0, 'a'));
    expect(stream.gopCache.count).toBe(0);
    publication.end();
    const off = registry.fetchOrCreate({ ...id, stream: 'off' }, { ...OPTIONS, hasGopCache: false });
    const second = off.publish({ stop: () => {} });
    second?.message(message('video', 0, 'k', 'k'));
    expect(off.gopCache.count).toBe(0);
  });

  const bounds = [
    { name: 'frames', options: { gopCacheMaxFrames: 10 }, size: 10 },
    { name: 'bytes', options: { gopCacheMaxBytes: 5000 }, size: 1000 },
  ];
  test.each(bounds)(
    'the cache gives up a group that passes its bound of $name until the next key frame',
    ({ options, size }) => {
      const { publication, stream } = publish({ ...OPTIONS, ...options });
      const listener = new Listener();
      stream.subscribe(listener);
      publication.message(message('video', 0, 'k', 'k'));
      for (let i = 1; i < 50; i++) publication.message(message('video', i * 40, 'x'.repeat(size)));
      expect(stream.gopCache).toEqual({ count: 0, sizeBytes: 0 });
      expect(listener.heard.filter((text) => text === 'gop cleared')).toHaveLength(1);
      publication.message(message('video', 2000, 'k', 'k'));
      expect(stream.gopCache.count).toBe(1);
    },
  );

  test('a long run of audio means that the video has ended', () => {
    const { publication, stream } = publish();
    publication.message(message('video', 0, 'k', 'k'));
    for (let i = 0; i < 115; i++) publication.message(message('audio', i * 23, 'a'));
    expect(stream.gopCache.count).toBe(116);
    publication.message(message('audio', 115 * 23, 'a'));
    expect(stream.gopCache.count).toBe(0);
  });

  test('payloads are copied: the publisher may reuse its buffer', () => {
    const { publication, stream } = publish();
    for (const size of [10, 20_000, 40_000]) {
      const frame = message('video', 0, 'k'.repeat(size), 'k');
      publication.message(frame);
      frame.payload.fill(0);
      const late = new Listener();
      stream.replayGop(late);
      expect(late.heard[1]).toBe(`video key 0 ${'k'.repeat(size)}`);
    }
    const header = message('video', 0, 'header', 'h');
    publication.message(header);
    header.payload.fill(0);
    expect(stream.headers.video?.payload.toString()).toBe('header');
  });

  test('reduce_sequence_header repeats only what has changed', () => {
    const { publication, stream } = publish({ ...OPTIONS, reduceSequenceHeader: true });
    const listener = new Listener();
    stream.subscribe(listener);
    for (const text of ['one', 'one', 'two', 'two']) publication.message(message('video', 0, text, 'h'));
    expect(listener.heard).toEqual(['video header 0 one', 'video header 0 two']);
  });

  test('headers are gone with their publisher', () => {
    const { publication, stream } = publish();
    const listener = new Listener();
    stream.subscribe(listener);
    publication.metadata(Buffer.from('m'));
    publication.message(message('video', 0, 'vh', 'h'));
    publication.end();
    expect(stream.headers).toEqual({ metadata: undefined, audio: undefined, video: undefined });
  });

  test('a stream lives while it is published or watched', () => {
    const { publication, stream } = publish();
    const listener = new Listener();
    stream.subscribe(listener);
    publication.end();
    expect(registry.size).toBe(1);
    stream.unsubscribe(listener);
    expect(registry.size).toBe(0);
    expect(registry.fetchOrCreate(id, OPTIONS)).not.toBe(stream);
  });
});

test('streamUrl', () => {
  expect(streamUrl({ vhost: '__defaultVhost__', app: 'live', stream: 's' })).toBe('/live/s');
  expect(streamUrl({ vhost: 'v.com', app: 'live/sub', stream: 's' })).toBe('v.com/live/sub/s');
});
