// Publishers come and go: RTMP viewers stay and go on with the next publisher, HTTP-FLV responses end and a
// new request works, as SRS does it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame, isVideoSequenceHeader, mediaFrames } from '../helpers/flv.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { fileTags, joinedMediaFile, mediaFile, mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectStartsNearZero, expectSteady, probe, track } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, flvProber, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const hashes = (packets: Awaited<ReturnType<typeof probe>>['packets'], name: string) =>
  track(packets, name).map((packet) => packet.hash);

describe.concurrent('a publisher that comes back', () => {
  test('goes on for the RTMP viewers who waited, on one clock', async () => {
    const stream = uniqueName('again');
    const file = await mediaFile('h264-aac.flv');
    const viewer = await RtmpViewer.start(server.target, stream);
    await new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false }).finish();
    await new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false }).finish();
    const seen = (await viewer.finish()).packets;

    const source = (await probe(file)).packets;
    for (const name of ['video', 'audio']) {
      const once = hashes(source, name);
      expect(hashes(seen, name)).toEqual([...once, ...once]);
      expectSteady(seen, name, 150);
    }
    expectStartsNearZero(seen);
  });

  test('with another resolution brings its own sequence header', async () => {
    const stream = uniqueName('again');
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    for (const name of ['h264-aac.flv', 'h264-small-aac.flv'] as const) {
      await new FfmpegPublisher(await mediaFile(name), server.rtmpUrl(stream), {
        isRealTime: false,
      }).finish();
    }
    const sources = [await mediaTags('h264-aac.flv'), await mediaTags('h264-small-aac.flv')];
    const expected = sources.map((tags) => tags.find(isVideoSequenceHeader)?.body);
    await waitFor('both sequence headers', () => player.tags.filter(isVideoSequenceHeader).length >= 2);
    expect(player.tags.filter(isVideoSequenceHeader).map((tag) => tag.body)).toEqual(expected);
    player.destroy();
  });

  test('ends the HTTP-FLV responses of the first time and serves new requests', async () => {
    const stream = uniqueName('again');
    const file = await mediaFile('h264-aac.flv');
    for (const round of [1, 2]) {
      const viewer = await FlvViewer.start(server, stream);
      const publisher = new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false });
      await publisher.finish();
      await viewer.waitForEnd();
      expect(viewer.flv.rest.length, `unfinished tag in round ${round}`).toBe(0);
      expect(mediaFrames(viewer.tags).length, `frames in round ${round}`).toBe(
        mediaFrames(await mediaTags('h264-aac.flv')).length,
      );
    }
  });

  test('after a kill -9 is welcome at once', async () => {
    const stream = uniqueName('again');
    const file = await mediaFile('h264-aac.flv');
    const viewer = await RtmpViewer.start(server.target, stream);
    const killed = await HeldPublisher.start(file, server.target, stream, 1500);
    await killed.child.destroy();
    await new FfmpegPublisher(file, server.rtmpUrl(stream)).finish();
    const seen = (await viewer.finish()).packets;

    const whole = hashes((await probe(file)).packets, 'video');
    expect(hashes(seen, 'video').slice(-whole.length)).toEqual(whole);
    expect(hashes(seen, 'video').length).toBeGreaterThan(whole.length + 20);
    expectSteady(seen, 'video', 150);
  });
});

describe.concurrent('a sequence header that changes in mid-stream', () => {
  test('reaches RTMP and HTTP-FLV viewers before the frames that need it', async () => {
    const stream = uniqueName('change');
    const file = await joinedMediaFile('h264-aac.flv', 'h264-small-aac.flv');
    const rtmp = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const http = await FlvViewer.start(server, stream);
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const source = (await probe(file)).packets;
    for (const tag of fileTags(file)) publisher.sendTag(tag);
    await waitFor('all frames', () => mediaFrames(rtmp.tags).length >= source.length);
    publisher.destroy();
    await http.waitForEnd();

    for (const seen of [rtmp.tags, http.tags]) {
      const video = seen.filter((tag) => tag.type === 9);
      const headerAt = video.flatMap((tag, index) => (isVideoSequenceHeader(tag) ? [index] : []));
      expect(headerAt.length).toBe(2);
      for (const index of headerAt) {
        const next = video[index + 1];
        expect(next && isKeyFrame(next), 'a key frame follows the sequence header').toBe(true);
      }
      expect(mediaFrames(seen).length).toBe(source.length);
    }
    rtmp.destroy();
  });

  test('is what a late viewer starts with', async () => {
    const stream = uniqueName('change');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const tags = fileTags(await joinedMediaFile('h264-aac.flv', 'h264-small-aac.flv'));
    const witness = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    for (const tag of tags) publisher.sendTag(tag);
    await waitFor('all of it', () => mediaFrames(witness.tags).length >= mediaFrames(tags).length);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const http = await FlvViewer.start(server, stream);
    await http.waitForTags(10);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    const expected = tags.findLast(isVideoSequenceHeader)?.body;
    for (const seen of [player.tags, http.tags]) {
      expect(seen.filter(isVideoSequenceHeader).map((tag) => tag.body)).toEqual([expected]);
    }
    for (const end of [publisher, witness, player, http]) end.destroy();
  });

  test('passes through ffmpeg as a publisher, too', async () => {
    const stream = uniqueName('change');
    const file = await joinedMediaFile('h264-aac.flv', 'h264-small-aac.flv');
    const http = await flvProber(server, stream);
    await new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false }).finish();
    const seen = (await http.result()).packets;
    expect(hashes(seen, 'video')).toEqual(hashes((await probe(file)).packets, 'video'));
  });
});
