// A publisher of an edge, and origins that take its stream, refuse it and die.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EdgeEnvironment } from '../../../../src/cluster/edge/edge-options.ts';
import { EdgePushes } from '../../../../src/cluster/edge/edge-pushes.ts';
import { OriginHealth } from '../../../../src/cluster/edge/origin-health.ts';
import { discoverUrl } from '../../../../src/protocol/rtmp/url.ts';
import type { Publication } from '../../../../src/stream/stream.ts';
import { silentLogger } from '../../../helpers/silent-logger.ts';
import { FakeOrigins, fakeResolver, interFrame, keyFrame, videoHeader } from '../fake-origins.ts';

const streamOptions = {
  hasGopCache: false,
  gopCacheMaxFrames: 100,
  gopCacheMaxBytes: 1e6,
  hasPublisherTime: false,
  reduceSequenceHeader: false,
  hasPublisherTimeIfAsked: false,
};
const id = { vhost: '__defaultVhost__', app: 'live', stream: 's' };
const url = discoverUrl('rtmp://127.0.0.1/live', 's?token=1');

let origins: FakeOrigins;
let pushes: EdgePushes;
let told: string[];
let publication: Publication;

const settle = () => vi.advanceTimersByTimeAsync(0);

function publish(): void {
  const route = pushes.route(id, url, streamOptions, 'conn0001');
  if (route === undefined) throw new Error('no edge');
  const published = route.stream.publish({ stop: () => {} });
  if (published === undefined) throw new Error('busy');
  publication = published;
  route.start({
    accepted: () => told.push('accepted'),
    refused: ({ code, description }) => told.push(`refused ${code} ${description}`),
    lost: (reason) => told.push(`lost ${reason}`),
  });
}

function send(payload: Buffer, timestampMs: number): void {
  const isSequenceHeader = payload[1] === 0;
  publication.message({
    track: 'video',
    codec: 'h264',
    isKeyFrame: payload[0] === 0x17 && !isSequenceHeader,
    isSequenceHeader,
    timestampMs,
    payload,
  });
}

const texts = (sent: readonly string[]) => sent.map((line) => line.replace(/[^ -~]|['/]/g, '').trim());

beforeEach(() => {
  vi.useFakeTimers();
  origins = new FakeOrigins();
  told = [];
  const now = () => performance.now();
  const env: EdgeEnvironment = {
    optionsOf: (vhost) =>
      vhost === id.vhost
        ? {
            origins: ['10.0.0.1', '10.0.0.2:1936'],
            vhostTemplate: '[vhost]',
            protocol: 'rtmp',
            followsClient: false,
            traversesTokens: false,
            hasIdentity: true,
            chunkSize: 60_000,
            markFragmentMs: 1500,
          }
        : undefined,
    dial: origins.dial,
    dialHttpFlv: () => {
      throw new Error('not over HTTP');
    },
    resolver: fakeResolver(() => ({})),
    health: new OriginHealth(now),
    isRelay: false,
    identity: { name: 'tsrs', version: '1.2.3' },
    serverIp: '10.9.9.9',
    log: silentLogger,
    now,
    random: () => 0.5,
  };
  pushes = new EdgePushes(env);
});

afterEach(() => {
  pushes.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('before an origin has taken the stream', () => {
  test('the publisher waits for its verdict, and what comes meanwhile is not lost', async () => {
    publish();
    await settle();
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
    expect(origins.clients[0]?.options.session).toMatchObject({ role: 'publish', stream: 's?token=1' });
    send(videoHeader('A'), 0);
    send(keyFrame('1'), 7000);
    const client = origins.at('10.0.0.1:1935').accept();
    expect(told).toEqual([]);
    expect(client.sent).toEqual([]);
    client.start();
    send(interFrame('2'), 7040);
    expect(told).toEqual(['accepted']);
    expect(texts(client.sent)).toEqual(['9@0 sps A', '9@7000 key 1', '9@7040 inter 2']);
  });

  test('an origin that cannot be reached is passed', async () => {
    publish();
    await settle();
    origins.at('10.0.0.1:1935').fail('connect');
    await settle();
    origins.at('10.0.0.2:1936').accept().start();
    expect(told).toEqual(['accepted']);
  });

  test('a refusal is final: the next origin might say yes, and then two would have the stream', async () => {
    publish();
    await settle();
    origins.at('10.0.0.1:1935').accept().refuse('NetStream.Publish.BadName');
    expect(told).toEqual(['refused NetStream.Publish.BadName no']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(origins.clients).toHaveLength(1);
  });

  test('an origin that closes when it is asked has refused', async () => {
    publish();
    await settle();
    origins.at('10.0.0.1:1935').accept().fail('closed', 'closed');
    expect(told).toEqual(['refused  closed']);
  });

  test('nobody waits longer than 12 s for origins that are all dead', async () => {
    publish();
    for (let ms = 0; ms < 13_000; ms += 100) {
      for (const client of origins.open) client.fail('connect');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(told).toEqual(['refused  no origin takes the stream']);
  });

  test('a second publisher of the stream finds it busy, until the first has left', () => {
    publish();
    expect(() => publish()).toThrow('busy');
    publication.end();
    publish();
  });

  test('other vhosts publish here', () => {
    expect(pushes.route({ ...id, vhost: 'v' }, url, streamOptions, 'conn0001')).toBeUndefined();
  });
});

describe('an origin that dies', () => {
  async function running(): Promise<void> {
    publish();
    await settle();
    origins.at('10.0.0.1:1935').accept().start();
    send(videoHeader('A'), 0);
    send(keyFrame('1'), 0);
    send(keyFrame('2'), 1000);
    send(interFrame('3'), 1040);
    await vi.advanceTimersByTimeAsync(11_000);
  }

  test('is replaced by the next one, which gets headers, the latest pictures and what follows', async () => {
    await running();
    origins.at('10.0.0.1:1935').fail('closed');
    await settle();
    send(interFrame('4'), 1080);
    const next = origins.at('10.0.0.2:1936').accept().start();
    send(interFrame('5'), 1120);
    expect(texts(next.sent)).toEqual([
      '9@0 sps A',
      '9@1000 key 2',
      '9@1040 inter 3',
      '9@1080 inter 4',
      '9@1120 inter 5',
    ]);
    expect(told).toEqual(['accepted']);
  });

  test('without a word is missed after 5 s, if it used to answer pings', async () => {
    await running();
    const first = origins.at('10.0.0.1:1935');
    first.answersPings = true;
    await vi.advanceTimersByTimeAsync(3000);
    first.answersPings = false;
    await vi.advanceTimersByTimeAsync(4900);
    expect(first.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(1100);
    expect(origins.openTargets).toEqual(['10.0.0.2:1936']);
  });

  test('never is one that sends nothing and never has answered a ping', async () => {
    await running();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(origins.openTargets).toEqual(['10.0.0.1:1935']);
  });

  test('is waited for 30 s if there is no other; a refusal is one more failure then', async () => {
    await running();
    origins.at('10.0.0.1:1935').fail('closed');
    for (let ms = 0; ms < 29_000; ms += 100) {
      for (const client of origins.open) {
        if (client.target === '10.0.0.2:1936') client.accept().refuse('NetStream.Publish.BadName');
        else client.fail('connect');
      }
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(told).toEqual(['accepted']);
    for (let ms = 0; ms < 2000; ms += 100) {
      for (const client of origins.open) client.fail('connect');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(told).toEqual(['accepted', 'lost no origin takes the stream']);
    expect(origins.clients.length).toBeLessThan(200);
  });

  test('or rather throws the publisher out again and again is believed', async () => {
    await running();
    for (let round = 0; round < 5 && told.length === 1; round++) {
      for (const client of origins.open) if (client.stage === 'started') client.fail('closed');
      await vi.advanceTimersByTimeAsync(1000);
      for (const client of origins.open) client.accept().start();
    }
    expect(told).toEqual(['accepted', 'lost origins take the stream and drop it again']);
  });

  test('after it has said so keeps the stream until the next one has it', async () => {
    await running();
    const first = origins.at('10.0.0.1:1935').status('NetConnection.Connect.ReconnectRequest');
    await settle();
    const next = origins.at('10.0.0.2:1936').accept();
    send(interFrame('4'), 1080);
    expect(texts(first.sent).at(-1)).toBe('9@1080 inter 4');
    next.start();
    expect(origins.openTargets).toEqual(['10.0.0.2:1936']);
    send(interFrame('5'), 1120);
    expect(texts(next.sent)).toEqual([
      '9@0 sps A',
      '9@1000 key 2',
      '9@1040 inter 3',
      '9@1080 inter 4',
      '9@1120 inter 5',
    ]);
    expect(told).toEqual(['accepted']);
  });

  test('is of no interest when the publisher has left', async () => {
    await running();
    publication.end();
    expect(origins.open).toEqual([]);
    expect([...pushes.values()]).toEqual([]);
  });
});

test('an origin that reads too slowly misses pictures up to a key frame, and the memory stays bounded', async () => {
  publish();
  await settle();
  const client = origins.at('10.0.0.1:1935').accept().start();
  send(keyFrame('1'), 0);
  client.pendingBytes = 9 * 1024 * 1024;
  send(interFrame('2'), 40);
  send(keyFrame('3'), 80);
  send(videoHeader('B'), 100);
  client.pendingBytes = 1024;
  send(interFrame('4'), 120);
  send(keyFrame('5'), 160);
  send(interFrame('6'), 200);
  expect(texts(client.sent)).toEqual(['9@0 key 1', '9@100 sps B', '9@160 key 5', '9@200 inter 6']);
});
