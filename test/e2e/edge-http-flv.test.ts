// Edges that fetch over HTTP-FLV: `cluster.protocol flv`, `follow_client`.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { projectRoot, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let origin: TestServer;
let edge: TestServer;
const tlsFile = (name: string) => join(projectRoot, 'test/golden/tls', name);
const edgeOf = (cluster: string) => TestServer.start({ vhost: `cluster { mode remote; ${cluster} }` });
beforeAll(async () => {
  origin = await TestServer.start();
  edge = await edgeOf(`protocol flv; origin 127.0.0.1:${origin.httpPort};`);
});
afterAll(async () => {
  await edge.stop();
  await origin.stop();
});

async function publish(server: TestServer, stream: string): Promise<RtmpPeer> {
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  return publisher;
}

describe.concurrent('an edge with protocol flv', () => {
  test('has one HTTP response of the origin for all viewers, who get what was published', async () => {
    const stream = uniqueName('flv');
    const player = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
    const http = await FlvViewer.start(edge, stream);
    await origin.waitForLog(new RegExp(`GET \\S*/live/${stream}\\.flv`));
    const publisher = await publish(origin, stream);
    const frames = digests(mediaFrames(await mediaTags('h264-aac.flv')));
    for (const viewer of [player, http]) {
      await waitFor('all frames', () => mediaFrames(viewer.tags).length >= frames.length);
      expect(digests(mediaFrames(viewer.tags))).toEqual(frames);
    }
    expect([...origin.log.matchAll(new RegExp(`GET \\S*/live/${stream}\\.flv`, 'g'))]).toHaveLength(1);
    expect(origin.log).not.toMatch(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`));
    await edge.waitForLog(
      new RegExp(
        `Edge: Connect to http://127.0.0.1:${origin.httpPort}/live/${stream}.flv\\S* ok, status=200`,
      ),
    );
    for (const peer of [player, http, publisher]) peer.destroy();
  });

  test('keeps its viewers while the origin is killed and replaced', async () => {
    const httpPort = await freePort();
    const first = await TestServer.start({ httpPort });
    const own = await edgeOf(`protocol flv; origin 127.0.0.1:${httpPort};`);
    const stream = uniqueName('flv');
    const publisher = await publish(first, stream);
    const player = await RtmpPeer.player(own.target, own.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    await first.child.destroy();
    publisher.destroy();
    const second = await TestServer.start({ httpPort });
    const before = player.tags.filter(isKeyFrame).length;
    // The edge is there before the encoder: nothing of what comes is taken for the past that the viewers have seen.
    await second.waitForLog(new RegExp(`GET \\S*/live/${stream}\\.flv`));
    const next = await publish(second, stream);
    await waitFor('it to go on', () => player.tags.filter(isKeyFrame).length > before);
    expect(player.isClosed).toBe(false);
    for (const peer of [player, next]) peer.destroy();
    await own.stop();
    await second.stop();
  });

  test('follows a redirect, with all that it says, and sends parameters along', async () => {
    const stream = uniqueName('flv');
    const asked: IncomingMessage[] = [];
    const dispatcher = createServer((request, response) => {
      asked.push(request);
      const location = `http://127.0.0.1:${origin.httpPort}/live/${stream}.flv?from=dispatcher`;
      response.writeHead(302, { Location: location }).end();
    });
    await new Promise<void>((resolve) => {
      dispatcher.listen(0, '127.0.0.1', resolve);
    });
    const { port } = dispatcher.address() as AddressInfo;
    const own = await edgeOf(`protocol flv; origin 127.0.0.1:${port};`);
    const publisher = await publish(origin, stream);
    const player = await RtmpPeer.player(own.target, own.tcUrl(), `other-${stream}?token=abc`);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    expect(asked.map(({ url, headers }) => `${headers.host} ${url}`)).toEqual([
      `127.0.0.1:${port} /live/other-${stream}.flv?token=abc`,
    ]);
    await origin.waitForLog(new RegExp(`GET \\S*/live/${stream}\\.flv\\?from=dispatcher`));
    for (const peer of [player, publisher]) peer.destroy();
    await own.stop();
    dispatcher.closeAllConnections();
    dispatcher.close();
  });
});

test('follow_client: the protocol of the first viewer is that of the pull', async () => {
  // One port cannot speak both: which one is asked says which protocol it was.
  const http = await edgeOf(`follow_client on; origin 127.0.0.1:${origin.httpPort};`);
  const rtmp = await edgeOf(`follow_client on; protocol flv; origin 127.0.0.1:${origin.rtmpPort};`);
  const stream = uniqueName('follow');
  const publisher = await publish(origin, stream);
  const viewer = await FlvViewer.start(http, stream);
  const player = await RtmpPeer.player(rtmp.target, rtmp.tcUrl(), stream);
  await waitFor('pictures', () => viewer.tags.some(isKeyFrame) && player.tags.some(isKeyFrame));
  for (const peer of [viewer, player, publisher]) peer.destroy();
  for (const server of [http, rtmp]) await server.stop();
});

test('protocol flvs: over TLS, from an origin with a certificate of its own making', async () => {
  const tlsPort = await freePort();
  const files = ['key', 'cert'].map(
    (kind) => `${kind} ${tlsFile(kind === 'key' ? 'server.key' : 'server.crt')};`,
  );
  const secure = await TestServer.start({
    httpServer: `https { enabled on; listen ${tlsPort}; ${files.join(' ')} }`,
  });
  const own = await edgeOf(`protocol flvs; origin 127.0.0.1:${tlsPort};`);
  const stream = uniqueName('flvs');
  const publisher = await publish(secure, stream);
  const player = await RtmpPeer.player(own.target, own.tcUrl(), stream);
  await waitFor('a picture', () => player.tags.some(isKeyFrame));
  await own.waitForLog(
    new RegExp(`Edge: Connect to https://127\\.0\\.0\\.1:${tlsPort}/live/${stream}\\.flv ok, status=200`),
  );
  for (const peer of [player, publisher]) peer.destroy();
  for (const server of [own, secure]) await server.stop();
});
