// nginx-rtmp as relay beside us: it pushes into us and pulls from us, with its own chunk encoder and decoder.
// It dials when its publisher starts and has no cache, so what it pushes lacks the first moments, at most up to
// the second key frame, which comes after one second.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { flvTagType } from '../helpers/flv.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSteady, expectTailOf, type Packet, probe, track, tracksOf } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { NginxRtmp } from './nginx-rtmp.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** Every packet of the source from some moment of its first second on. */
function expectAllButTheStart(actual: readonly Packet[], source: readonly Packet[]): void {
  expect(tracksOf(actual)).toEqual(tracksOf(source));
  for (const name of tracksOf(source)) {
    const [own, all] = [track(actual, name), track(source, name)].map((list) => list.map(({ hash }) => hash));
    expect(own, `${name} packets`).toEqual(all?.slice(-(own?.length ?? 0)));
    expect(own?.length, `${name} packets`).toBeGreaterThan((all?.length ?? 0) * 0.75);
    expectSteady(actual, name, name === 'video' ? 42 : 28);
  }
}

test.for(['h264-aac.flv', 'h264-bframes-aac.flv', 'mp3.flv'] as const)(
  'nginx pushes %s into us: our viewers get all that it pushes',
  async (name) => {
    const nginx = await NginxRtmp.start(`push 127.0.0.1:${server.rtmpPort}/live;`);
    const stream = uniqueName('push');
    const file = await mediaFile(name);
    const viewer = await RtmpViewer.start(server.target, stream);
    await new FfmpegPublisher(file, nginx.rtmpUrl(stream)).finish();
    expectAllButTheStart((await viewer.finish()).packets, (await probe(file)).packets);
    expect(server.log).toMatch(new RegExp(`type=flash-publish, .*stream=${stream}`));
    await nginx.stop();
  },
);

test('nginx pulls from us: its viewers get the stream from a key frame on', async () => {
  const nginx = await NginxRtmp.start(`pull 127.0.0.1:${server.rtmpPort}/live;`);
  const stream = uniqueName('pull');
  const file = await mediaFile('h264-aac.flv');
  const publisher = await HeldPublisher.start(file, server.target, stream, 2500);
  // The witness of the publisher was the first to play, nginx is the second.
  const plays = () => server.log.match(new RegExp(`type=rtmp-play, .*stream=${stream}`, 'g'))?.length ?? 0;
  const viewer = await RtmpViewer.start(nginx, stream);
  await waitFor('nginx to pull', () => plays() >= 2);
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
  const source = (await probe(file)).packets.map(({ hash }) => hash);
  expect(seen.length).toBeGreaterThan(source.length * 1.5);
  expect(
    seen
      .slice(-200)
      .map(({ hash }) => hash)
      .sort(),
  ).toEqual(source.slice(-200).sort());
  expectSteady(seen, 'video', 1100); // pictures before the first key frame that nginx has pushed are of no use
});

test('we forward to nginx and pull from it for longer than a server may be silent: pings break nothing', async () => {
  const nginx = await NginxRtmp.start();
  const other = `127.0.0.1:${nginx.port}`;
  const forwarder = await TestServer.start({ vhost: `forward { enabled on; destination ${other}; }` });
  const edge = await TestServer.start({ vhost: `cluster { mode remote; origin ${other}; }` });
  const stream = uniqueName('pinged');
  const file = await mediaFile('h264-aac.flv');
  const publisher = new FfmpegPublisher(file, forwarder.rtmpUrl(stream), { isLooping: true });
  await forwarder.waitForLog(/connected, version=/);
  const viewer = await FlvViewer.start(edge, stream);
  const videoMs = () => {
    const times = viewer.tags.filter(({ type }) => type === flvTagType.video);
    return (times.at(-1)?.timestampMs ?? 0) - (times[0]?.timestampMs ?? 0);
  };
  // A ping a second; a server that has answered one and then says nothing for 5 s is given up.
  await waitFor('9 s of pictures', () => videoMs() > 9000);
  for (const { log } of [forwarder, edge]) {
    expect(log.match(/connected, version=/g)).toHaveLength(1);
    expect(log).not.toMatch(/timeout|disconnected|retry/);
  }
  viewer.destroy();
  await publisher.stop();
  for (const one of [edge, forwarder]) await one.stop();
  await nginx.stop();
});
