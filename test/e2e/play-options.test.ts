// `play { … }` and its neighbours: what each directive changes for a viewer.

import { describe, expect, test } from 'vitest';
import { encodeAmf } from '../helpers/amf0.ts';
import {
  type FlvTag,
  flvTagType,
  isSequenceHeader,
  isVideoSequenceHeader,
  mediaFrames,
} from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** A server with this vhost body, a stream on it that has published the first part of the file, and the rest. */
async function publishedOn(vhost: string, shiftMs = 0, metadata?: Buffer) {
  const server = await TestServer.start({ vhost });
  const stream = uniqueName('options');
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  const tags = (await mediaTags('h264-aac.flv')).map((tag) => ({
    ...tag,
    body: tag.type === flvTagType.script ? (metadata ?? tag.body) : tag.body,
    timestampMs: tag.timestampMs + shiftMs,
  }));
  const [before, after] = [tags.slice(0, 200), tags.slice(200)];
  const witness = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  for (const tag of before) publisher.sendTag(tag);
  // The server has the first part: whoever comes now comes in the middle.
  await waitFor('the first part', () => witness.tags.length >= before.length - 1);
  return {
    server,
    publisher,
    witness,
    before,
    after,
    rtmp: () => RtmpPeer.player(server.target, server.tcUrl(), stream),
    http: () => FlvViewer.start(server, stream),
    close: async (...viewers: { destroy(): void }[]) => {
      for (const end of [publisher, witness, ...viewers]) end.destroy();
      await server.stop();
    },
  };
}

/** What FMLE sends to keep its clock. */
const bravoAtc = encodeAmf('onMetaData', { bravo_atc: 'true' });

const lastBody = (tags: readonly FlvTag[]) => tags.at(-1)?.body ?? Buffer.alloc(0);
const has = (tags: readonly FlvTag[], body: Buffer) => tags.some((tag) => tag.body.equals(body));

describe.concurrent('the directive', () => {
  test('gop_cache off: nothing from before, the headers all the same', async () => {
    const { before, after, publisher, rtmp, http, close } = await publishedOn('play { gop_cache off; }');
    const [player, viewer] = [await rtmp(), await http()];
    for (const tag of after) publisher.sendTag(tag);
    await waitFor(
      'the last frame',
      () => has(player.tags, lastBody(after)) && has(viewer.tags, lastBody(after)),
    );
    for (const seen of [player.tags, viewer.tags]) {
      expect(seen.filter(isSequenceHeader).length).toBe(2);
      const old = new Set(mediaFrames(before).map((tag) => tag.body.toString('hex')));
      expect(mediaFrames(seen).filter((tag) => old.has(tag.body.toString('hex'))).length).toBe(0);
    }
    await close(player, viewer);
  });

  test.for([
    ['time_jitter off', 'play { time_jitter off; }', undefined],
    ['atc on', 'play { atc on; }', undefined],
    ['atc_auto on', 'play { atc_auto on; }', bravoAtc],
  ] as const)('%s: timestamps as published', async ([, vhost, metadata]) => {
    const shiftMs = 100_000;
    const { after, publisher, witness, rtmp, http, close } = await publishedOn(vhost, shiftMs, metadata);
    const [player, viewer] = [await rtmp(), await http()];
    for (const tag of after) publisher.sendTag(tag);
    await waitFor('the last frame', () =>
      [player, viewer, witness].every(({ tags }) => has(tags, lastBody(after))),
    );
    // The witness was there before the metadata.
    for (const seen of [player.tags, viewer.tags, witness.tags]) {
      const last = seen.find((tag) => tag.body.equals(lastBody(after)));
      expect(last?.timestampMs).toBe(after.at(-1)?.timestampMs);
      expect(Math.min(...mediaFrames(seen).map((tag) => tag.timestampMs))).toBeGreaterThanOrEqual(shiftMs);
    }
    await close(player, viewer);
  });

  test('mw_latency 0 with min_latency on: every frame leaves at once', async () => {
    const { publisher, after, rtmp, http, close } = await publishedOn(
      'tcp_nodelay on; min_latency on; play { mw_latency 0; gop_cache off; }',
    );
    const [player, viewer] = [await rtmp(), await http()];
    const arrivesAtBoth = (tag: FlvTag) =>
      waitFor('the frame at both viewers', () => has(player.tags, tag.body) && has(viewer.tags, tag.body), {
        intervalMs: 2,
      });
    // An HTTP-FLV response begins when it is clear which tracks there are: that takes a few messages.
    const warmUp = after.slice(0, 40);
    for (const tag of warmUp) publisher.sendTag(tag);
    await arrivesAtBoth(warmUp.at(-1)!);
    const delays: number[] = [];
    for (const tag of after.slice(40, 80)) {
      const start = performance.now();
      publisher.sendTag(tag);
      await arrivesAtBoth(tag);
      delays.push(performance.now() - start);
    }
    delays.sort((a, b) => a - b);
    // By default a frame waits up to 350 ms; the median says it here, as a busy machine may delay some.
    expect(delays[20], `delays, ms: ${delays.map(Math.round)}`).toBeLessThan(100);
    await close(player, viewer);
  });

  test('reduce_sequence_header on: an identical header is not repeated, another one is sent', async () => {
    const { publisher, before, after, rtmp, close } = await publishedOn(
      'play { reduce_sequence_header on; }',
    );
    const player = await rtmp();
    await waitFor('the headers', () => player.tags.filter(isSequenceHeader).length >= 2);
    const header = before.find(isVideoSequenceHeader);
    const other = (await mediaTags('h264-small-aac.flv')).find(isVideoSequenceHeader);
    if (!header || !other) throw new Error('no sequence header in the source');
    publisher.sendTag(header, after[0]?.timestampMs);
    publisher.sendTag(other, after[0]?.timestampMs);
    for (const tag of after) publisher.sendTag(tag);
    await waitFor('the last frame', () => has(player.tags, lastBody(after)));
    expect(player.tags.filter(isVideoSequenceHeader).map((tag) => tag.body)).toEqual([
      header.body,
      other.body,
    ]);
    await close(player);
  });
});

test('a player that asks for a duration is closed when it has been played', async () => {
  const { server, publisher, after, close } = await publishedOn('');
  const stream = uniqueName('duration');
  const own = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  const player = await RtmpPeer.connected(server.target, server.tcUrl());
  player.command('createStream', 2, [null]);
  player.send({
    typeId: 20,
    streamId: 1,
    timestamp: 0,
    payload: encodeAmf('play', 3, null, stream, -2000, 1000),
  });
  await player.waitForStatus('NetStream.Play.Start');
  for (const tag of await mediaTags('h264-aac.flv')) own.sendTag(tag);
  await player.waitForClose();
  for (const tag of after) publisher.sendTag(tag);
  const longest = Math.max(...player.tags.map((tag) => tag.timestampMs));
  expect(longest, 'what was asked for, and no more than a flush').toBeGreaterThanOrEqual(950);
  await close(own, player);
});
