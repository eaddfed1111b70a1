// The same stream published at two origins: one of them has it in the end, and the other publisher knows why.

import { describe, expect, test } from 'vitest';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Two origins that know each other. Without an API they ask each other over RTMP. */
async function originPair(rule: string, hasApi = true): Promise<[TestServer, TestServer]> {
  const ports = hasApi ? [await freePort(), await freePort()] : [];
  const rtmpPort = await freePort();
  const hosts = ['127.0.2.1', '127.0.2.2'];
  const coworkers = hasApi ? ports.map((port) => `127.0.0.1:${port}`) : hosts;
  const vhost = `cluster { origin_cluster on; coworkers ${coworkers.join(' ')}; ${rule} }`;
  const start = (index: number) =>
    TestServer.start({
      vhost,
      ...(hasApi
        ? { root: `http_api { enabled on; listen ${ports[index]}; }` }
        : { host: hosts[index] as string, rtmpPort }),
    });
  return Promise.all([start(0), start(1)]);
}

async function publisherAt(server: TestServer, stream: string): Promise<RtmpPeer> {
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  return publisher;
}

/** Asks to publish, and says what the server says. */
async function refusalAt(server: TestServer, stream: string): Promise<string> {
  const publisher = await RtmpPeer.connected(server.target, server.tcUrl());
  publisher.requestPublish(stream);
  const { description } = await publisher.waitForStatus('NetStream.Publish.BadName');
  await publisher.waitForClose();
  return String(description);
}

const stopAll = async (servers: readonly TestServer[]) => {
  for (const server of servers) await server.stop();
};

describe.concurrent('a stream that another origin has', () => {
  test('is the first publisher’s: the second is told where it is, and may have it when the first has left', async () => {
    const [first, second] = await originPair('');
    const stream = uniqueName('conflict');
    const publisher = await publisherAt(first, stream);
    // On a machine that is too busy to answer in time it is let in, and closed a moment later.
    expect(await refusalAt(second, stream)).toContain(`published at 127.0.0.1:${first.rtmpPort}`);
    expect(publisher.isClosed).toBe(false);
    publisher.destroy();
    await first.waitForLog(/client finished|client disconnect/);
    const next = await publisherAt(second, stream);
    expect(next.isClosed).toBe(false);
    next.destroy();
    await stopAll([first, second]);
  });

  test('is the first publisher’s, too, for origins that can only be asked over RTMP', async () => {
    const [first, second] = await originPair('', false);
    const stream = uniqueName('conflict');
    const publisher = await publisherAt(first, stream);
    expect(await refusalAt(second, stream)).toContain(`published at 127.0.2.1:${first.rtmpPort}`);
    publisher.destroy();
    await stopAll([first, second]);
  });

  test('is the newest publisher’s, if that is wanted: the first is closed and told why, viewers of an edge go along', async () => {
    const [first, second] = await originPair('publish_conflict newest;');
    const edge = await TestServer.start({
      vhost: `cluster { mode remote; origin 127.0.0.1:${first.rtmpPort} 127.0.0.1:${second.rtmpPort}; }`,
    });
    const stream = uniqueName('conflict');
    const older = await publisherAt(first, stream);
    const player = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    const newer = await RtmpPeer.publisher(second.target, second.tcUrl(), stream);
    for (const tag of await mediaTags('h264-small-aac.flv')) newer.sendTag(tag);
    const { description } = await older.waitForStatus('NetStream.Publish.BadName');
    expect(description).toContain(
      `a newer publisher has stream /live/${stream} at 127.0.0.1:${second.rtmpPort}`,
    );
    await older.waitForClose();
    const header = (await mediaTags('h264-small-aac.flv')).find((tag) => tag.type === 9)?.body;
    await waitFor('the newer picture', () => player.tags.some((tag) => header?.equals(tag.body)));
    expect(newer.isClosed).toBe(false);
    for (const peer of [player, newer]) peer.destroy();
    await stopAll([edge, first, second]);
  });

  test('may be on both, as with SRS, if that is wanted', async () => {
    const pair = await originPair('publish_conflict both;');
    const stream = uniqueName('conflict');
    const publishers = await Promise.all(pair.map((server) => publisherAt(server, stream)));
    for (const server of pair) await server.waitForLog(/video sh/);
    expect(publishers.map((publisher) => publisher.isClosed)).toEqual([false, false]);
    for (const publisher of publishers) publisher.destroy();
    await stopAll(pair);
  });
});
