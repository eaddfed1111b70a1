// What ffmpeg publishes is what ffprobe plays, packet by packet, over RTMP and HTTP-FLV.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, isAudioSequenceHeader, isVideoSequenceHeader, mediaFrames } from '../helpers/flv.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { type MediaName, mediaFile, mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectSteady, expectTailOf, probe, tracksOf } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, flvProber, RtmpViewer } from '../helpers/viewer.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** Longest step between two packets of a track, ms: one frame, with rounding to milliseconds. */
const frameMs: Record<string, number> = { video: 40, audio: 27 };

const medias: readonly MediaName[] = [
  'h264-aac.flv',
  'h264-bframes-aac.flv',
  'h264.flv',
  'aac.flv',
  'mp3.flv',
  'h264-mp3.flv',
];

describe.concurrent('every packet of the file arrives', () => {
  test.for(medias)('%s to viewers who came before the publisher', async (name) => {
    const stream = uniqueName('whole');
    const file = await mediaFile(name);
    const rtmp = await RtmpViewer.start(server.target, stream);
    const http = await flvProber(server, stream);

    await new FfmpegPublisher(file, server.rtmpUrl(stream)).finish();

    const source = (await probe(file)).packets;
    for (const viewer of [await rtmp.finish(), await http.result()]) {
      expectSamePackets(viewer.packets, source);
      for (const track of tracksOf(source)) expectSteady(viewer.packets, track, frameMs[track] ?? 0);
    }
  });

  test.for(['h264-aac.flv', 'h264-bframes-aac.flv', 'h264-mp3.flv'] as const)(
    '%s from a key frame on, to viewers who come in the middle',
    async (name) => {
      const stream = uniqueName('late');
      const file = await mediaFile(name);
      const publisher = await HeldPublisher.start(file, server.target, stream, 2500);
      const rtmp = await RtmpViewer.start(server.target, stream);
      const http = await flvProber(server, stream);
      await publisher.finish();

      const source = (await probe(file)).packets;
      for (const viewer of [await rtmp.finish(), await http.result()]) {
        expectTailOf(viewer.packets, source);
        // Key frames are one second apart: the viewer starts with the last one, not further back.
        expect(viewer.packets.length).toBeLessThan(source.length * 0.75);
        for (const track of tracksOf(source)) expectSteady(viewer.packets, track, frameMs[track] ?? 0);
      }
    },
  );

  test('audio alone to viewers who come in the middle', async () => {
    const stream = uniqueName('late');
    const file = await mediaFile('aac.flv');
    const publisher = await HeldPublisher.start(file, server.target, stream, 2500);
    const rtmp = await RtmpViewer.start(server.target, stream);
    const http = await flvProber(server, stream);
    await publisher.finish();

    const source = (await probe(file)).packets;
    for (const viewer of [await rtmp.finish(), await http.result()]) {
      const hashes = viewer.packets.map((packet) => packet.hash);
      expect(hashes.length).toBeGreaterThan(40);
      expect(hashes).toEqual(source.slice(-hashes.length).map((packet) => packet.hash));
      expectSteady(viewer.packets, 'audio', frameMs.audio ?? 0);
    }
  });
});

describe.concurrent('the bytes of an HTTP-FLV response', () => {
  test('are metadata, both sequence headers and then the frames of the file', async () => {
    const stream = uniqueName('bytes');
    const viewer = await FlvViewer.start(server, stream);
    await new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream)).finish();
    await viewer.waitForEnd();

    const { hasAudio, hasVideo, tags, rest } = viewer.flv;
    expect({ hasAudio, hasVideo, rest: rest.length }).toEqual({ hasAudio: true, hasVideo: true, rest: 0 });
    expect(tags[0]?.type, 'first tag is onMetaData').toBe(18);
    const source = await mediaTags('h264-aac.flv');
    expect(tags.find(isVideoSequenceHeader)?.body).toEqual(source.find(isVideoSequenceHeader)?.body);
    expect(tags.find(isAudioSequenceHeader)?.body).toEqual(source.find(isAudioSequenceHeader)?.body);
    expect(digests(mediaFrames(tags))).toEqual(digests(mediaFrames(source)));
  });

  test.for([
    ['aac.flv', { hasAudio: true, hasVideo: false }],
    ['mp3.flv', { hasAudio: true, hasVideo: false }],
    ['h264.flv', { hasAudio: false, hasVideo: true }],
  ] as const)('announce only the tracks of %s', async ([name, expected]) => {
    const stream = uniqueName('flags');
    const publisher = await HeldPublisher.start(await mediaFile(name), server.target, stream, 1000);
    const viewer = await FlvViewer.start(server, stream);
    await publisher.finish();
    await viewer.waitForTags(10);
    const { hasAudio, hasVideo } = viewer.flv;
    expect({ hasAudio, hasVideo }).toEqual(expected);
    viewer.destroy();
  });
});
