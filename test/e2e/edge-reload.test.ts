// Cluster settings that change while viewers watch: origins come and go, an edge becomes an origin and back.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { type FlvTag, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { type ServerOptions, serverConf, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const root = 'auto_reload_for_docker off; inotify_auto_reload off;';
let origins: [TestServer, TestServer];
beforeAll(async () => {
  origins = await Promise.all([TestServer.start(), TestServer.start()]);
});
afterAll(async () => {
  for (const origin of origins) await origin.stop();
});

const edgeBefore = (origin: TestServer) => `cluster { mode remote; origin 127.0.0.1:${origin.rtmpPort}; }`;

async function reload(server: TestServer, vhost: string): Promise<void> {
  const options: ServerOptions = { root, vhost };
  writeFileSync(join(server.folder, 'srs.conf'), serverConf(server.rtmpPort, server.httpPort, options));
  const from = server.log.length;
  server.child.kill('SIGHUP');
  await waitFor('the reload', () => server.log.slice(from).includes('reload config success.'));
}

test('an origin that is not listed any more is left at a key frame, without a gap', async () => {
  const edge = await TestServer.start({ root, vhost: edgeBefore(origins[0]) });
  const stream = uniqueName('unlisted');
  const file = await mediaFile('h264-aac.flv');
  const encoders = origins.map(
    (origin) => new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true }),
  );
  await Promise.all(encoders.map((encoder) => encoder.waitUntilPublished(1000)));
  const player = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
  const http = await FlvViewer.start(edge, stream);
  await waitFor('pictures', () => player.tags.some(isKeyFrame) && http.tags.some(isKeyFrame));
  await reload(edge, edgeBefore(origins[1]));
  await edge.waitForLog(new RegExp(`${stream} comes from 127.0.0.1:${origins[1].rtmpPort}`));
  const frames = mediaFrames(player.tags).length;
  await waitFor('it to go on', () => mediaFrames(player.tags).length > frames + 25);
  const times = player.tags.filter((tag) => tag.type === 9).map((tag) => tag.timestampMs);
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(player.isClosed).toBe(false);
  expect(http.bodyEnd).toBe('open');
  for (const peer of [player, http]) peer.destroy();
  await Promise.all(encoders.map((encoder) => encoder.child.destroy()));
  await edge.stop();
});

test('an edge that becomes an origin, and an edge again, keeps its players', async () => {
  const server = await TestServer.start({ root, vhost: edgeBefore(origins[0]) });
  const stream = uniqueName('mode');
  const tags = await mediaTags('h264-aac.flv');
  const small = await mediaTags('h264-small-aac.flv');
  const smallHeader = small.find((tag) => tag.type === 9)?.body;
  const far = await RtmpPeer.publisher(origins[0].target, origins[0].tcUrl(), stream);
  for (const tag of tags) far.sendTag(tag);
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  await waitFor('pictures', () => player.tags.some(isKeyFrame));
  const pusher = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('pushed'));

  await reload(server, '');
  // The pull is closed, and so is the publisher's way to an origin: it publishes here when it comes back.
  await pusher.waitForClose();
  const near = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of small) near.sendTag(tag);
  const hasSmall = (seen: readonly FlvTag[]) => seen.some((tag) => smallHeader?.equals(tag.body));
  await waitFor('the picture that is published here', () => hasSmall(player.tags));

  await reload(server, edgeBefore(origins[0]));
  const before = player.tags.filter(isKeyFrame).length;
  near.destroy();
  await waitFor('the picture of the origin', () => player.tags.filter(isKeyFrame).length > before);
  expect(player.isClosed).toBe(false);
  for (const peer of [player, far]) peer.destroy();
  await server.stop();
});

test('viewers who wait at an origin are served when it becomes an edge', async () => {
  const server = await TestServer.start({ root, rtmpPort: await freePort() });
  const stream = uniqueName('waits');
  const far = await RtmpPeer.publisher(origins[1].target, origins[1].tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) far.sendTag(tag);
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  expect(player.tags.some(isKeyFrame)).toBe(false);
  await reload(server, edgeBefore(origins[1]));
  await waitFor('a picture', () => player.tags.some(isKeyFrame));
  for (const peer of [player, far]) peer.destroy();
  await server.stop();
});
