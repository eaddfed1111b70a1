// Clusters over IPv6: literal addresses in `origin` and `coworkers`, and in the redirects between origins.

import { networkInterfaces } from 'node:os';
import { afterEach, expect, type TestContext, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectTailOf, probe } from '../helpers/packets.ts';
import { type ServerOptions, TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options: ServerOptions): Promise<TestServer> {
  const server = await TestServer.start(options);
  servers.push(server);
  return server;
}

/** An origin that nobody can reach over IPv4. */
const origin = (options: ServerOptions = {}) => start({ ...options, host: '[::1]' });
const edgeOf = ({ rtmpPort }: TestServer) =>
  start({ vhost: `cluster { mode remote; origin [::1]:${rtmpPort}; }` });

function needsIpv6({ skip }: TestContext): void {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const hasLoopback = addresses.some(({ address }) => address === '::1');
  skip(!hasLoopback, 'this machine has no ::1');
}

test('an edge pushes to, and pulls from, an origin at [::1]', async (context) => {
  needsIpv6(context);
  const far = await origin();
  const edge = await edgeOf(far);
  const stream = uniqueName('six');
  const viewer = await RtmpViewer.start(edge.target, stream);
  await edge.waitForLog(new RegExp(`edge-pull publish url rtmp://\\[::1\\]:${far.rtmpPort}/live/${stream}`));
  const file = await mediaFile('h264-aac.flv');
  await new FfmpegPublisher(file, edge.rtmpUrl(stream)).finish();
  expectSamePackets((await viewer.finish()).packets, (await probe(file)).packets);
  expect(far.log).toMatch(new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream},`));
  expect(far.log).toMatch(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`));
});

test('coworkers at [::1] send an edge to the one that has the stream', async (context) => {
  needsIpv6(context);
  const apiPorts = [await freePort(), await freePort()];
  const coworkers = apiPorts.map((port) => `[::1]:${port}`).join(' ');
  const vhost = `cluster { origin_cluster on; coworkers ${coworkers}; }`;
  const [owner, other] = (await Promise.all(
    apiPorts.map((port) => origin({ vhost, root: `http_api { enabled on; listen [::1]:${port}; }` })),
  )) as [TestServer, TestServer];
  const stream = uniqueName('six');
  const file = await mediaFile('h264-aac.flv');
  const edge = await edgeOf(other);
  const publisher = new FfmpegPublisher(file, owner.rtmpUrl(stream));
  await publisher.waitUntilPublished(1500);
  const viewer = await RtmpViewer.start(edge.target, stream);
  await edge.waitForLog(
    new RegExp(`RTMP redirect \\S+ from \\[::1\\]:${other.rtmpPort} to rtmp://\\[::1\\]:${owner.rtmpPort}/`),
  );
  await publisher.finish();
  expectTailOf((await viewer.finish()).packets, (await probe(file)).packets);
});
