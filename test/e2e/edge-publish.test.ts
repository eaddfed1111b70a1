// Publishers of an edge: their stream is at the origin, and comes back from there to the viewers of all edges.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor, waitUntilQuiet } from '../helpers/wait-for.ts';

const edgeOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `cluster { mode remote; origin ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

let origin: TestServer;
let edges: readonly TestServer[];
beforeAll(async () => {
  origin = await TestServer.start();
  edges = await Promise.all([edgeOf(origin.rtmpPort), edgeOf(origin.rtmpPort)]);
});
afterAll(async () => {
  for (const edge of edges) await edge.stop();
  await origin.stop();
});

const [first, second] = [0, 1].map((index) => () => edges[index] as TestServer) as [
  () => TestServer,
  () => TestServer,
];

describe.concurrent('a stream that is published to an edge', () => {
  test('reaches viewers of the origin and of both edges whole', async () => {
    const stream = uniqueName('pushed');
    const rtmp = await Promise.all(
      [origin, first(), second()].map((server) => RtmpViewer.start(server.target, stream)),
    );
    const http = await FlvViewer.start(second(), stream);
    for (const edge of edges) await edge.waitForLog(new RegExp(`edge-pull publish url \\S+/live/${stream}`));
    const file = await mediaFile('h264-bframes-aac.flv');
    await new FfmpegPublisher(file, first().rtmpUrl(`${stream}?token=1`)).finish();

    const source = (await probe(file)).packets;
    for (const viewer of rtmp) expectSamePackets((await viewer.finish()).packets, source);
    const frames = mediaFrames(await mediaTags('h264-bframes-aac.flv'));
    await waitFor('every frame over HTTP', () => mediaFrames(http.tags).length >= frames.length);
    expect(digests(mediaFrames(http.tags))).toEqual(digests(frames));
    http.destroy();
    expect(origin.log).toMatch(
      new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream}, param=\\?token=1,`),
    );
  });

  test('is free again at once when its publisher has left, through another edge', async () => {
    const stream = uniqueName('pushed');
    for (const edge of [first(), second(), first()]) {
      const publisher = await RtmpPeer.publisher(edge.target, edge.tcUrl(), stream);
      publisher.destroy();
      await waitFor('the push to end', () => edge.log.match(/edge change from 200 to state 0/g)?.length);
      await waitFor('the origin to notice', async () => {
        const peer = await RtmpPeer.connected(origin.target, origin.tcUrl());
        peer.requestPublish(stream);
        const isFree = await peer.waitForStatus('NetStream.Publish.Start', 'onStatus').then(
          () => true,
          () => false,
        );
        peer.destroy();
        await peer.closed;
        return isFree;
      });
    }
  });

  test('is refused with the words of the origin', async () => {
    const stream = uniqueName('pushed');
    const owner = await RtmpPeer.publisher(origin.target, origin.tcUrl(), stream);
    const peer = await RtmpPeer.connected(first().target, first().tcUrl());
    peer.requestPublish(stream);
    const status = await peer.waitForStatus('NetStream.Publish.BadName');
    expect(status.description).toMatch(/busy/);
    await peer.waitForClose();
    owner.destroy();
  });

  test('is refused by the edge while somebody else publishes it there', async () => {
    const stream = uniqueName('pushed');
    const owner = await RtmpPeer.publisher(first().target, first().tcUrl(), stream);
    const peer = await RtmpPeer.connected(first().target, first().tcUrl());
    peer.requestPublish(stream);
    await peer.waitForStatus('NetStream.Publish.BadName');
    await peer.waitForClose();
    owner.destroy();
  });
});

describe.concurrent('an origin that is killed under a publisher of an edge', () => {
  test('is replaced by the next one: the encoder stays, viewers get every packet once', async () => {
    const origins = [await TestServer.start(), await TestServer.start()] as const;
    const ports = origins.map((one) => one.rtmpPort);
    const [pushing, playing] = [await edgeOf(...ports), await edgeOf(...ports)];
    const stream = uniqueName('moved');
    const encoder = await RtmpPeer.publisher(pushing.target, pushing.tcUrl(), stream);
    const rtmp = await RtmpPeer.player(playing.target, playing.tcUrl(), stream);
    const http = await FlvViewer.start(playing, stream);
    await origins[0].waitForLog(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`));
    const source = await mediaTags('h264-aac.flv');
    const startMs = Date.now();
    let isKilled = false;
    let isBack = false;
    for (const tag of source) {
      await waitFor('its time', () => Date.now() - startMs >= tag.timestampMs, { intervalMs: 5 });
      if (isKilled && !isBack && isKeyFrame(tag)) {
        // The edge has the pictures since the last key frame: it takes a slow machine to be later than the next one.
        await playing.waitForLog(new RegExp(`${stream} comes from 127.0.0.1:${ports[1]}`));
        isBack = true;
      }
      encoder.sendTag(tag);
      if (!isKilled && tag.timestampMs > 2200) {
        // What the killed origin had not sent yet must not go back beyond the last key frame, either.
        await waitFor('its last group', () => rtmp.tags.filter(isKeyFrame).length === 3);
        isKilled = true;
        void origins[0].child.destroy();
      }
    }
    expect(isBack).toBe(true);
    const frames = mediaFrames(source);
    await waitFor(
      () => `all packets, got ${mediaFrames(rtmp.tags).length} and ${mediaFrames(http.tags).length}`,
      () => mediaFrames(rtmp.tags).length >= frames.length && mediaFrames(http.tags).length >= frames.length,
    );
    await waitUntilQuiet('the edge', () => rtmp.bytesReceived);
    for (const tags of [rtmp.tags, http.tags]) {
      expect(digests(mediaFrames(tags))).toEqual(digests(frames));
    }
    expect(encoder.isClosed).toBe(false);
    for (const peer of [encoder, rtmp, http]) peer.destroy();
    for (const server of [pushing, playing, origins[1]]) await server.stop();
  });

  test('and comes back alone: the encoder stays and the stream is there again', async () => {
    const port = await freePort();
    const killed = await TestServer.start({ rtmpPort: port });
    const edge = await edgeOf(port);
    const stream = uniqueName('moved');
    const file = await mediaFile('h264-aac.flv');
    const encoder = new FfmpegPublisher(file, edge.rtmpUrl(stream), { isLooping: true });
    await encoder.waitUntilPublished(1000);
    await killed.child.destroy();
    const restarted = await TestServer.start({ rtmpPort: port });
    await restarted.waitForLog(new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream},`));
    const viewer = await RtmpPeer.player(restarted.target, restarted.tcUrl(), stream);
    await waitFor('pictures', () => mediaFrames(viewer.tags).length > 25);
    expect(encoder.child.status).toBeUndefined();
    await encoder.stop();
    viewer.destroy();
    await edge.stop();
    await restarted.stop();
  });
});
