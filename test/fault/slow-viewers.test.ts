// Viewers that do not read: what they cost is bounded, and nobody else notices them.

import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type FlvTag, isSequenceHeader } from '../helpers/flv.ts';
import { http as requestHttp } from '../helpers/http.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Each test has a server of its own: what one leaves stalled must not be counted by another. */
const startServer = () => TestServer.start({ vhost: 'play { queue_length 5; }' });

const megabyte = 1024 * 1024;
const frameSize = 40_000;
const framesPerSec = 25;

/** A second of a stream of 8 Mbps: a key frame and 24 others, numbered so that a viewer can be checked. */
function secondOfMedia(header: FlvTag, second: number): FlvTag[] {
  return Array.from({ length: framesPerSec }, (_, index) => {
    const body = Buffer.alloc(frameSize);
    body.set(index === 0 ? header.body.subarray(0, 1) : [0x27], 0);
    body.set([1, 0, 0, 0], 1);
    body.writeUInt32BE(frameSize - 9, 5); // one NAL unit as long as the rest
    body.writeUInt32BE(second * framesPerSec + index, frameSize - 4);
    return { type: 9, timestampMs: second * 1000 + index * 40, body };
  });
}

const frameNumber = (tag: FlvTag) => tag.body.readUInt32BE(frameSize - 4);

test.concurrent('a client that never reads costs a bounded amount, on RTMP and HTTP-FLV; others get every frame', async () => {
  const server = await startServer();
  const stream = uniqueName('slow');
  const header = (await mediaTags('h264.flv')).find(isSequenceHeader);
  if (!header) throw new Error('no sequence header in the source');
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  publisher.sendTag(header);

  const good = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const goodHttp = await FlvViewer.start(server, stream);
  const stalledRtmp = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const peer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
      peer.socket.pause();
      return peer;
    }),
  );
  const stalledHttp = Array.from({ length: 5 }, () => stalledRequest(server.httpPort, `/live/${stream}.flv`));

  const before = await server.memory();
  const seconds = 60; // 60 MB, eight times faster than real time
  let received = 0;
  let receivedHttp = 0;
  const growth: number[] = [];
  for (let second = 0; second < seconds; second++) {
    for (const tag of secondOfMedia(header, second)) publisher.sendTag(tag);
    const expected = (second + 1) * framesPerSec;
    await waitFor(
      () => `${expected} frames, got ${received} and ${receivedHttp}`,
      () => {
        received = good.messages.filter(
          ({ typeId, payload }) => typeId === 9 && payload.length === frameSize,
        ).length;
        receivedHttp = Math.floor(goodHttp.byteCount / frameSize);
        return received >= expected && receivedHttp >= expected;
      },
      { intervalMs: 30 },
    );
    if (second % 10 === 9) {
      const { rss } = await server.memory();
      growth.push(rss - before.rss);
    }
  }

  expect(received).toBe(seconds * framesPerSec);
  expect(goodHttp.tags.filter((tag) => tag.body.length === frameSize).length).toBe(seconds * framesPerSec);
  // Five seconds of the stream, shared by all, plus what waits in each socket; and it does not go on growing.
  expect(Math.max(...growth), `growth every ten seconds: ${growth}`).toBeLessThan(100 * megabyte);
  // In these thirty seconds 30 MB went through each format: keeping them for one viewer would show.
  expect(growth[5]! - growth[2]!, `growth every ten seconds: ${growth}`).toBeLessThan(30 * megabyte);
  await server.waitForLog(/shrinking|reads too slowly/);
  const lines = server.log.split('\n').filter((line) => /shrinking|reads too slowly/.test(line));
  expect(lines.length, 'at most a line a second for each of ten viewers').toBeLessThan(10 * 60);

  // A stalled viewer that reads again goes on at a key frame, on its own clock.
  const awake = stalledRtmp[0]!;
  awake.socket.resume();
  for (const tag of secondOfMedia(header, seconds)) publisher.sendTag(tag);
  for (const tag of secondOfMedia(header, seconds + 1)) publisher.sendTag(tag);
  const last = (seconds + 2) * framesPerSec - 1;
  const framesOf = (peer: RtmpPeer) => peer.tags.filter((tag) => tag.body.length === frameSize);
  await waitFor('the newest frame', () => framesOf(awake).some((tag) => frameNumber(tag) === last));
  const frames = framesOf(awake);
  const gapAt = frames.findIndex(
    (tag, index) => index > 0 && frameNumber(tag) !== frameNumber(frames[index - 1]!) + 1,
  );
  expect(gapAt, 'it has missed something').toBeGreaterThan(0);
  expect(frames[gapAt]?.body[0], 'a key frame follows the gap').toBe(0x17);
  const times = frames.map((tag) => tag.timestampMs);
  expect(
    [...times].sort((a, b) => a - b),
    'time never goes back',
  ).toEqual(times);

  for (const end of [publisher, good, goodHttp, ...stalledRtmp, ...stalledHttp]) end.destroy();
  await server.stop();
});

test.concurrent('a client that never reads is closed after half a minute, and counted', async () => {
  const [api, exporter] = [await freePort(), await freePort()];
  const server = await TestServer.start({
    vhost: 'play { queue_length 5; }',
    root: `http_api { enabled on; listen ${api}; } exporter { enabled on; listen ${exporter}; }`,
  });
  const stream = uniqueName('stuck');
  const header = (await mediaTags('h264.flv')).find(isSequenceHeader);
  if (!header) throw new Error('no sequence header in the source');
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  publisher.sendTag(header);
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  player.socket.pause();
  const http = stalledRequest(server.httpPort, `/live/${stream}.flv`);
  const start = Date.now();
  const closed = () => server.log.split('\n').filter((line) => /ret=1009/.test(line)).length;
  const before = closed();
  let second = 0;
  await waitFor(
    'both to be closed',
    () => {
      // At the pace of the stream: what matters is how long the socket does not take anything.
      const due = Math.floor((Date.now() - start) / 200);
      for (; second < due; second++) for (const tag of secondOfMedia(header, second)) publisher.sendTag(tag);
      return closed() >= before + 2;
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
  expect(Date.now() - start).toBeGreaterThan(20_000);
  expect(publisher.isClosed).toBe(false);
  const { text } = await requestHttp(api, '/metrics');
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  expect(value('tsrs_errors_total')).toBe(2);
  expect(value('tsrs_viewer_skips_total')).toBeGreaterThanOrEqual(2);
  // More than half of what was sent: each read a few seconds and missed the rest.
  expect(value('tsrs_viewer_skipped_messages_total')).toBeGreaterThan(second * framesPerSec);
  for (const end of [publisher, player, http]) end.destroy();
  await server.stop();
});

/** Asks for a live stream and never reads the answer. */
function stalledRequest(port: number, path: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

test.concurrent('a peer that asks and never reads the answers is closed, with a line that says so', async () => {
  const server = await startServer();
  const peer = await RtmpPeer.player(server.target, server.tcUrl(), uniqueName('asks'));
  peer.socket.pause();
  peer.socket.on('error', () => {});
  // A call that every server answers; each answer is some 40 bytes.
  const calls = Buffer.concat(Array.from({ length: 2000 }, () => encodedCall('getStreamLength', 7)));
  await waitFor('the server to give up', () => {
    if (peer.socket.writable) peer.socket.write(calls);
    return /asks and does not read/.test(server.log);
  });
  peer.destroy();
  await server.stop();
});

/** A call on chunk stream 3, as small as it gets: name, transaction id, null. */
function encodedCall(name: string, transactionId: number): Buffer {
  const body = Buffer.alloc(3 + name.length + 10);
  body[0] = 2;
  body.writeUInt16BE(name.length, 1);
  body.write(name, 3, 'latin1');
  body.writeDoubleBE(transactionId, 4 + name.length);
  body[body.length - 1] = 5;
  const header = Buffer.from([3, 0, 0, 0, 0, 0, body.length, 20, 0, 0, 0, 0]);
  return Buffer.concat([header, body]);
}
