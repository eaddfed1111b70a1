// GStreamer's two RTMP stacks, as publishers and players: rtmpsink and rtmpsrc stand on librtmp, rtmp2sink and
// rtmp2src are its own.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child } from '../helpers/child.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { mediaFile } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectSteady, type Packet, probe, track } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { Tap } from '../helpers/tap.ts';
import { flvProber, RtmpViewer } from '../helpers/viewer.ts';
import { debianProgram, missingPackage } from './debian.ts';

/** Element to the Debian package that has it. */
const elements: Record<string, string> = {
  flvmux: 'gstreamer1.0-plugins-good',
  flvdemux: 'gstreamer1.0-plugins-good',
  h264parse: 'gstreamer1.0-plugins-bad',
  rtmpsink: 'gstreamer1.0-plugins-bad',
  rtmp2sink: 'gstreamer1.0-plugins-bad',
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const inspect = debianProgram('gst-inspect-1.0', 'gstreamer1.0-tools');
  for (const [element, debianPackage] of Object.entries(elements)) {
    const child = new Child(inspect, ['--exists', element]);
    if ((await child.exited()).code !== 0) throw missingPackage(`GStreamer's ${element}`, debianPackage);
  }
});
afterAll(() => server.stop());

function gst(pipeline: string): Child {
  return new Child(debianProgram('gst-launch-1.0', 'gstreamer1.0-tools'), ['-q', ...pipeline.split(' ')]);
}

const hashes = (packets: readonly Packet[], name: string) =>
  track(packets, name).map((packet) => packet.hash);

test.for(['rtmpsrc', 'rtmp2src'] as const)('%s gets every packet', async (source) => {
  const stream = uniqueName('gst');
  const file = await mediaFile('h264-aac.flv');
  const path = join(newFolder('gst'), 'out.flv');
  const tap = await Tap.open(server.rtmpPort);
  const url = `rtmp://127.0.0.1:${tap.port}/live/${stream}`;
  const player = gst(`${source} location=${url} ! filesink location=${path}`);
  await tap.waitForText('NetStream.Play.Start');
  await new FfmpegPublisher(file, server.rtmpUrl(stream)).finish();
  await tap.closeWhenQuiet();
  await player.exited();
  expectSamePackets((await probe(path)).packets, (await probe(file)).packets);
});

/**
 * The parsers keep the access units as they are, but may add or drop parameter sets and delimiters; so frames
 * are counted, and what RTMP and HTTP-FLV viewers get is compared with each other.
 */
test.for(['rtmpsink', 'rtmp2sink'] as const)('%s publishes to RTMP and HTTP-FLV viewers', async (sink) => {
  const stream = uniqueName('gst');
  const file = await mediaFile('h264-aac.flv');
  const rtmp = await RtmpViewer.start(server.target, stream);
  const http = await flvProber(server, stream);
  const publisher = gst(
    `filesrc location=${file} ! flvdemux name=d ` +
      `d.video ! queue ! h264parse ! mux. d.audio ! queue ! aacparse ! mux. ` +
      `flvmux name=mux streamable=true ! ${sink} sync=true location=${server.rtmpUrl(stream)}`,
  );
  expect((await publisher.exited()).code, publisher.describe()).toBe(0);
  const [overRtmp, overHttp] = [(await rtmp.finish()).packets, (await http.result()).packets];
  const source = (await probe(file)).packets;
  for (const name of ['video', 'audio']) {
    expect(hashes(overRtmp, name)).toEqual(hashes(overHttp, name));
    const missing = track(source, name).length - track(overRtmp, name).length;
    expect(Math.abs(missing), `${name} packets lost by parser and muxer`).toBeLessThanOrEqual(2);
  }
  expect(hashes(overRtmp, 'audio')).toEqual(expect.arrayContaining(hashes(source, 'audio').slice(2, -2)));
  expectSteady(overRtmp, 'video', 42);
  expectSteady(overRtmp, 'audio', 28);
});
