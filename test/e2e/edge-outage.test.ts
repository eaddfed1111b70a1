// Origins that are killed while an edge has viewers: who stay, whose time goes on, and who see a key frame next.

import { describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, type FlvTag, isKeyFrame, isVideoSequenceHeader, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor, waitUntilQuiet } from '../helpers/wait-for.ts';

const edgeOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `cluster { mode remote; origin ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

/** A player and an HTTP viewer of the edge, both with a picture. */
async function viewersOf(edge: TestServer, stream: string): Promise<{ rtmp: RtmpPeer; http: FlvViewer }> {
  const rtmp = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
  const http = await FlvViewer.start(edge, stream);
  await waitFor('pictures', () => rtmp.tags.some(isKeyFrame) && http.tags.some(isKeyFrame));
  return { rtmp, http };
}

function expectMonotonic(tags: readonly FlvTag[]): void {
  for (const type of [8, 9]) {
    const times = tags.filter((tag) => tag.type === type).map((tag) => tag.timestampMs);
    const back = times.findIndex((time, index) => index > 0 && time < (times[index - 1] ?? 0));
    expect(back, `step back of type ${type} at ${times.slice(back - 1, back + 1)}`).toBe(-1);
  }
}

describe.concurrent('an origin that is killed', () => {
  test('and comes back, with its publisher: viewers go on with a key frame', async () => {
    const port = await freePort();
    const origin = await TestServer.start({ rtmpPort: port });
    const edge = await edgeOf(port);
    const stream = uniqueName('killed');
    const file = await mediaFile('h264-aac.flv');
    const first = new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true });
    await first.waitUntilPublished(1500);
    const { rtmp, http } = await viewersOf(edge, stream);

    await origin.child.destroy();
    await first.child.destroy();
    const replaced = await TestServer.start({ rtmpPort: port });
    const small = await mediaFile('h264-small-aac.flv');
    const second = new FfmpegPublisher(small, replaced.rtmpUrl(stream), { isLooping: true });
    await replaced.waitForLog(/start publish/);
    const publishedMs = Date.now();
    // Another picture size: its header comes first, and its key frame next.
    const header = (await mediaTags('h264-small-aac.flv')).find(isVideoSequenceHeader)?.body;
    const newVideo = () => {
      const video = rtmp.tags.filter((tag) => tag.type === 9);
      return video.slice(video.findIndex((tag) => header?.equals(tag.body)) + 1);
    };
    await waitFor(
      'the picture to go on',
      () => rtmp.tags.filter(isVideoSequenceHeader).length === 2 && newVideo().length > 0,
      { intervalMs: 5 },
    );
    // The pause between two tries is at most 625 ms, merged writes of both servers take 350 ms each; SRS needs 6 s.
    expect(Date.now() - publishedMs).toBeLessThan(5000);
    const [next] = newVideo();
    expect(next !== undefined && isKeyFrame(next)).toBe(true);
    expect(rtmp.isClosed).toBe(false);
    expect(http.bodyEnd).toBe('open');
    for (const tags of [rtmp.tags, http.tags]) expectMonotonic(tags);

    for (const peer of [rtmp, http]) peer.destroy();
    await second.child.destroy();
    await edge.stop();
    await replaced.stop();
  });

  test('while another has the stream: viewers get every packet once', async () => {
    const origins = [await TestServer.start(), await TestServer.start()] as const;
    const edge = await edgeOf(...origins.map((origin) => origin.rtmpPort));
    const stream = uniqueName('spare');
    // One encoder that publishes to both: the same bytes on both sides.
    const encoders = await Promise.all(
      origins.map((origin) => RtmpPeer.publisher(origin.target, origin.tcUrl(), stream)),
    );
    const rtmp = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
    const http = await FlvViewer.start(edge, stream);
    await origins[0].waitForLog(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`));
    const source = await mediaTags('h264-aac.flv');
    const startMs = Date.now();
    let killedMs = 0;
    let isBack = false;
    for (const tag of source) {
      await waitFor('its time', () => Date.now() - startMs >= tag.timestampMs, { intervalMs: 5 });
      if (killedMs > 0 && !isBack && isKeyFrame(tag)) {
        // Servers keep the pictures since the last key frame: it takes a slow machine to be later than the next one.
        await edge.waitForLog(new RegExp(`${stream} comes from 127.0.0.1:${origins[1].rtmpPort}`));
        isBack = true;
        expect(Date.now() - killedMs).toBeLessThan(3000);
      }
      for (const encoder of encoders) if (!encoder.isClosed) encoder.sendTag(tag);
      if (killedMs === 0 && tag.timestampMs > 2300) {
        // What the killed origin had not sent yet must not go back beyond the last key frame, either.
        await waitFor('its last group', () => rtmp.tags.filter(isKeyFrame).length === 3);
        killedMs = Date.now();
        void origins[0].child.destroy();
      }
    }
    expect(isBack).toBe(true);
    const frames = mediaFrames(source);
    await waitFor(
      'all packets',
      () => mediaFrames(rtmp.tags).length >= frames.length && mediaFrames(http.tags).length >= frames.length,
    );
    await waitUntilQuiet('the edge', () => rtmp.bytesReceived);
    for (const tags of [rtmp.tags, http.tags]) {
      expect(digests(mediaFrames(tags))).toEqual(digests(frames));
      expectMonotonic(tags);
      // One clock all along: the distance to the source's is the same before and after, rounded to ms.
      const shifts = mediaFrames(tags).map((tag, at) => tag.timestampMs - (frames[at]?.timestampMs ?? 0));
      expect(Math.max(...shifts) - Math.min(...shifts)).toBeLessThanOrEqual(2);
    }
    for (const peer of [rtmp, http, ...encoders]) peer.destroy();
    await edge.stop();
    await origins[1].stop();
  });
});

describe.concurrent('an upstream connection that falls silent', () => {
  test('while the origin is paused is replaced by another origin within 3 s', async () => {
    const origins = [await TestServer.start(), await TestServer.start()] as const;
    const edge = await edgeOf(...origins.map((origin) => origin.rtmpPort));
    const stream = uniqueName('paused');
    const file = await mediaFile('h264-aac.flv');
    const encoders = origins.map(
      (origin) => new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true }),
    );
    await Promise.all(encoders.map((encoder) => encoder.waitUntilPublished(1000)));
    const { rtmp, http } = await viewersOf(edge, stream);

    origins[0].child.kill('SIGSTOP');
    const pausedMs = Date.now();
    await edge.waitForLog(
      new RegExp(`edge-pull publish url rtmp://127.0.0.1:${origins[1].rtmpPort}/live/${stream}`),
    );
    const framesBefore = mediaFrames(rtmp.tags).length;
    await waitFor('the picture to go on', () => mediaFrames(rtmp.tags).length > framesBefore + 25);
    expect(Date.now() - pausedMs).toBeLessThan(6000);
    for (const tags of [rtmp.tags, http.tags]) expectMonotonic(tags);
    expect(rtmp.isClosed).toBe(false);
    expect(http.bodyEnd).toBe('open');

    origins[0].child.kill('SIGCONT');
    for (const peer of [rtmp, http]) peer.destroy();
    await Promise.all(encoders.map((encoder) => encoder.child.destroy()));
    await edge.stop();
    for (const origin of origins) await origin.stop();
  });
});
