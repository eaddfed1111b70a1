// Streams on their way to other servers.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ForwardOptions, Forwards } from '../../../src/cluster/forward/forwards.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { discoverUrl } from '../../../src/protocol/rtmp/url.ts';
import type { Publication, Stream } from '../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { FakeOrigins, interFrame, keyFrame } from './fake-origins.ts';

let others: FakeOrigins;
let forwards: Forwards;
let options: ForwardOptions | undefined;
let streams: StreamRegistry;
let stream: Stream;
let lines: string[];

function publish(url = discoverUrl('rtmp://127.0.0.1/live', 's?token=1')): Publication {
  const publication = stream.publish({ url, stop: () => {} });
  if (publication === undefined) throw new Error('busy');
  return publication;
}

function send(publication: Publication, payload: Buffer, timestampMs: number): void {
  const isKeyFrame = payload[0] === 0x17;
  publication.message({
    track: 'video',
    codec: 'h264',
    isKeyFrame,
    isSequenceHeader: false,
    timestampMs,
    payload,
  });
}

const plain = { backend: '', hasIdentity: false, chunkSize: 60_000 };
const texts = (sent: readonly string[]) => sent.map((line) => line.replace(/[^ -~]|['/]/g, '').trim());

beforeEach(() => {
  vi.useFakeTimers();
  others = new FakeOrigins();
  lines = [];
  options = { destinations: ['a.example.com', '10.0.0.2:1936'], ...plain };
  forwards = new Forwards((vhost) => (vhost === 'v' ? options : undefined), {
    dial: others.dial,
    lookup: () => {},
    identity: { name: 'tsrs', version: '1.2.3' },
    serverIp: '10.9.9.9',
    backend: () => ({ serverId: 'vid-1', serviceId: 'srv-1', userAgent: 'tsrs/1.2.3' }),
    log: createLogger({ isEnabled: () => true, writeLine: (_level, _id, _tag, text) => lines.push(text) }),
    now: () => performance.now(),
    random: () => 0.5,
  });
  streams = new StreamRegistry();
  streams.onPublish((published) => forwards.attach(published));
  stream = streams.fetchOrCreate(
    { vhost: 'v', app: 'live', stream: 's' },
    {
      hasGopCache: true,
      gopCacheMaxFrames: 100,
      gopCacheMaxBytes: 1e6,
      hasPublisherTime: false,
      reduceSequenceHeader: false,
      hasPublisherTimeIfAsked: false,
    },
  );
});

afterEach(() => {
  forwards.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a published stream', () => {
  test('goes to every destination under its own name, until its publisher leaves', () => {
    const publication = publish();
    expect(others.openTargets).toEqual(['a.example.com:1935', '10.0.0.2:1936']);
    expect(others.clients[1]?.options.session).toMatchObject({
      tcUrl: 'rtmp://v:1936/live',
      stream: 's?token=1',
      role: 'publish',
    });
    const client = others.at('10.0.0.2:1936').accept().start();
    send(publication, keyFrame('1'), 5000);
    expect(texts(client.sent)).toEqual(['9@0 key 1']);
    publication.end();
    expect(others.open).toEqual([]);
    publish().end();
  });

  test('of another vhost stays here', () => {
    options = undefined;
    publish().end();
    expect(others.clients).toEqual([]);
  });

  test('goes to the destinations of now after a reload', () => {
    publish();
    options = { destinations: ['10.0.0.3'], ...plain };
    forwards.attach(stream);
    expect(others.openTargets).toEqual(['10.0.0.3:1935']);
  });
});

describe('a destination that is not there', () => {
  test('is asked again, soon at first and every 3 s later, and costs few lines', async () => {
    options = { destinations: ['10.0.0.2'], ...plain };
    publish();
    for (let ms = 0; ms < 60_000; ms += 50) {
      for (const client of others.open) client.fail('connect');
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(others.clients.length).toBeGreaterThan(15);
    expect(others.clients.length).toBeLessThan(35);
    expect(lines.filter((line) => line.startsWith('Forwarder: Ignore error, code=1018')).length).toBeLessThan(
      25,
    );
  });

  test('because somebody else publishes there is a standby that takes over', async () => {
    options = { destinations: ['10.0.0.2'], ...plain };
    const publication = publish();
    send(publication, keyFrame('1'), 0);
    for (let ms = 0; ms < 20_000; ms += 50) {
      for (const client of others.open) client.accept().refuse('NetStream.Publish.BadName');
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(2600);
    send(publication, interFrame('2'), 40);
    const client = others.open[0]?.accept().start();
    expect(texts(client?.sent ?? [])).toEqual(['9@0 key 1', '9@40 inter 2']);
    expect(forwards.forwardersOf(stream).map((forwarder) => forwarder.isForwarding)).toEqual([true]);
  });
});
