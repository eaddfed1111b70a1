// An origin that is updated: it asks its edges to go elsewhere, they do at a key frame, and no viewer notices.

import { expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

test('an origin that quits gracefully hands its edge over to another one', async () => {
  const grace = 'grace_start_wait 100; grace_final_wait 100;';
  const [a, b] = await Promise.all([TestServer.start({ root: grace }), TestServer.start({ root: grace })]);
  const edge = await TestServer.start({
    vhost: `cluster { mode remote; origin 127.0.0.1:${a.rtmpPort} 127.0.0.1:${b.rtmpPort}; }`,
  });
  const stream = uniqueName('handover');
  const file = await mediaFile('h264-aac.flv');
  const publishers = [a, b].map(
    (origin) => new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true }),
  );
  for (const publisher of publishers) await publisher.waitUntilPublished(1200);
  const viewer = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
  const flv = await FlvViewer.start(edge, stream);
  await waitFor('pictures', () => viewer.tags.some(isKeyFrame) && flv.tags.some(isKeyFrame));
  // On a busy machine it may have asked both.
  const [, port] = await edge.waitForLog(
    new RegExp(`stream \\S*${stream} comes from 127\\.0\\.0\\.1:(\\d+)`),
  );
  const [leaving, staying] = Number(port) === a.rtmpPort ? [a, b] : [b, a];
  const publisher = publishers[leaving === a ? 0 : 1] as FfmpegPublisher;

  leaving.child.kill('SIGQUIT');
  await leaving.waitForLog(/asked 1 conns to reconnect elsewhere/);
  await edge.waitForLog(/says NetConnection\.Connect\.ReconnectRequest/);
  // The edge has left, the encoder is still there.
  await leaving.waitForLog(/wait for 1 conns to quit/);
  await staying.waitForLog(/type=rtmp-play/);
  await publisher.stop();
  expect((await leaving.child.exited()).code).toBe(0);

  const { length } = viewer.tags;
  await waitFor('media from the other origin', () => viewer.tags.length > length + 100);
  expect([viewer.isClosed, flv.bodyEnd]).toEqual([false, 'open']);
  const times = viewer.tags.filter(({ type }) => type === 9).map(({ timestampMs }) => timestampMs);
  expect(times, 'video in order').toEqual([...times].sort((x, y) => x - y));
  expect(Math.max(...times.slice(1).map((time, i) => time - times[i]!)), 'a gap, ms').toBeLessThan(1500);

  viewer.destroy();
  flv.destroy();
  await publishers[leaving === a ? 1 : 0]?.stop();
  await Promise.all([edge.stop(), staying.stop()]);
});
