// Publishers' clocks start anywhere, wrap, jump and restart; a viewer's clock starts near zero and goes on.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, type FlvTag, flvTagType, mediaFrames } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSteady } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer, RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const hourMs = 3_600_000;

/** Publisher's timestamp for a time of the file. The file lasts five seconds. */
const clocks: Record<string, { at: (fileMs: number) => number; hasJump?: boolean }> = {
  'starts at zero': { at: (ms) => ms },
  'starts at an hour': { at: (ms) => hourMs + ms },
  'starts at 0x01000000, where timestamps become extended': { at: (ms) => 0x01000000 + ms },
  'crosses 0x00ffffff in mid-stream': { at: (ms) => 0x00ffffff - 2500 + ms },
  'crosses 31 bits in mid-stream': { at: (ms) => 0x7fffffff - 2500 + ms },
  'wraps 32 bits in mid-stream': { at: (ms) => (0xffffffff - 2500 + ms) % 0x100000000 },
  'starts at 0xffffff00': { at: (ms) => (0xffffff00 + ms) % 0x100000000 },
  'jumps hours ahead': { at: (ms) => (ms < 2500 ? ms : ms + 5 * hourMs), hasJump: true },
  'jumps hours back': { at: (ms) => (ms < 2500 ? ms + 5 * hourMs : ms), hasJump: true },
  'starts again at zero': { at: (ms) => (ms < 2500 ? ms + 60_000 : ms - 2500), hasJump: true },
};

/** First near zero, never back, no gap beyond a frame; a jump of the source may become any small step. */
function expectViewerClock(tags: readonly FlvTag[], maxGapMs: Record<number, number>): void {
  const frames = mediaFrames(tags);
  expect(Math.min(...frames.map((tag) => tag.timestampMs))).toBeLessThanOrEqual(100);
  for (const type of [flvTagType.audio, flvTagType.video]) {
    const times = frames.filter((tag) => tag.type === type).map((tag) => tag.timestampMs);
    times.slice(1).forEach((time, index) => {
      const gap = time - (times[index] ?? 0);
      expect(gap, `step to ${time} ms of type ${type}`).toBeGreaterThanOrEqual(0);
      expect(gap, `step to ${time} ms of type ${type}`).toBeLessThanOrEqual(maxGapMs[type] ?? 0);
    });
  }
}

describe.concurrent('a publisher whose clock', () => {
  test.for(Object.entries(clocks))('%s', async ([, clock]) => {
    const stream = uniqueName('clock');
    const rtmp = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const real = await RtmpViewer.start(server.target, stream);
    const http = await FlvViewer.start(server, stream);
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const tags = await mediaTags('h264-aac.flv');
    const frames = mediaFrames(tags);
    for (const tag of tags) publisher.sendTag(tag, clock.at(tag.timestampMs));
    const everything = () =>
      mediaFrames(rtmp.tags).length >= frames.length && mediaFrames(http.tags).length >= frames.length;
    await waitFor(
      () => `${frames.length} frames, got ${mediaFrames(rtmp.tags).length}, ${mediaFrames(http.tags).length}`,
      everything,
    );
    const late = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const lateHttp = await FlvViewer.start(server, stream);
    await waitFor('the cached GOP', () => mediaFrames(late.tags).length > 20);
    await lateHttp.waitForTags(20);

    const gaps = clock.hasJump ? { 8: 120, 9: 120 } : { 8: 27, 9: 42 };
    for (const viewer of [rtmp, http]) {
      expect(digests(mediaFrames(viewer.tags))).toEqual(digests(frames));
      expectViewerClock(viewer.tags, gaps);
      expect(Math.max(...viewer.tags.map((tag) => tag.timestampMs))).toBeLessThanOrEqual(5200);
    }
    for (const viewer of [late, lateHttp]) {
      expectViewerClock(viewer.tags, { 8: 27, 9: 42 });
      expect(Math.max(...viewer.tags.map((tag) => tag.timestampMs))).toBeLessThanOrEqual(1500);
    }
    const probed = (await real.finish()).packets;
    expect(probed.length).toBe(frames.length);
    expectSteady(probed, 'video', gaps[9]);
    expectSteady(probed, 'audio', gaps[8]);
    for (const end of [publisher, rtmp, http, late, lateHttp]) end.destroy();
  });
});

describe.concurrent('sound and picture', () => {
  test.for(Object.entries(clocks).filter(([, { hasJump }]) => !hasJump))(
    'keep their distance when the clock %s',
    async ([, clock]) => {
      const stream = uniqueName('sync');
      const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
      const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
      const tags = await mediaTags('h264-bframes-aac.flv');
      for (const tag of tags) publisher.sendTag(tag, clock.at(tag.timestampMs));
      const sent = mediaFrames(tags);
      await waitFor('all frames', () => mediaFrames(player.tags).length >= sent.length);
      const shifts = mediaFrames(player.tags).map(
        (tag, index) => tag.timestampMs - (sent[index]?.timestampMs ?? 0),
      );
      expect(Math.max(...shifts) - Math.min(...shifts)).toBeLessThanOrEqual(1);
      player.destroy();
      publisher.destroy();
    },
  );
});
