// A browser that gets each playlist and segment from another edge.

import { expect, test } from 'vitest';
import { Balancer } from '../helpers/balancer.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { launchChromium, openPage } from './chromium.ts';

const PLAYBACK = `(() => {
  const video = document.querySelector('video');
  return { sec: video?.currentTime ?? 0, frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0 };
})()`;

test('hls.js plays from two edges at once, and on when their origin is replaced', async () => {
  const ports = [await freePort(), await freePort()] as const;
  const first = await TestServer.start({ rtmpPort: ports[0] });
  const second = await TestServer.start({ rtmpPort: ports[1] });
  const vhost = `cluster { mode remote; origin 127.0.0.1:${ports[0]} 127.0.0.1:${ports[1]}; }`;
  const edges = await Promise.all([TestServer.start({ vhost }), TestServer.start({ vhost })]);
  const stream = uniqueName('browser');
  const publish = async (origin: TestServer) => {
    const file = await mediaFile('h264-aac.flv');
    const encoder = new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true });
    await encoder.waitUntilPublished(500);
    return encoder;
  };
  const encoder = await publish(first);
  for (const edge of edges) {
    await waitFor('segments', async () => {
      const { text } = await http(edge.httpPort, `/live/${stream}.m3u8?hls_ctx=player`);
      return text.split('#EXTINF').length > 3;
    });
  }
  const balancer = await Balancer.start(edges);
  const browser = await launchChromium();
  const player = `http://127.0.0.1:${second.httpPort}/players/?autostart=true#${balancer.url(stream)}`;
  const { page, complaints } = await openPage(browser, player);
  const playback = () => page.evaluate<{ sec: number; frames: number }>(PLAYBACK);
  const playOn = async (sec: number) => {
    const from = await playback();
    await waitFor(`${sec} s more`, async () => (await playback()).sec >= from.sec + sec);
    return (await playback()).frames - from.frames;
  };
  await waitFor('the first frames', async () => (await playback()).frames > 10);
  expect(await playOn(12)).toBeGreaterThan(11 * 25);
  expect([complaints, balancer.failures]).toEqual([[], []]);

  await first.child.destroy();
  await encoder.child.destroy();
  const next = await publish(second);
  await playOn(15);
  expect(balancer.failures).toEqual([]);

  await browser.close();
  balancer.close();
  await next.stop();
  for (const edge of edges) await edge.stop();
  await second.stop();
});
