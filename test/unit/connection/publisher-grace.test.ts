import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PublisherGrace } from '../../../src/connection/publisher-grace.ts';
import type { VhostOptions } from '../../../src/connection/vhost.ts';
import type { Publication, Stream, StreamSubscriber } from '../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { streamOptions } from '../../helpers/stream-options.ts';

let registry: StreamRegistry;
let stream: Stream;
let grace: PublisherGrace;
let heard: string[];
let announced: number;
beforeEach(() => {
  vi.useFakeTimers();
  registry = new StreamRegistry();
  announced = 0;
  registry.onPublish(() => announced++);
  stream = registry.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, streamOptions());
  grace = new PublisherGrace();
  heard = [];
  const listener: StreamSubscriber = {
    published: () => heard.push('published'),
    unpublished: () => heard.push('unpublished'),
    resumed: () => heard.push('resumed'),
    gopStarted: () => {},
    gopCleared: () => {},
    metadata: () => {},
    message: ({ timestampMs, payload }) => heard.push(`${payload} ${timestampMs}`),
  };
  stream.subscribe(listener);
});
afterEach(() => {
  expect(vi.getTimerCount(), 'timers left').toBe(0);
  vi.useRealTimers();
});

function publish(): Publication {
  const publication = stream.publish({ stop: () => {} });
  if (publication === undefined) throw new Error('busy');
  return publication;
}

function send(publication: Publication, text: string, timestampMs: number): void {
  const frame = { track: 'video', codec: 'h264', isKeyFrame: true, isSequenceHeader: false } as const;
  publication.message({ ...frame, timestampMs, payload: Buffer.from(text) });
}

describe('a publisher who is expected back', () => {
  test('goes on with the same publish: one beginning, one end, time without a jump', () => {
    const first = publish();
    send(first, 'a', 5000);
    send(first, 'b', 5040);
    grace.leave(stream, first, 3000);
    expect([stream.isPublishing, stream.publisher, stream.gopCache.count]).toEqual([true, undefined, 0]);
    vi.advanceTimersByTime(2999);
    send(first, 'late', 5080);
    const second = publish();
    send(second, 'c', 0);
    send(second, 'd', 40);
    vi.advanceTimersByTime(60_000);
    grace.leave(stream, second, 3000);
    vi.advanceTimersByTime(3000);
    expect(heard).toEqual(['published', 'a 0', 'b 40', 'resumed', 'c 50', 'd 90', 'unpublished']);
    expect([announced, grace.size]).toEqual([1, 0]);
  });

  test('who does not come leaves a stream that ends, once, and is forgotten', () => {
    const first = publish();
    grace.leave(stream, first, 3000);
    first.end();
    vi.advanceTimersByTime(2999);
    expect(heard).toEqual(['published']);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual(['published', 'unpublished']);
    expect(publish()).toBeDefined();
    expect(heard).toEqual(['published', 'unpublished', 'published']);
    expect(announced).toBe(2);
  });

  test('keeps the place of nobody else: a second publisher is busy, not a third', () => {
    grace.leave(stream, publish(), 3000);
    publish();
    expect(stream.publish({ stop: () => {} })).toBeUndefined();
  });

  test('is not waited for without grace, after close, or once a reload has switched it off', () => {
    grace.leave(stream, publish(), 0);
    expect(heard).toEqual(['published', 'unpublished']);
    grace.leave(stream, publish(), 3000);
    const off = { name: 'v', isEnabled: true, publish: { graceMs: 0 } } as VhostOptions;
    grace.configure({ ...off, name: 'other' });
    expect(stream.isPublishing).toBe(true);
    grace.configure(off);
    expect(stream.isPublishing).toBe(false);
    grace.leave(stream, publish(), 3000);
    grace.close();
    grace.close();
    expect(stream.isPublishing).toBe(false);
    grace.leave(stream, publish(), 3000);
    expect(stream.isPublishing).toBe(false);
  });
});
