// What the server says, and in which order, where ffmpeg does not show it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, isAudioSequenceHeader, isKeyFrame, isVideoSequenceHeader } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import type { RtmpMessage } from '../helpers/rtmp-chunks.ts';
import { parseCommand, RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** One word per message: the name of a command and its code, or the type. */
function summary(message: RtmpMessage): string {
  if (message.typeId === 20) {
    const { name, values } = parseCommand(message);
    for (const value of values) {
      const code = value && typeof value === 'object' && 'code' in value ? value.code : undefined;
      if (typeof code === 'string') return `${name} ${code}`;
    }
    return name;
  }
  const names: Record<number, string> = { 1: 'SetChunkSize', 4: 'UserControl', 5: 'WindowAckSize' };
  return names[message.typeId] ?? `type ${message.typeId}`;
}

async function publishedStream(): Promise<{ publisher: RtmpPeer; stream: string }> {
  const stream = uniqueName('dialogue');
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  return { publisher, stream };
}

describe.concurrent('connect', () => {
  test('is answered by window, bandwidth, chunk size and the result, in this order', async () => {
    const peer = await RtmpPeer.connected(server.target, server.tcUrl(), { objectEncoding: 0 });
    await waitFor('onBWDone', () => peer.commands.some((command) => command.name === 'onBWDone'));
    const names = peer.messages.map(summary);
    expect(names).toEqual([
      'WindowAckSize',
      'type 6',
      'SetChunkSize',
      '_result NetConnection.Connect.Success',
      'onBWDone',
    ]);
    const [ack, bandwidth, chunk] = peer.messages.map((message) => message.payload);
    expect(ack?.readUInt32BE(0)).toBe(2_500_000);
    expect(bandwidth?.readUInt32BE(0)).toBe(2_500_000);
    expect(chunk?.readUInt32BE(0)).toBe(60_000);
    expect(peer.commands[0]?.values).toMatchObject([
      { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 },
      { level: 'status', objectEncoding: 0, data: { srs_sig: 'SRS', srs_server_ip: '127.0.0.1' } },
    ]);
    peer.destroy();
  });
});

describe.concurrent('a player', () => {
  test('gets the start messages, then metadata, headers and a key frame', async () => {
    const { publisher, stream } = await publishedStream();
    const player = await RtmpPeer.connected(server.target, server.tcUrl());
    const before = player.messages.length;
    player.requestPlay(stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    const messages = player.messages.slice(before).filter((message) => summary(message) !== 'onBWDone');
    expect(messages.slice(0, 5).map(summary)).toEqual([
      '_result',
      'UserControl',
      'onStatus NetStream.Play.Reset',
      'onStatus NetStream.Play.Start',
      'type 18',
    ]);
    expect(messages[4]?.payload.includes('|RtmpSampleAccess')).toBe(true);
    expect(messages[5]?.payload.includes('onMetaData')).toBe(true);
    const [first, second, third] = player.tags;
    expect([first, second].filter((tag) => tag && isAudioSequenceHeader(tag)).length).toBe(1);
    expect([first, second].filter((tag) => tag && isVideoSequenceHeader(tag)).length).toBe(1);
    expect(third && isKeyFrame(third)).toBe(true);
    publisher.destroy();
    player.destroy();
  });

  test('of a stream that nobody publishes is told that playing starts, and waits', async () => {
    const stream = uniqueName('nobody');
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    expect(player.tags).toEqual([]);
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    publisher.destroy();
    player.destroy();
  });

  test('may close its stream and play another one on the same connection', async () => {
    const one = await publishedStream();
    const two = await publishedStream();
    const player = await RtmpPeer.player(server.target, server.tcUrl(), one.stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    player.command('closeStream', 0, [null], 1);
    one.publisher.destroy();
    const before = player.tags.length;
    player.command('createStream', 7, [null]);
    player.command('play', 8, [null, two.stream, -2000], 1);
    await waitFor('another picture', () => player.tags.slice(before).some(isKeyFrame));
    two.publisher.destroy();
    player.destroy();
  });

  test('that pauses gets nothing until it goes on', async () => {
    const stream = uniqueName('pause');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const tags = await mediaTags('h264-aac.flv');
    for (const tag of tags.slice(0, 100)) publisher.sendTag(tag);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const other = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    player.command('pause', 0, [null, true, 0], 1);
    await player.waitForStatus('NetStream.Pause.Notify');
    const paused = player.tags.length;
    const otherBefore = other.tags.length;
    for (const tag of tags.slice(100, 200)) publisher.sendTag(tag);
    await waitFor('the other player to get more', () => other.tags.length >= otherBefore + 90);
    expect(player.tags.length).toBe(paused);
    player.command('pause', 0, [null, false, 0], 1);
    await player.waitForStatus('NetStream.Unpause.Notify');
    for (const tag of tags.slice(200)) publisher.sendTag(tag);
    await waitFor('more media', () => player.tags.length > paused + 20);
    for (const peer of [publisher, player, other]) peer.destroy();
  });

  test('that pings an idle stream is answered at once', async () => {
    const player = await RtmpPeer.player(server.target, server.tcUrl(), uniqueName('idle'));
    const payload = Buffer.from([0, 6, 1, 2, 3, 4]);
    player.send({ chunkStreamId: 2, typeId: 4, streamId: 0, timestamp: 0, payload });
    const pong = await player.waitForMessage(
      'PingResponse',
      (message) => message.typeId === 4 && message.payload.readUInt16BE(0) === 7,
    );
    expect(pong.payload.toString('hex')).toBe('000701020304');
    player.destroy();
  });

  test('is not told when the publisher leaves', async () => {
    const { publisher, stream } = await publishedStream();
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    const commands = player.commands.length;
    publisher.destroy();
    const again = await waitFor('the name to be free', () =>
      RtmpPeer.publisher(server.target, server.tcUrl(), stream).catch(() => undefined),
    );
    expect(player.isClosed).toBe(false);
    expect(player.commands.slice(commands)).toEqual([]);
    again.destroy();
    player.destroy();
  });
});

describe.concurrent('a publisher', () => {
  test('may unpublish and publish another name on the same connection', async () => {
    const { publisher, stream } = await publishedStream();
    publisher.command('FCUnpublish', 6, [null, stream]);
    await publisher.waitForStatus('NetStream.Unpublish.Success', 'onStatus');
    const next = uniqueName('next');
    const starts = () => JSON.stringify(publisher.commands).split('NetStream.Publish.Start').length;
    const before = starts();
    publisher.requestPublish(next);
    await waitFor('the second publish to start', () => starts() > before + 1);
    for (const tag of await mediaTags('aac.flv')) publisher.sendTag(tag);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), next);
    publisher.sendTag((await mediaTags('aac.flv'))[40]!, 6000);
    await waitFor('sound', () => player.tags.length > 0);
    publisher.destroy();
    player.destroy();
  });

  test.for(['flash', 'haivision', 'FCPublish only'] as const)('of the %s kind is accepted', async (kind) => {
    const stream = uniqueName('kind');
    const peer = await RtmpPeer.connected(server.target, server.tcUrl());
    if (kind === 'FCPublish only') peer.command('FCPublish', 2, [null, stream]);
    peer.command('createStream', 3, [null]);
    if (kind === 'haivision') peer.command('FCPublish', 4, [null, stream]);
    peer.command('publish', 5, [null, stream, 'live'], 1);
    await peer.waitForStatus('NetStream.Publish.Start', 'onStatus');
    for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await waitFor('a picture', () => player.tags.some(isKeyFrame));
    peer.destroy();
    player.destroy();
  });

  test('gets acknowledgements when it has asked for them', async () => {
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('ack'));
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(20_000);
    peer.send({ chunkStreamId: 2, typeId: 5, streamId: 0, timestamp: 0, payload });
    for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
    await waitFor('acknowledgements', () => peer.messages.filter(({ typeId }) => typeId === 3).length > 3);
    const acks = peer.messages
      .filter(({ typeId }) => typeId === 3)
      .map(({ payload: ack }) => ack.readUInt32BE(0));
    expect([...acks].sort((a, b) => a - b)).toEqual(acks);
    peer.destroy();
  });

  test('that sends nothing for normal_timeout is dropped, and the name is free', async () => {
    const impatient = await TestServer.start({
      vhost: 'publish { firstpkt_timeout 1000; normal_timeout 500; }',
    });
    const stream = uniqueName('silent');
    const silent = await RtmpPeer.publisher(impatient.target, impatient.tcUrl(), stream);
    await silent.waitForClose();
    await impatient.waitForLog(/publish timeout/);
    const next = await RtmpPeer.publisher(impatient.target, impatient.tcUrl(), stream);
    next.destroy();
    await impatient.stop();
  });
});

test('chunk_size 128 works in both directions', async () => {
  const small = await TestServer.start({ root: 'chunk_size 128;' });
  const stream = uniqueName('small');
  const player = await RtmpPeer.player(small.target, small.tcUrl(), stream);
  const publisher = await RtmpPeer.connected(small.target, small.tcUrl());
  publisher.requestPublish(stream);
  await publisher.waitForStatus('NetStream.Publish.Start', 'onStatus');
  const tags = (await mediaTags('h264-aac.flv')).slice(1, 120);
  for (const tag of tags) publisher.sendTag(tag); // still in chunks of 128 bytes
  await waitFor('all of it', () => player.tags.length >= tags.length);
  expect(digests(player.tags)).toEqual(digests(tags));
  publisher.destroy();
  player.destroy();
  await small.stop();
});
