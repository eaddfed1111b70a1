// Several origins that know each other: whoever is asked for a stream says where it is.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AmfObject } from '../helpers/amf0.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { type FlvTag, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectTailOf, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let apiPorts: number[];
let origins: TestServer[];
let edge: TestServer;

const origin = (index: number) => origins[index] as TestServer;

beforeAll(async () => {
  apiPorts = [await freePort(), await freePort(), await freePort()];
  // All have the same list, as from one ConfigMap: themselves in it, and a name that does not exist.
  const coworkers = `srs-origin2.invalid ${apiPorts.map((port) => `127.0.0.1:${port}`).join(' ')}`;
  origins = await Promise.all(
    apiPorts.map((port) =>
      TestServer.start({
        root: `http_api { enabled on; listen ${port}; }`,
        vhost: `cluster { origin_cluster on; coworkers ${coworkers}; }`,
      }),
    ),
  );
  edge = await edgeOf(...origins.map((one) => one.rtmpPort));
});
afterAll(async () => {
  for (const server of [edge, ...origins]) await server.stop();
});

const edgeOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `cluster { mode remote; origin ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

async function publishedAt(index: number, stream: string): Promise<RtmpPeer> {
  const publisher = await RtmpPeer.publisher(origin(index).target, origin(index).tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  await waitFor('the origin to have it', async () => (await ask(index, stream)).data.origin !== null);
  return publisher;
}

/** Connects as SRS does, which says who it is in a second object: such peers follow redirects. */
async function serverPeer(server: TestServer): Promise<RtmpPeer> {
  const peer = await RtmpPeer.open(server.target);
  await peer.handshake();
  const tcUrl = server.tcUrl();
  peer.command('connect', 1, [
    { app: 'live', tcUrl },
    { srs_pid: 7, srs_server_ip: '127.0.0.1' },
  ]);
  await peer.waitForStatus('NetConnection.Connect.Success');
  return peer;
}

/**
 * Where the server sends another one that wants the stream. Its coworkers have 1.5 s to answer: on a busy machine it may
 * say at first that nobody has the stream, and is asked again, as edges do.
 */
async function redirectOf(server: TestServer, stream: string): Promise<AmfObject> {
  return waitFor(`a redirect to ${stream}`, async () => {
    const peer = await serverPeer(server);
    peer.requestPlay(stream);
    const status = await peer
      .waitForStatus('NetConnection.Connect.Rejected', 'onStatus')
      .catch(() => undefined);
    await peer.waitForClose();
    return status;
  });
}

/** A player that comes again if it is told that nobody has the stream. */
function playerAt(server: TestServer, stream: string): Promise<RtmpPeer> {
  return waitFor(`${stream} to play`, () =>
    RtmpPeer.player(server.target, server.tcUrl(), stream).catch(() => undefined),
  );
}

interface ClusterAnswer {
  readonly code: number;
  readonly data: { readonly query: object; readonly origin: object | null };
}

async function ask(index: number, stream: string, method = 'GET'): Promise<ClusterAnswer> {
  const query = `vhost=__defaultVhost__&ip=player.example.com&app=live&stream=${stream}&coworker=origin.example.com:1985`;
  const response = await fetch(`http://127.0.0.1:${apiPorts[index]}/api/v1/clusters?${query}`, { method });
  expect(response.status).toBe(200);
  return (await response.json()) as ClusterAnswer;
}

describe.concurrent('an origin that is asked', () => {
  test('over HTTP says what it has, to GET and POST', async () => {
    const stream = uniqueName('asked');
    const query = { ip: 'player.example.com', vhost: '__defaultVhost__', app: 'live', stream };
    expect(await ask(0, stream)).toEqual({ code: 0, data: { query, origin: null } });
    const publisher = await publishedAt(0, stream);
    const api = `origin.example.com:${apiPorts[0]}`;
    for (const method of ['GET', 'POST']) {
      expect(await ask(0, stream, method)).toEqual({
        code: 0,
        data: {
          query,
          origin: {
            ip: 'origin.example.com',
            port: origin(0).rtmpPort,
            vhost: '__defaultVhost__',
            api,
            routers: [api],
            http: `origin.example.com:${origin(0).httpPort}`,
            since: expect.any(Number),
            claim: expect.stringMatching(/^[0-9a-f-]{36}$/),
          },
        },
      });
    }
    publisher.destroy();
  });

  test('by an edge for a stream of another sends it there', async () => {
    const stream = uniqueName('asked');
    const publisher = await publishedAt(2, stream);
    const status = await redirectOf(origin(0), `${stream}?token=abc`);
    const target = `rtmp://127.0.0.1:${origin(2).rtmpPort}/live`;
    expect(status.description).toBe('RTMP 302 Redirect');
    expect(status.ex as AmfObject).toEqual({
      code: 302,
      redirect: target,
      redirect2: `${target}/${stream}?token=abc`,
    });
    publisher.destroy();
  });

  test('by a player for a stream that nobody has says so', async () => {
    const player = await RtmpPeer.connected(origin(1).target, origin(1).tcUrl());
    player.requestPlay(uniqueName('nobody'));
    await player.waitForStatus('NetStream.Play.StreamNotFound');
    await player.waitForClose();
  });
});

describe.concurrent('an edge before three origins', () => {
  test('gets a stream from whichever has it', async () => {
    const file = await mediaFile('h264-aac.flv');
    const source = (await probe(file)).packets;
    await Promise.all(
      [0, 1, 2].map(async (index) => {
        const stream = uniqueName('any');
        const viewer = await RtmpViewer.start(edge.target, stream);
        await new FfmpegPublisher(file, origin(index).rtmpUrl(stream)).finish();
        // The edge finds it when it looks again: the picture is whole, the very first sound may be over.
        expectTailOf((await viewer.finish()).packets, source);
      }),
    );
  });

  test('shows a picture at once, wherever the stream is', async () => {
    const times: number[] = [];
    for (const index of [0, 1, 2]) {
      const stream = uniqueName('first');
      const publisher = await publishedAt(index, stream);
      const startMs = Date.now();
      const player = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
      await waitFor('a picture', () => player.tags.some(isKeyFrame), { intervalMs: 5 });
      times.push(Date.now() - startMs);
      for (const peer of [player, publisher]) peer.destroy();
    }
    // Merged writes of the edge alone take up to 350 ms.
    expect(Math.max(...times)).toBeLessThan(2000);
  });
});

test('coworkers without a port are asked at the port of our own API', async () => {
  const apiPort = await freePort();
  const hosts = ['127.0.0.2', '127.0.0.3'];
  const pair = await Promise.all(
    hosts.map((host) =>
      TestServer.start({
        root: `http_api { enabled on; listen ${host}:${apiPort}; }`,
        vhost: `cluster { origin_cluster on; coworkers ${hosts.join(' ')}; }`,
      }),
    ),
  );
  const [first, second] = pair as [TestServer, TestServer];
  const stream = uniqueName('portless');
  const publisher = await RtmpPeer.publisher(second.target, second.tcUrl(), stream);
  const status = await redirectOf(first, stream);
  expect((status.ex as AmfObject).redirect).toBe(`rtmp://127.0.0.3:${second.rtmpPort}/live`);
  publisher.destroy();
  for (const server of pair) await server.stop();
});

test('coworkers whose API cannot be reached are asked over RTMP', async () => {
  const rtmpPort = await freePort();
  const hosts = ['127.0.0.4', '127.0.0.5'];
  const vhost = `cluster { origin_cluster on; coworkers ${hosts.join(' ')}; }`;
  const pair = await Promise.all(hosts.map((host) => TestServer.start({ host, rtmpPort, vhost })));
  const [first, second] = pair as [TestServer, TestServer];
  const stream = uniqueName('behind');
  const publisher = await RtmpPeer.publisher(second.target, second.tcUrl(), stream);
  const status = await redirectOf(first, stream);
  expect((status.ex as AmfObject).redirect).toBe(`rtmp://127.0.0.5:${rtmpPort}/live`);
  const other = await serverPeer(first);
  other.requestPlay(uniqueName('nobody'));
  await other.waitForStatus('NetStream.Play.StreamNotFound');
  for (const peer of [other, publisher]) peer.destroy();
  for (const server of pair) await server.stop();
});

describe.concurrent('viewers who follow no redirect', () => {
  test('are served by the origin that they ask, over RTMP and HTTP', async () => {
    const stream = uniqueName('relay');
    const file = await mediaFile('h264-aac.flv');
    const publisher = new FfmpegPublisher(file, origin(2).rtmpUrl(stream));
    await publisher.waitUntilPublished(1000);
    const rtmp = await RtmpViewer.start(origin(0).target, stream);
    const http = await FlvViewer.start(origin(0), stream);
    const second = await FlvViewer.start(origin(1), stream);
    await waitFor('pictures', () => [http, second].every((viewer) => viewer.tags.some(isKeyFrame)));
    // What an origin has fetched for its viewers is not its to offer.
    expect((await ask(0, stream)).data.origin).toBeNull();
    await publisher.finish();
    expectTailOf((await rtmp.finish()).packets, (await probe(file)).packets);
    for (const viewer of [http, second]) viewer.destroy();
  });

  test('stay when the stream moves to the very origin that they are at', async () => {
    const stream = uniqueName('relay');
    const first = await publishedAt(1, stream);
    const player = await playerAt(origin(0), stream);
    await waitFor('pictures', () => player.tags.some(isKeyFrame));
    first.destroy();
    const small = await mediaTags('h264-small-aac.flv');
    const second = await publishedAt(0, stream);
    for (const tag of small) second.sendTag(tag, tag.timestampMs + 6000);
    const header = small.find((tag) => tag.type === 9)?.body;
    await waitFor('the new picture', () => player.tags.some((tag) => header?.equals(tag.body)));
    expect(player.isClosed).toBe(false);
    for (const peer of [player, second]) peer.destroy();
  });
});

test('HTTP viewers are sent to the origin that has the stream, if that is wanted', async () => {
  const apiPort = await freePort();
  const cluster = `cluster { origin_cluster on; coworkers 127.0.0.1:${apiPorts[2]}; http_redirect on; }`;
  const root = `http_api { enabled on; listen ${apiPort}; }`;
  const asked = await TestServer.start({ root, vhost: cluster });
  const stream = uniqueName('sent');
  const publisher = await publishedAt(2, stream);
  for (const extension of ['flv', 'm3u8']) {
    const path = `live/${stream}.${extension}?token=a%20b`;
    const answer = await fetch(`http://127.0.0.1:${asked.httpPort}/${path}`, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(`http://127.0.0.1:${origin(2).httpPort}/${path}`);
  }
  // A stream that nobody has is waited for here.
  const unknown = await fetch(`http://127.0.0.1:${asked.httpPort}/live/${uniqueName('nobody')}.m3u8`);
  expect(unknown.status).toBe(404);
  publisher.destroy();
  await asked.stop();
});

test('a publisher that moves to another origin takes the viewers of the edge along', async () => {
  const stream = uniqueName('moves');
  const source = await mediaTags('h264-aac.flv');
  const first = await publishedAt(0, stream);
  const player = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
  const http = await FlvViewer.start(edge, stream);
  await waitFor('pictures', () => player.tags.some(isKeyFrame) && http.tags.some(isKeyFrame));
  first.destroy();
  const small = await mediaTags('h264-small-aac.flv');
  const second = await RtmpPeer.publisher(origin(2).target, origin(2).tcUrl(), stream);
  for (const tag of small) second.sendTag(tag);
  const movedMs = Date.now();
  const header = small.find((tag) => tag.type === 9)?.body;
  const hasMoved = (tags: readonly FlvTag[]) => tags.some((tag) => header?.equals(tag.body));
  await waitFor('the new picture', () => hasMoved(player.tags) && hasMoved(http.tags), { intervalMs: 5 });
  // SRS: 8 s. The edge hears of the end, asks the others twice a second, and both servers write every 350 ms.
  expect(Date.now() - movedMs).toBeLessThan(3000);
  expect(mediaFrames(player.tags).length).toBeGreaterThan(mediaFrames(source).length / 5);
  expect(player.isClosed).toBe(false);
  expect(http.bodyEnd).toBe('open');
  for (const peer of [player, http, second]) peer.destroy();
});

describe('the owner of a stream that is killed', () => {
  test('and whose publisher goes to another origin: viewers of the edge stay and see it go on', async () => {
    const file = await mediaFile('h264-aac.flv');
    const stream = uniqueName('moved');
    const killed = origin(1);
    const first = new FfmpegPublisher(file, killed.rtmpUrl(stream), { isLooping: true });
    await first.waitUntilPublished(1000);
    const rtmp = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
    const http = await FlvViewer.start(edge, stream);
    await waitFor('pictures', () => rtmp.tags.some(isKeyFrame) && http.tags.some(isKeyFrame));

    await killed.child.destroy();
    await first.child.destroy();
    const small = await mediaFile('h264-small-aac.flv');
    const second = new FfmpegPublisher(small, origin(2).rtmpUrl(stream), { isLooping: true });
    await origin(2).waitForLog(new RegExp(`type=fmle-publish, \\S+ \\S+ stream=${stream},`));
    const backMs = Date.now();
    const width = (await mediaTags('h264-small-aac.flv')).find((tag) => tag.type === 9)?.body;
    await waitFor('the new picture', () => rtmp.tags.some((tag) => width?.equals(tag.body)), {
      intervalMs: 5,
    });
    expect(Date.now() - backMs).toBeLessThan(3000);
    const before = mediaFrames(http.tags).length;
    await waitFor('it to go on over HTTP', () => mediaFrames(http.tags).length > before + 25);
    expect(rtmp.isClosed).toBe(false);
    expect(http.bodyEnd).toBe('open');

    for (const peer of [rtmp, http]) peer.destroy();
    await second.child.destroy();
    origins.splice(1, 1);
  });
});
