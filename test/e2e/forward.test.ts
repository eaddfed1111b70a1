// Forward: what is published at one server is at the others, too.

import { describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const masterOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `forward { enabled on; destination ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

describe.concurrent('forward', () => {
  test('to two servers: viewers there get every packet', async () => {
    const slaves = [await TestServer.start(), await TestServer.start()];
    const master = await masterOf(...slaves.map((slave) => slave.rtmpPort));
    const stream = uniqueName('forward');
    const viewers = await Promise.all(slaves.map((slave) => RtmpViewer.start(slave.target, stream)));
    const file = await mediaFile('h264-bframes-aac.flv');
    await new FfmpegPublisher(file, master.rtmpUrl(`${stream}?token=1`)).finish();
    const source = (await probe(file)).packets;
    for (const viewer of viewers) expectSamePackets((await viewer.finish()).packets, source);
    expect(slaves[0]?.log).toMatch(
      new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream}, param=\\?token=1,`),
    );
    // The stream is free there as soon as its publisher has left here.
    for (const slave of slaves) {
      const peer = await RtmpPeer.publisher(slave.target, slave.tcUrl(), stream);
      peer.destroy();
    }
    for (const server of [master, ...slaves]) await server.stop();
  });

  test('to a server that is killed and comes back starts there with a key frame', async () => {
    const port = await freePort();
    const killed = await TestServer.start({ rtmpPort: port });
    const master = await masterOf(port);
    const stream = uniqueName('forward');
    const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), master.rtmpUrl(stream), {
      isLooping: true,
    });
    await killed.waitForLog(new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream},`));
    await killed.child.destroy();
    const slave = await TestServer.start({ rtmpPort: port });
    const viewer = await RtmpPeer.player(slave.target, slave.tcUrl(), stream);
    await waitFor('pictures', () => mediaFrames(viewer.tags).length > 25);
    const first = mediaFrames(viewer.tags).find((tag) => tag.type === 9);
    expect(first !== undefined && isKeyFrame(first)).toBe(true);
    expect(publisher.child.status).toBeUndefined();
    viewer.destroy();
    await publisher.stop();
    for (const server of [master, slave]) await server.stop();
  });
});
