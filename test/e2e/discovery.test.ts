// One name that stands for all origins: addresses that come and go, SRV records, a name server that fails.

import { afterEach, beforeEach, test } from 'vitest';
import { DnsServer } from '../helpers/dns-server.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

let dns: DnsServer;
let rtmpPort: number;
beforeEach(async () => {
  dns = await DnsServer.start();
  rtmpPort = await freePort();
});
afterEach(() => dns.close());

/** An origin that finds its coworkers by the one name for all of them; only its RTMP port can be reached. */
const originAt = (host: string) =>
  TestServer.start({
    host,
    rtmpPort,
    root: `resolver ${dns.endpoint};`,
    vhost: `cluster { origin_cluster on; coworkers socs.test; }`,
  });

const edgeOf = (origin: string) =>
  TestServer.start({
    root: `resolver ${dns.endpoint};`,
    vhost: `cluster { mode remote; origin ${origin}; }`,
  });

/** Publishes at one server; resolves when a player of the other one has a picture. An origin turns it away until then. */
async function expectPicture(from: TestServer, at: TestServer): Promise<void> {
  const stream = uniqueName('found');
  const publisher = await RtmpPeer.publisher(from.target, from.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  let player = await newPlayer(at, stream);
  await waitFor(`a picture from ${from.host}`, async () => {
    if (player.isClosed) player = await newPlayer(at, stream);
    return player.tags.some(isKeyFrame);
  });
  for (const peer of [player, publisher]) peer.destroy();
}

async function newPlayer(at: TestServer, stream: string): Promise<RtmpPeer> {
  const player = await RtmpPeer.connected(at.target, at.tcUrl());
  player.requestPlay(stream);
  return player;
}

test('a name with many addresses: origins that are added are found, and a failing name server changes nothing', async () => {
  dns.addresses['socs.test'] = ['127.0.1.1', '127.0.1.2'];
  const first = await originAt('127.0.1.1');
  const second = await originAt('127.0.1.2');
  const edge = await edgeOf(`socs.test:${rtmpPort}`);
  for (const origin of [first, second]) await expectPicture(origin, edge);
  // Origins find each other by the same name.
  await expectPicture(second, first);

  const third = await originAt('127.0.1.3');
  dns.addresses['socs.test'] = ['127.0.1.1', '127.0.1.2', '127.0.1.3'];
  for (const asker of [edge, first, second]) await expectPicture(third, asker);

  // Nobody who asks now gets an answer; the last one is good enough, at the edge and among origins.
  dns.isFailing = true;
  const { questions } = dns;
  await waitFor('them to ask in vain', async () => {
    await expectPicture(third, edge);
    return dns.questions > questions + 3;
  });
  for (const origin of [first, second, third]) await expectPicture(origin, edge);
  await expectPicture(third, second);
  for (const server of [edge, first, second, third]) await server.stop();
});

test('SRV records: every server has its own port', async () => {
  const origins = await Promise.all([TestServer.start(), TestServer.start()]);
  dns.addresses['one.test'] = ['127.0.0.1'];
  dns.services['_rtmp._tcp.socs.test'] = origins.map(({ rtmpPort: port }) => ({ host: 'one.test', port }));
  const edge = await edgeOf('_rtmp._tcp.socs.test');
  for (const origin of origins) await expectPicture(origin, edge);

  const added = await TestServer.start();
  dns.services['_rtmp._tcp.socs.test'] = [{ host: 'one.test', port: added.rtmpPort }];
  await expectPicture(added, edge);
  for (const server of [edge, ...origins, added]) await server.stop();
});
