// What the log says of a server that cannot be reached, whichever protocol it is asked by.

import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HttpFlvClient } from '../../../../src/cluster/client/http-flv-client.ts';
import { NameResolver } from '../../../../src/cluster/client/name-resolver.ts';
import {
  type ClientEnd,
  RtmpClient,
  type RtmpClientEvents,
} from '../../../../src/cluster/client/rtmp-client.ts';

const resolver = new NameResolver({
  addresses: async (host) => {
    if (host === 'two.test') return ['127.0.0.2', '127.0.0.3'];
    throw Object.assign(new Error(`queryA ENOTFOUND ${host}`), { syscall: 'queryA' });
  },
  services: async () => [],
});

const clients = {
  RTMP: (host: string, port: number, events: RtmpClientEvents) =>
    new RtmpClient(
      {
        ...{ endpoint: { host, port }, lookup: resolver.lookup },
        session: { role: 'play', tcUrl: `rtmp://${host}/live`, app: 'live', stream: 'any', chunkSize: 128 },
        ...{ connectTimeoutMs: 5000, setupTimeoutMs: 5000, silenceTimeoutMs: 5000 },
      },
      events,
    ),
  'HTTP-FLV': (host: string, port: number, events: RtmpClientEvents) =>
    new HttpFlvClient(
      {
        ...{ endpoint: { host, port }, lookup: resolver.lookup },
        ...{ isTls: false, host, path: '/live/any.flv', userAgent: 'test', headers: {}, onAnswer: () => {} },
        ...{ connectTimeoutMs: 5000, silenceTimeoutMs: 5000 },
      },
      events,
    ),
};

/** Nobody listens there. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function endOf(dial: (events: RtmpClientEvents) => unknown): Promise<ClientEnd> {
  return new Promise((resolve) => {
    const nothing = (): void => {};
    dial({
      ...{ connected: nothing, asked: nothing, started: nothing, media: nothing },
      ...{ statusReceived: nothing, notice: nothing, ended: resolve },
    });
  });
}

describe.each(Object.entries(clients))('over %s', (_, dial) => {
  test('a name none of whose addresses can be reached: each is named', async () => {
    const port = await closedPort();
    const end = await endOf((events) => dial('two.test', port, events));
    expect(end).toMatchObject({
      type: 'failed',
      wasConnected: false,
      error: {
        code: 1018,
        message:
          `tcp: connect two.test:${port} to=5000ms : ` +
          `connect ECONNREFUSED 127.0.0.2:${port}, connect ECONNREFUSED 127.0.0.3:${port}`,
      },
    });
  });

  test('a name that does not exist has SRS’s number for it', async () => {
    const end = await endOf((events) => dial('none.test', 1935, events));
    expect(end).toMatchObject({
      type: 'failed',
      error: { code: 1029, message: 'get address info : queryA ENOTFOUND none.test' },
    });
  });
});
