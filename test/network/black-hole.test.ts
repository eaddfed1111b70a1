// Hosts that vanish without a word: their packets are dropped, and nobody is told.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FlvTag, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import type { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Encoder, expectStreamWithGap } from './encoder.ts';
import { VirtualHost } from './virtual-network.ts';

let tags: readonly FlvTag[];
beforeAll(async () => {
  tags = await mediaTags('h264-aac.flv');
});

/** Of this test file; they vanish with the process at the latest. */
const hosts: VirtualHost[] = [];
afterAll(async () => {
  for (const host of hosts) await host.remove();
});

async function newHosts(count: number): Promise<VirtualHost[]> {
  const made = await Promise.all(Array.from({ length: count }, () => VirtualHost.create()));
  hosts.push(...made);
  return made;
}

const edgeVhost = (...origins: readonly TestServer[]) =>
  `cluster { mode remote; origin ${origins.map(({ host, rtmpPort }) => `${host}:${rtmpPort}`).join(' ')}; }`;

describe.concurrent('an origin whose host vanishes', () => {
  test('is replaced by another that has the stream: viewers of the edge stay, and miss a few seconds at most', async () => {
    const [first, second, below] = (await newHosts(3)) as [VirtualHost, VirtualHost, VirtualHost];
    const origins = await Promise.all([first.server(), second.server()]);
    const edge = await below.server({ vhost: edgeVhost(...origins) });
    const stream = uniqueName('vanished');
    const encoder = await Encoder.start(origins, stream, tags);
    const rtmp = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
    const http = await FlvViewer.start(edge, stream);
    await edge.waitForLog(new RegExp(`${stream} comes from ${first.address}:`));
    await waitFor(
      'pictures',
      () => mediaFrames(rtmp.tags).length > 100 && mediaFrames(http.tags).length > 100,
    );

    await first.vanish();
    const vanishedMs = Date.now();
    await edge.waitForLog(new RegExp(`${stream} comes from ${second.address}:`));
    // 2 s of silence, then a connection.
    expect(Date.now() - vanishedMs).toBeLessThan(4500);
    const counts = [rtmp, http].map((viewer) => mediaFrames(viewer.tags).length) as [number, number];
    await waitFor(
      'pictures again',
      () =>
        mediaFrames(rtmp.tags).length > counts[0] + 100 && mediaFrames(http.tags).length > counts[1] + 100,
    );
    for (const viewer of [rtmp, http]) expectStreamWithGap(viewer.tags, encoder.sent, 4500);
    expect(rtmp.isClosed).toBe(false);
    expect(http.bodyEnd).toBe('open');

    // What the origin sends when its host is back disturbs nobody.
    await first.reappear();
    const later = mediaFrames(rtmp.tags).length;
    await waitFor('more pictures', () => mediaFrames(rtmp.tags).length > later + 200);
    expectStreamWithGap(rtmp.tags, encoder.sent, 4500);
    for (const viewer of [rtmp, http]) viewer.destroy();
    await encoder.stop();
    for (const server of [edge, ...origins]) await server.stop();
  });

  test('loses the publisher of an edge to the next origin, within seconds', async () => {
    const [first, second, below] = (await newHosts(3)) as [VirtualHost, VirtualHost, VirtualHost];
    const origins = await Promise.all([first.server(), second.server()]);
    const edge = await below.server({ vhost: edgeVhost(...origins) });
    const stream = uniqueName('pushed');
    const encoder = await Encoder.start([edge], stream, tags);
    const waiting = await RtmpPeer.player(origins[1].target, origins[1].tcUrl(), stream);
    await origins[0].waitForLog(/start publish/);

    await first.vanish();
    const vanishedMs = Date.now();
    await waitFor('a picture at the next origin', () => waiting.tags.some(isKeyFrame));
    // 5 s without an answer to any ping.
    expect(Date.now() - vanishedMs).toBeLessThan(9000);
    await waitFor('more', () => mediaFrames(waiting.tags).length > 150);
    expect(expectStreamWithGap(waiting.tags, encoder.sent, 0)).toBe(0);
    expect(encoder.peers[0]?.isClosed).toBe(false);
    waiting.destroy();
    await encoder.stop();
    for (const server of [edge, ...origins]) await server.stop();
  });
});

describe.concurrent('a coworker whose host has vanished', () => {
  test('holds up neither redirects, nor refusals, nor publishers', async () => {
    const [asked, owner, dead] = (await newHosts(3)) as [VirtualHost, VirtualHost, VirtualHost];
    const rtmpPort = await freePort();
    const apiPort = await freePort();
    const options = {
      rtmpPort,
      root: `http_api { enabled on; listen ${apiPort}; }`,
      // The dead one first: it is waited for before the owner, if anybody waits.
      vhost: `cluster { origin_cluster on; coworkers ${[dead, asked, owner].map(({ address }) => address).join(' ')}; }`,
    };
    await dead.vanish();
    const [here, there] = await Promise.all([asked.server(options), owner.server(options)]);
    const stream = uniqueName('owned');
    const startMs = Date.now();
    const encoder = await Encoder.start([there], stream, tags);
    // Whether somebody else has the stream is waited for half a second.
    expect(Date.now() - startMs).toBeLessThan(2000);

    for (let round = 0; round < 3; round++) {
      const redirectedMs = Date.now();
      const edge = await RtmpPeer.open(here.target);
      await edge.handshake();
      edge.command('connect', 1, [
        { app: 'live', tcUrl: here.tcUrl() },
        { srs_pid: 1, srs_sig: 'SRS' },
      ]);
      await edge.waitForStatus('NetConnection.Connect.Success');
      edge.requestPlay(stream);
      const { ex } = await edge.waitForStatus('NetConnection.Connect.Rejected');
      expect(ex).toMatchObject({ code: 302, redirect: `rtmp://${owner.address}:${rtmpPort}/live` });
      expect(Date.now() - redirectedMs).toBeLessThan(1000);
      edge.destroy();
    }

    // A stream that nobody has: the first answer waits 1.5 s for the dead one, later ones do not.
    const spent: number[] = [];
    for (const name of [uniqueName('none'), uniqueName('none')]) {
      const askedMs = Date.now();
      const player = await RtmpPeer.connected(here.target, here.tcUrl());
      player.requestPlay(name);
      await player.waitForStatus('NetStream.Play.StreamNotFound');
      spent.push(Date.now() - askedMs);
      player.destroy();
    }
    expect(spent[0]).toBeLessThan(3000);
    expect(spent[1]).toBeLessThan(1000);
    await encoder.stop();
    for (const server of [here, there]) await server.stop();
  });
});
