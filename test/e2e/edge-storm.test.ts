// Many viewers at once on an edge that has nothing yet.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let origin: TestServer;
let edge: TestServer;
beforeAll(async () => {
  origin = await TestServer.start();
  edge = await TestServer.start({
    vhost: `cluster { mode remote; origin 127.0.0.1:${origin.rtmpPort}; }`,
  });
});
afterAll(async () => {
  await edge.stop();
  await origin.stop();
});

const connectsOf = (server: TestServer) => [...server.log.matchAll(/connect app, tcUrl=/g)].length;

test('300 viewers cause one upstream connection', async () => {
  const stream = uniqueName('storm');
  const publisher = await RtmpPeer.publisher(origin.target, origin.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  await origin.waitForLog(new RegExp(`type=fmle-publish, .*stream=${stream}`));
  const before = connectsOf(origin);
  const players = await Promise.all(
    Array.from({ length: 150 }, () => RtmpPeer.player(edge.target, edge.tcUrl(), stream)),
  );
  const responses = Array.from({ length: 150 }, () => new FlvViewer(edge.flvUrl(stream)));
  await waitFor('a picture for every player', () => players.every((player) => player.tags.some(isKeyFrame)));
  await waitFor('a picture for every response', () =>
    responses.every((viewer) => viewer.tags.some(isKeyFrame)),
  );
  expect(connectsOf(origin) - before).toBe(1);
  for (const peer of [...players, ...responses]) peer.destroy();
  await edge.waitForLog(/edge change from 101 to 300/);
  publisher.destroy();
});

test('300 viewers of a stream that nobody has cause a handful', async () => {
  const stream = uniqueName('nobody');
  const before = connectsOf(origin);
  const from = edge.log.length;
  const players = await Promise.all(
    Array.from({ length: 300 }, () => RtmpPeer.player(edge.target, edge.tcUrl(), stream)),
  );
  for (const player of players) player.destroy();
  await waitFor('them to leave', () => edge.log.slice(from).includes('edge change from 101 to 300'));
  expect(connectsOf(origin) - before).toBeLessThanOrEqual(2);
});
