// FLV over a WebSocket, as the ws library's client sees it.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { parseFlv } from '../helpers/flv.ts';
import { exchangeRaw, http } from '../helpers/http.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const tls = (name: string) => resolve(import.meta.dirname, '../golden/tls', name);

let server: TestServer;
let apiPort: number;
let tlsPort: number;
beforeAll(async () => {
  [apiPort, tlsPort] = [await freePort(), await freePort()];
  server = await TestServer.start({
    root: `http_api { enabled on; listen ${apiPort}; }`,
    httpServer: `https { enabled on; listen ${tlsPort}; key ${tls('server.key')}; cert ${tls('server.crt')}; }`,
    vhosts: `vhost soon.test { http_remux { enabled on; wait_for_stream 0.3; } }
      vhost never.test { http_remux { enabled on; wait_for_stream 0; } }`,
  });
});
afterAll(() => server.stop());

/** A browser's view: messages and how it ended. */
class WsViewer {
  readonly messages: Buffer[] = [];
  readonly socket: WebSocket;
  end: { readonly code: number; readonly reason: string } | undefined;
  error: Error | undefined;

  constructor(url: string, options: WebSocket.ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('message', (data: Buffer, isBinary) => {
      expect(isBinary).toBe(true);
      this.messages.push(data);
    });
    this.socket.on('close', (code, reason) => {
      this.end = { code, reason: reason.toString() };
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
  }

  /** Resolves when the handshake is answered. */
  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<WsViewer> {
    const viewer = new WsViewer(url, options);
    await waitFor(
      () => `an open WebSocket, ${viewer.error?.message}`,
      () => viewer.socket.readyState === WebSocket.OPEN,
    );
    return viewer;
  }

  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    return waitFor('the WebSocket to close', () => this.end);
  }
}

const url = (stream: string, query = '') => `ws://127.0.0.1:${server.httpPort}/live/${stream}.flv${query}`;
const TLS_OPTIONS = { ca: readFileSync(tls('server.crt')), rejectUnauthorized: false };

describe.concurrent('a viewer', () => {
  test.each([
    ['ws', (stream: string) => url(stream), {}],
    ['wss', (stream: string) => `wss://127.0.0.1:${tlsPort}/live/${stream}.flv`, TLS_OPTIONS],
  ])(
    'over %s gets what an HTTP-FLV viewer gets, a tag a message, and a clean end',
    async (_, urlOf, options) => {
      const stream = uniqueName('ws');
      const [viewer, http] = await Promise.all([
        WsViewer.open(urlOf(stream), options),
        FlvViewer.start(server, stream),
      ]);
      const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
        isRealTime: false,
      });
      await publisher.finish();
      expect(await viewer.ended()).toEqual({ code: 1000, reason: 'the stream has ended' });
      await http.waitForEnd();
      const bytes = Buffer.concat(viewer.messages);
      expect(bytes.equals(http.bytes)).toBe(true);
      expect(viewer.messages.length).toBe(1 + parseFlv(bytes).tags.length);
      expect(viewer.messages[0]?.toString('latin1', 0, 3)).toBe('FLV');
    },
  );

  test('may ask whether the server is there, and leave', async () => {
    const viewer = await WsViewer.open(url(uniqueName('ping')));
    const pong = new Promise<string>((done) =>
      viewer.socket.once('pong', (data: Buffer) => done(data.toString())),
    );
    viewer.socket.send('what a viewer says is of no interest');
    viewer.socket.ping('are you there?');
    expect(await pong).toBe('are you there?');
    viewer.socket.close(1000);
    expect((await viewer.ended()).code).toBe(1000);
  });

  test('is a client of the API, and can be kicked off', async () => {
    const stream = uniqueName('kick');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
    const viewer = await WsViewer.open(url(stream));
    await waitFor('media', () => viewer.messages.length > 10);
    const clients = async () => {
      const { text } = await http(apiPort, '/api/v1/clients/?count=100');
      const all = JSON.parse(text).clients as { id: string; type: string; name: string }[];
      return all.filter(({ name, type }) => name === stream && type === 'flv-play');
    };
    const [client, ...others] = await clients();
    expect([client?.type, others]).toEqual(['flv-play', []]);
    await http(apiPort, `/api/v1/clients/${client?.id}`, { method: 'DELETE' });
    expect((await viewer.ended()).code).toBe(1001);
    await waitFor('no client', async () => (await clients()).length === 0);
    peer.destroy();
  });

  test('waits as long as wait_for_stream says, and hears that there is none', async () => {
    const viewer = await WsViewer.open(url(uniqueName('none'), '?vhost=soon.test'));
    expect(await viewer.ended()).toEqual({ code: 4404, reason: 'no such stream' });
    const refused = new WsViewer(url(uniqueName('none'), '?vhost=never.test'));
    await refused.ended();
    expect(refused.error?.message).toMatch(/404/);
  });
});

describe.concurrent('a request to upgrade', () => {
  const upgrade = (path: string, protocol: string, more = '') =>
    exchangeRaw(
      server.httpPort,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${more}\r\n`,
    );
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

  test('to something else than WebSocket is answered in HTTP', async () => {
    const answer = await upgrade('/api/v1/versions', 'h2c');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/"code":0/);
  });

  test.each([
    ['elsewhere', '/nothing/here/at.all', `Sec-WebSocket-Version: 13\r\n${key}`, /^HTTP\/1\.1 404 /],
    [
      'in an old version',
      '/live/a.flv',
      `Sec-WebSocket-Version: 8\r\n${key}`,
      /^HTTP\/1\.1 426 [\s\S]*Sec-WebSocket-Version: 13\r\n/i,
    ],
    ['without a key', '/live/a.flv', 'Sec-WebSocket-Version: 13\r\n', /^HTTP\/1\.1 400 /],
  ])('%s is refused', async (_, path, headers, expected) => {
    expect(await upgrade(path, 'websocket', headers)).toMatch(expected);
  });

  test('that goes on with something else than frames is closed', async () => {
    const head = `Sec-WebSocket-Version: 13\r\n${key}`;
    const answer = await exchangeRaw(
      server.httpPort,
      `GET /live/${uniqueName('bad')}.flv HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${head}\r\nGET / HTTP/1.1\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 101 [\s\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    expect(answer).toContain('WebSocket frame with reserved bits');
    await server.waitForLog(/code=2807 : WebSocket frame with reserved bits/);
  });
});

test('who asks and never reads costs no memory', async () => {
  const stream = uniqueName('flood');
  const socket = connect(server.httpPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET /live/${stream}.flv HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await server.waitForLog(new RegExp(`FLV /live/${stream}`));
  socket.pause();
  const before = await server.memory();
  // A masked ping with 125 bytes; 60 MB of them, whose answers would be as many.
  const ping = Buffer.concat([Buffer.from('89fd00000000', 'hex'), Buffer.alloc(125)]);
  const pings = Buffer.concat(new Array<Buffer>(4000).fill(ping));
  for (let count = 0; count < 120; count++) {
    if (!socket.write(pings)) await new Promise((resume) => socket.once('drain', resume));
  }
  const after = await server.memory();
  expect(after.rss - before.rss).toBeLessThan(40e6);
  socket.destroy();
});

test('viewers hear that the server ends', async () => {
  const ending = await TestServer.start();
  const viewer = await WsViewer.open(`ws://127.0.0.1:${ending.httpPort}/live/${uniqueName('end')}.flv`);
  await ending.stop();
  expect((await viewer.ended()).code).toBe(1001);
});
