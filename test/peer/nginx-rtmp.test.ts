// nginx-rtmp as relay beside us: it pushes into us and pulls from us, with its own chunk encoder and decoder.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectTailOf, probe } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';
import { NginxRtmp } from './nginx-rtmp.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test.for(['h264-aac.flv', 'h264-bframes-aac.flv', 'mp3.flv'] as const)(
  'nginx pushes %s into us: our viewers get every packet',
  async (name) => {
    const nginx = await NginxRtmp.start(`push 127.0.0.1:${server.rtmpPort}/live;`);
    const stream = uniqueName('push');
    const file = await mediaFile(name);
    const viewer = await RtmpViewer.start(server.target, stream);
    await new FfmpegPublisher(file, nginx.rtmpUrl(stream)).finish();
    expectSamePackets((await viewer.finish()).packets, (await probe(file)).packets);
    expect(server.log).toMatch(new RegExp(`type=flash-publish, .*stream=${stream}`));
    await nginx.stop();
  },
);

test('nginx pulls from us: its viewers get the stream from a key frame on', async () => {
  const nginx = await NginxRtmp.start(`pull 127.0.0.1:${server.rtmpPort}/live;`);
  const stream = uniqueName('pull');
  const file = await mediaFile('h264-aac.flv');
  const publisher = new FfmpegPublisher(file, server.rtmpUrl(stream));
  await publisher.waitUntilPublished(500);
  const viewer = await RtmpViewer.start(nginx, stream);
  await publisher.finish();
  expectTailOf((await viewer.finish()).packets, (await probe(file)).packets);
  await nginx.stop();
});

test('nginx pushes again after it was restarted', async () => {
  const stream = uniqueName('again');
  const file = await mediaFile('h264-aac.flv');
  const viewer = await RtmpViewer.start(server.target, stream);
  for (let round = 0; round < 2; round++) {
    const nginx = await NginxRtmp.start(`push 127.0.0.1:${server.rtmpPort}/live;`);
    await new FfmpegPublisher(file, nginx.rtmpUrl(stream)).finish();
    await nginx.child.destroy();
  }
  const seen = (await viewer.finish()).packets;
  expect(seen.length).toBe(2 * (await probe(file)).packets.length);
});
