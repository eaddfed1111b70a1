// A pull between origins that come and go and viewers who are to notice nothing.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EdgeEnvironment, EdgeOptions } from '../../../../src/cluster/edge/edge-options.ts';
import { EdgePulls } from '../../../../src/cluster/edge/edge-pulls.ts';
import { OriginHealth } from '../../../../src/cluster/edge/origin-health.ts';
import { createLogger } from '../../../../src/log/logger.ts';
import { discoverUrl } from '../../../../src/protocol/rtmp/url.ts';
import type { Stream, StreamSubscriber } from '../../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { FakeOrigins, fakeResolver, interFrame, keyFrame, videoHeader } from '../fake-origins.ts';

const streamOptions = {
  hasGopCache: true,
  gopCacheMaxFrames: 100,
  gopCacheMaxBytes: 1e6,
  hasPublisherTime: false,
  reduceSequenceHeader: false,
  hasPublisherTimeIfAsked: false,
};

/** What viewers hear. */
class Viewer implements StreamSubscriber {
  readonly seen: string[] = [];
  published(): void {
    this.seen.push('published');
  }
  unpublished(): void {
    this.seen.push('unpublished');
  }
  gopStarted(): void {}
  gopCleared(): void {}
  metadata(): void {
    this.seen.push('metadata');
  }
  message(message: Parameters<StreamSubscriber['message']>[0]): void {
    const text = message.payload.toString('latin1').replace(/^[^a-z]*/, '');
    this.seen.push(message.isSequenceHeader ? text : `${text}@${message.timestampMs}`);
  }
}

let origins: FakeOrigins;
let options: EdgeOptions;
let lines: string[];
let streams: StreamRegistry;
let stream: Stream;
let viewer: Viewer;
let pulls: EdgePulls;
let names: Record<string, string[]>;

const url = (text = 'rtmp://127.0.0.1/live', name = 's') => discoverUrl(text, name);
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  origins = new FakeOrigins();
  names = {};
  options = {
    origins: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    vhostTemplate: '[vhost]',
    protocol: 'rtmp',
    followsClient: false,
    traversesTokens: false,
    hasIdentity: true,
    chunkSize: 60_000,
    markFragmentMs: 1500,
  };
  lines = [];
  const now = () => performance.now();
  const env: EdgeEnvironment = {
    optionsOf: (vhost) => (vhost === '__defaultVhost__' ? options : undefined),
    dial: origins.dial,
    dialHttpFlv: () => {
      throw new Error('not over HTTP');
    },
    resolver: fakeResolver(() => names),
    health: new OriginHealth(now),
    isRelay: false,
    identity: { name: 'tsrs', version: '1.2.3' },
    serverIp: '10.9.9.9',
    log: createLogger({
      isEnabled: () => true,
      writeLine: (_level, _id, _tag, text) => lines.push(text),
    }),
    now,
    random: () => 0.5,
  };
  pulls = new EdgePulls(env);
  streams = new StreamRegistry();
  stream = streams.fetchOrCreate({ vhost: '__defaultVhost__', app: 'live', stream: 's' }, streamOptions);
  viewer = new Viewer();
  stream.subscribe(viewer);
});

afterEach(() => {
  pulls.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a pull', () => {
  test('starts with the first viewer, is one for all, and ends a moment after the last', async () => {
    options = { ...options, origins: ['10.0.0.1'] };
    const leaves = [pulls.join(stream, url()), pulls.join(stream, url())];
    await settle();
    expect(origins.targets).toEqual(['10.0.0.1:1935']);
    origins.at('10.0.0.1:1935').accept().media(9, 0, keyFrame('1'));
    expect(viewer.seen).toEqual(['published', 'key 1@0']);

    leaves[0]?.();
    leaves[0]?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(origins.at('10.0.0.1:1935').isOpen).toBe(true);
    leaves[1]?.();
    await vi.advanceTimersByTimeAsync(2900);
    expect(origins.open).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(origins.open).toHaveLength(0);
    expect(viewer.seen.at(-1)).toBe('unpublished');
    expect(lines).toContain('edge change from 100 to state 101 (pull).');
    expect(lines).toContain('edge change from 101 to 300 then 0 (init).');
    expect([...pulls.values()]).toEqual([]);
  });

  test('outlives a viewer who comes back at once', async () => {
    pulls.join(stream, url())();
    await vi.advanceTimersByTimeAsync(2900);
    pulls.join(stream, url());
    await vi.advanceTimersByTimeAsync(10_000);
    expect([...pulls.values()]).toHaveLength(1);
  });

  test('is none of streams of other vhosts', () => {
    const other = streams.fetchOrCreate({ vhost: 'v', app: 'live', stream: 's' }, streamOptions);
    pulls.join(other, url())();
    other.releaseIfIdle();
    expect(origins.clients).toEqual([]);
  });

  test('waits while a publisher of this server has the stream', async () => {
    const publication = stream.publish({ stop: () => {} });
    pulls.join(stream, url());
    await settle();
    expect(origins.clients).toEqual([]);
    publication?.end();
    await settle();
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    const again = stream.publish({ stop: () => {} });
    expect(origins.open).toEqual([]);
    again?.end();
  });

  test('tells the origin who asks, with what the latest viewer asked', async () => {
    pulls.join(stream, url('rtmp://127.0.0.1/live', 's?token=1'));
    await settle();
    pulls.join(stream, url('rtmp://edge.example.com/live', 's?token=2'));
    await settle();
    origins.at('10.0.0.1:1935').fail();
    await settle();
    const [first, second] = origins.clients.map((client) => client.options.session);
    expect(first).toMatchObject({ tcUrl: 'rtmp://10.0.0.1/live', stream: 's?token=1', role: 'play' });
    expect(second).toMatchObject({ tcUrl: 'rtmp://edge.example.com/live', stream: 's?token=2' });
    expect(second?.args?.properties.get('srs_version')).toBe('1.2.3');
  });
});

describe('the search', () => {
  test('goes to the next origin at once when one refuses, and comes back after 50, 100, 200 ms', async () => {
    pulls.join(stream, url());
    await settle();
    origins.at('10.0.0.1:1935').fail();
    await settle();
    origins.at('10.0.0.2:1935').fail();
    await settle();
    expect(origins.targets).toEqual(['10.0.0.1:1935', '10.0.0.2:1935', '10.0.0.3:1935']);
    origins.at('10.0.0.3:1935').fail();
    await vi.advanceTimersByTimeAsync(49);
    expect(origins.clients).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(2);
    expect(origins.clients).toHaveLength(4);
  });

  test('does not wait for an origin that does not answer', async () => {
    pulls.join(stream, url());
    await vi.advanceTimersByTimeAsync(299);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    await vi.advanceTimersByTimeAsync(2);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935', '10.0.0.2:1935']);
    origins.at('10.0.0.2:1935').accept().media(9, 0, keyFrame('1'));
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
  });

  test('keeps origins that wait for the stream themselves, and takes the first that has it', async () => {
    pulls.join(stream, url());
    for (const target of ['10.0.0.1:1935', '10.0.0.2:1935', '10.0.0.3:1935']) {
      await settle();
      origins.at(target).accept().start();
      await vi.advanceTimersByTimeAsync(1001);
    }
    expect(origins.open).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(origins.clients).toHaveLength(3);
    origins.at('10.0.0.2:1935').media(9, 500, keyFrame('1'));
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
    expect(viewer.seen).toEqual(['published', 'key 1@0']);
  });

  test('walks on through a long list, three at a time', async () => {
    options = { ...options, origins: Array.from({ length: 6 }, (_, index) => `10.0.0.${index + 1}`) };
    pulls.join(stream, url());
    await settle();
    for (let second = 0; second < 12; second++) {
      for (const client of origins.open) if (client.stage === 'connecting') client.accept();
      await vi.advanceTimersByTimeAsync(1000);
      expect(origins.open.length).toBeLessThanOrEqual(3);
    }
    expect(new Set(origins.targets).size).toBe(6);
  });

  test('passes names that do not exist, and takes all addresses of one', async () => {
    names = { socs: ['10.1.0.1', '10.1.0.2'] };
    options = { ...options, origins: ['typo.socs', 'socs:1936'] };
    pulls.join(stream, url());
    await settle();
    origins.open[0]?.fail();
    await settle();
    expect([...origins.targets].sort()).toEqual(['10.1.0.1:1936', '10.1.0.2:1936']);
    expect(origins.clients[0]?.options.session.tcUrl).toBe('rtmp://socs:1936/live');
    expect(lines.filter((line) => line.includes('typo.socs'))).toHaveLength(1);
  });

  test('finds an address that the name has got while all others wait for the stream themselves', async () => {
    options = { ...options, origins: ['socs'] };
    names = { socs: ['10.0.1.1'] };
    pulls.join(stream, url());
    await settle();
    origins.open[0]?.accept();
    names = { socs: ['10.0.1.1', '10.0.1.2'] };
    await vi.advanceTimersByTimeAsync(4500);
    expect(origins.openTargets).toEqual(['10.0.1.1:1935', '10.0.1.2:1935']);
  });

  test('remembers for all streams who could not be reached', async () => {
    pulls.join(stream, url());
    await settle();
    origins.at('10.0.0.1:1935').fail();
    const other = streams.fetchOrCreate({ ...stream.id, stream: 'other' }, streamOptions);
    pulls.join(other, url('rtmp://127.0.0.1/live', 'other'));
    await settle();
    expect(origins.openTargets).toEqual(['10.0.0.2:1935', '10.0.0.2:1935']);
  });

  test('of a stream that nobody has costs a bounded number of tries', async () => {
    options = { ...options, origins: ['10.0.0.1'] };
    pulls.join(stream, url());
    for (let at = 0; at < 60_000; at += 10) {
      for (const client of origins.open) client.accept().fail('closed');
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(origins.clients.length).toBeLessThan(35);
    expect(lines.filter((line) => line.includes('retry')).length).toBeLessThan(30);
  });

  test('follows redirects, but not for ever', async () => {
    pulls.join(stream, url());
    await settle();
    origins.at('10.0.0.1:1935').accept().redirect('rtmp://10.5.0.1:1940/live/s?vhost=x');
    expect(origins.openTargets).toEqual(['10.5.0.1:1940']);
    for (let hop = 2; hop <= 4; hop++) origins.open[0]?.accept().redirect(`rtmp://10.5.0.${hop}:1940/live/s`);
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
  });

  test('without any origin is no search, until a reload brings some', async () => {
    options = { ...options, origins: [] };
    pulls.join(stream, url());
    await vi.advanceTimersByTimeAsync(5000);
    expect(origins.clients).toEqual([]);
    options = { ...options, origins: ['10.0.0.9'] };
    await vi.advanceTimersByTimeAsync(3000);
    expect(origins.openTargets).toEqual(['10.0.0.9:1935']);
  });
});

describe('an upstream that breaks', () => {
  async function flowing(): Promise<void> {
    pulls.join(stream, url());
    await settle();
    origins
      .at('10.0.0.1:1935')
      .accept()
      .media(9, 0, videoHeader('A'))
      .media(9, 100, keyFrame('1'))
      .media(9, 140, interFrame('2'));
    viewer.seen.length = 0;
  }

  test('is replaced by the next origin, and viewers see a key frame follow', async () => {
    await flowing();
    origins.at('10.0.0.1:1935').fail('closed');
    await settle();
    origins
      .at('10.0.0.2:1935')
      .accept()
      .media(9, 0, videoHeader('A'))
      .media(9, 0, interFrame('8'))
      .media(9, 40, keyFrame('9'));
    expect(viewer.seen).toEqual(['key 9@50']);
  });

  test('is joined again without loss if it was only the connection', async () => {
    options = { ...options, origins: ['10.0.0.1'] };
    await flowing();
    origins.at('10.0.0.1:1935').fail('closed');
    await vi.advanceTimersByTimeAsync(100);
    origins
      .at('10.0.0.1:1935')
      .accept()
      .media(9, 0, videoHeader('A'))
      .media(9, 0, keyFrame('1'))
      .media(9, 40, interFrame('2'))
      .media(9, 80, interFrame('3'));
    expect(viewer.seen).toEqual(['inter 3@80']);
    expect(origins.clients).toHaveLength(2);
  });

  test('is tried again within 100 ms, then at least twice a second', async () => {
    options = { ...options, origins: ['10.0.0.1'] };
    await flowing();
    origins.at('10.0.0.1:1935').fail('closed');
    const startMs = performance.now();
    const triesMs: number[] = [];
    while (performance.now() - startMs < 20_000) {
      for (const client of origins.open) {
        triesMs.push(performance.now() - startMs);
        client.fail();
      }
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(triesMs[0]).toBeLessThanOrEqual(100);
    const pauses = triesMs.slice(1).map((at, index) => at - (triesMs[index] ?? 0));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(640);
    expect(triesMs.length).toBeLessThan(50);
    expect(viewer.seen).toEqual([]);
  });

  test('by silence is compared with others after 2 s, and given up after 5', async () => {
    await flowing();
    await vi.advanceTimersByTimeAsync(1900);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    await vi.advanceTimersByTimeAsync(600);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935', '10.0.0.2:1935']);
    const second = origins.at('10.0.0.2:1935').accept().media(9, 0, keyFrame('5'));
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
    await vi.advanceTimersByTimeAsync(6000);
    expect(second.isOpen).toBe(false);
  });

  test('by silence and comes back goes on, and the others are let go', async () => {
    await flowing();
    await vi.advanceTimersByTimeAsync(2500);
    origins.at('10.0.0.1:1935').media(9, 2600, interFrame('3'));
    await vi.advanceTimersByTimeAsync(500);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    expect(viewer.seen).toEqual(['inter 3@2500']);
  });

  test('by announcement delivers until another one has a key frame', async () => {
    await flowing();
    origins.at('10.0.0.1:1935').status('NetConnection.Connect.ReconnectRequest');
    await settle();
    origins.at('10.0.0.2:1935').accept().media(9, 0, interFrame('0'));
    origins.at('10.0.0.1:1935').media(9, 180, interFrame('3'));
    origins
      .at('10.0.0.2:1935')
      .media(9, 0, keyFrame('1'))
      .media(9, 40, interFrame('2'))
      .media(9, 80, interFrame('3'))
      .media(9, 120, interFrame('4'));
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
    expect(viewer.seen).toEqual(['inter 3@80', 'inter 4@120']);
  });

  test('by the end of its publish is kept for the next one, while others are asked', async () => {
    await flowing();
    origins.at('10.0.0.1:1935').status('NetStream.Play.UnpublishNotify');
    await settle();
    expect(origins.openTargets).toEqual(['10.0.0.1:1935', '10.0.0.2:1935']);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(origins.openTargets).toContain('10.0.0.1:1935');
    origins.at('10.0.0.1:1935').media(9, 0, keyFrame('7'));
    await vi.advanceTimersByTimeAsync(500);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    expect(viewer.seen).toEqual(['key 7@50']);
  });

  test('by order of this server is fetched anew', async () => {
    await flowing();
    stream.publisher?.stop('kicked off');
    await settle();
    expect(origins.openTargets).toEqual(['10.0.0.2:1935']);
    expect(stream.isPublishing).toBe(true);
  });
});
