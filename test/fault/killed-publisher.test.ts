// A publisher that is killed and comes back, again and again, in front of twenty viewers: RTMP viewers resume,
// HTTP-FLV viewers are ended and come again, and nothing is left behind.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

test('ten kills leave no memory behind, and every viewer goes on', async () => {
  const stream = uniqueName('killed');
  const file = await mediaFile('h264-bframes-aac.flv');
  const players = await Promise.all(
    Array.from({ length: 10 }, () => RtmpPeer.player(server.target, server.tcUrl(), stream)),
  );
  const heapAfterRound: number[] = [];
  for (let round = 0; round < 10; round++) {
    const seen = players.map((player) => player.tags.filter(isKeyFrame).length);
    const viewers = Array.from({ length: 10 }, () => new FlvViewer(server.flvUrl(stream)));
    const publisher = new FfmpegPublisher(file, server.rtmpUrl(stream));
    await Promise.all(viewers.map((viewer) => viewer.waitForTags(20)));
    await waitFor('a new key frame at every player', () =>
      players.every((player, index) => player.tags.filter(isKeyFrame).length > (seen[index] ?? 0)),
    );
    await publisher.child.destroy();
    for (const viewer of viewers) {
      expect(await viewer.waitForEnd(), `round ${round}`).toBe('end');
      expect(viewer.flv.rest.length, 'bytes of an unfinished tag').toBe(0);
    }
    heapAfterRound.push((await server.memory()).heapUsed);
  }

  for (const player of players) {
    expect(player.isClosed).toBe(false);
    const times = player.tags.map((tag) => tag.timestampMs);
    for (const type of [8, 9]) {
      const own = player.tags.filter((tag) => tag.type === type).map((tag) => tag.timestampMs);
      expect(
        [...own].sort((a, b) => a - b),
        'time never goes back',
      ).toEqual(own);
    }
    expect(times.length).toBeGreaterThan(100);
    player.destroy();
  }
  const growth = (heapAfterRound.at(-1) ?? 0) - (heapAfterRound[2] ?? 0);
  expect(growth, `heap after each round: ${heapAfterRound}`).toBeLessThan(1.5 * 1024 * 1024);
});

test('a thousand streams that came and went leave no memory behind', async () => {
  const cycle = async () => {
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const stream = uniqueName('gone');
          const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
          const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
          publisher.sendTag({ type: 9, timestampMs: 0, body: Buffer.from('1700000000', 'hex') });
          publisher.destroy();
          player.destroy();
          await Promise.all([publisher.closed, player.closed]);
        }),
      );
    }
    return (await server.memory()).heapUsed;
  };
  const heap: number[] = [];
  for (let round = 0; round < 10; round++) heap.push(await cycle());
  // The first rounds compile code and fill pools; from then on a hundred streams must cost nothing.
  const growth = Math.min(...heap.slice(-3)) - Math.min(...heap.slice(1, 4));
  expect(growth, `heap after each hundred streams: ${heap}`).toBeLessThan(1.5 * 1024 * 1024);
});
