// An edge in front of origins: its viewers get what theirs would get, from one connection per stream.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectTailOf, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, TestServer } from '../helpers/server.ts';
import { FlvViewer, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor, waitUntilQuiet } from '../helpers/wait-for.ts';

let origin: TestServer;
let edge: TestServer;

const edgeOf = (...origins: string[]) => ({
  vhost: `cluster { mode remote; origin ${origins.join(' ')}; }`,
});

beforeAll(async () => {
  origin = await TestServer.start();
  edge = await TestServer.start({
    ...edgeOf(`127.0.0.1:${origin.rtmpPort}`),
    vhosts: `vhost up.example.com { ${httpFlv} cluster { mode remote; origin 127.0.0.1:${origin.rtmpPort}; vhost [vhost].origin; debug_srs_upnode off; } }`,
  });
});
afterAll(async () => {
  await edge.stop();
  await origin.stop();
});

/** How often somebody asked that server to play the stream. */
function playsOf(server: TestServer, stream: string): number {
  return [...server.log.matchAll(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`, 'g'))].length;
}

describe.concurrent('viewers of an edge get every packet', () => {
  test.for(['h264-aac.flv', 'h264-bframes-aac.flv', 'aac.flv'] as const)(
    '%s if they were there before the publisher',
    async (name) => {
      const stream = uniqueName('edge');
      const rtmp = await RtmpViewer.start(edge.target, stream);
      const http = await FlvViewer.start(edge, stream);
      await edge.waitForLog(new RegExp(`edge-pull publish url \\S+/live/${stream}`));
      const file = await mediaFile(name);
      await new FfmpegPublisher(file, origin.rtmpUrl(stream)).finish();

      expectSamePackets((await rtmp.finish()).packets, (await probe(file)).packets);
      const frames = mediaFrames(await mediaTags(name));
      await http.waitForTags(frames.length);
      await waitUntilQuiet('the edge', () => http.byteCount);
      expect(digests(mediaFrames(http.tags))).toEqual(digests(frames));
      expect(playsOf(origin, stream)).toBe(1);
      http.destroy();
    },
  );

  test('from a key frame on, if they come in the middle', async () => {
    const stream = uniqueName('edge');
    const file = await mediaFile('h264-aac.flv');
    const publisher = new FfmpegPublisher(file, origin.rtmpUrl(stream));
    await publisher.waitUntilPublished(2500);
    const rtmp = await RtmpViewer.start(edge.target, stream);
    await publisher.finish();
    expectTailOf((await rtmp.finish()).packets, (await probe(file)).packets);
  });

  test('through two edges, one behind the other', async () => {
    const outer = await TestServer.start(edgeOf(`127.0.0.1:${edge.rtmpPort}`));
    const stream = uniqueName('edge');
    const rtmp = await RtmpViewer.start(outer.target, stream);
    await origin.waitForLog(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`));
    const file = await mediaFile('h264-aac.flv');
    await new FfmpegPublisher(file, origin.rtmpUrl(stream)).finish();
    expectSamePackets((await rtmp.finish()).packets, (await probe(file)).packets);
    await outer.stop();
  });
});

describe.concurrent('a pull', () => {
  test('is one for viewers of all kinds, and ends after the last has left', async () => {
    const stream = uniqueName('pull');
    const publisher = await RtmpPeer.publisher(origin.target, origin.tcUrl(), stream);
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    const players = [
      await RtmpPeer.player(edge.target, edge.tcUrl(), stream),
      await RtmpPeer.player(edge.target, edge.tcUrl(), stream),
    ];
    const http = await FlvViewer.start(edge, stream);
    await waitFor('a picture', () => players.every((player) => player.tags.some(isKeyFrame)));
    await http.waitForTags(3);
    expect(playsOf(origin, stream)).toBe(1);

    const pull = await edge.waitForLog(new RegExp(`\\[(\\w+)\\] edge-pull publish url \\S+/live/${stream},`));
    for (const viewer of [...players, http]) viewer.destroy();
    await edge.waitForLog(new RegExp(`\\[${pull[1]}\\] edge change from 101 to 300 then 0`));
    publisher.destroy();
  });

  test('asks for the vhost and with the parameters of its viewer', async () => {
    const stream = uniqueName('pull');
    const player = await RtmpPeer.player(
      edge.target,
      edge.tcUrl('live'),
      `${stream}?token=a&vhost=edge.example.com&k=v`,
    );
    const asked = await origin.waitForLog(
      new RegExp(`type=rtmp-play, vhost=(\\S+), app=live, stream=${stream}, param=(\\S+),`),
    );
    expect(asked.slice(1)).toEqual(['edge.example.com', '?token=a&k=v']);
    player.destroy();
  });

  test('asks for the transformed vhost, over HTTP as well', async () => {
    const stream = uniqueName('pull');
    const http = new FlvViewer(`${edge.flvUrl(stream)}?k=v`, { Host: 'up.example.com' });
    const asked = await origin.waitForLog(
      new RegExp(`type=rtmp-play, vhost=(\\S+), app=live, stream=${stream}, param=(\\S+),`),
    );
    expect(asked.slice(1)).toEqual(['up.example.com.origin', '?k=v']);
    http.destroy();
  });

  test('finds the one origin that answers: dead, unknown and silent ones cost little', async () => {
    const dead = await freePort();
    const other = await TestServer.start(
      edgeOf(`127.0.0.1:${dead}`, 'no-such-host.invalid', '192.0.2.1', `localhost:${origin.rtmpPort}`),
    );
    const stream = uniqueName('pull');
    const publisher = await RtmpPeer.publisher(origin.target, origin.tcUrl(), stream);
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    const startMs = Date.now();
    const player = await RtmpPeer.player(other.target, other.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    expect(Date.now() - startMs).toBeLessThan(3000);
    for (const peer of [player, publisher]) peer.destroy();
    await other.stop();
  });
});
