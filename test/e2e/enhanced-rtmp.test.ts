// Codecs beyond FLV's table: HEVC in both forms that encoders use, and FourCCs that pass through.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enhancedHevcTags, enhancedVideo, legacyHevcTags } from '../helpers/enhanced-rtmp.ts';
import { digests, encodeFlv, type FlvTag } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const bodies = (tags: readonly FlvTag[]) => digests(tags.filter((tag) => tag.type !== 18));

/** Publishes the tags; viewers who came before get all of them, one who comes later those from `lateFrom` on. */
async function expectPassesThrough(tags: readonly FlvTag[], lateFrom: number): Promise<FlvViewer> {
  const stream = uniqueName('enhanced');
  const rtmp = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const http = await FlvViewer.start(server, stream);
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of tags) publisher.sendTag(tag);
  await waitFor(
    () => `${tags.length} messages, got ${rtmp.tags.length} and ${http.tags.length}`,
    () => rtmp.tags.length >= tags.length && http.tags.length >= tags.length,
  );
  expect(bodies(rtmp.tags)).toEqual(bodies(tags));
  expect(bodies(http.tags)).toEqual(bodies(tags));

  const late = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const expected = [bodies(tags)[0], ...bodies(tags).slice(lateFrom)];
  await waitFor(
    () => `${expected.length} cached messages, got ${late.tags.length}`,
    () => late.tags.length >= expected.length,
  );
  expect(bodies(late.tags)).toEqual(expected);
  for (const peer of [rtmp, late, publisher]) peer.destroy();
  await http.waitForEnd();
  return http;
}

describe.concurrent('HEVC', () => {
  test('by FourCC arrives unchanged, and late viewers start with its last key frame', async () => {
    const tags = await enhancedHevcTags();
    const lastKey = tags.findLastIndex((tag) => ((tag.body.readUInt8(0) >> 4) & 7) === 1);
    const viewer = await expectPassesThrough(tags, lastKey);
    expect(viewer.flv).toMatchObject({ hasVideo: true, hasAudio: false });
    await server.waitForLog(/hevc|hvc1|HEVC/);
  });

  test('by codec id 12 arrives unchanged, and late viewers start with its last key frame', async () => {
    const tags = await legacyHevcTags();
    const lastKey = tags.findLastIndex((tag) => tag.body.readUInt8(0) === 0x1c);
    await expectPassesThrough(tags, lastKey);
  });

  test('by FourCC, as this test makes it, is HEVC for ffprobe', async () => {
    const path = join(newFolder('hevc'), 'enhanced.flv');
    writeFileSync(path, encodeFlv(await enhancedHevcTags()));
    // The bundled ffprobe is of the first days of enhanced RTMP and loses frames with a composition time, so
    // only the description counts here; ffmpeg 7 reads all of them.
    const { streams } = await probe(path);
    expect(streams[0]).toMatchObject({ codec_name: 'hevc', width: 320, height: 180 });
  });
});

describe.concurrent('a FourCC', () => {
  test.for(['av01', 'vp09'])('%s passes through with its sequence header and key frames', async (fourCc) => {
    const frame = (isKey: boolean, index: number) =>
      enhancedVideo(fourCc, 1, isKey ? 1 : 2, Buffer.alloc(600, index));
    const tags: FlvTag[] = [
      { type: 9, timestampMs: 0, body: enhancedVideo(fourCc, 0, 1, Buffer.from('configuration')) },
    ];
    for (let index = 0; index < 50; index++) {
      tags.push({ type: 9, timestampMs: index * 40, body: frame(index % 20 === 0, index) });
    }
    await expectPassesThrough(tags, 41);
  });

  test('of Opus passes through beside H.264', async () => {
    const opus = (type: number, data: Buffer) =>
      Buffer.concat([Buffer.from([0x90 | type]), Buffer.from('Opus'), data]);
    const video = (await mediaTags('h264.flv')).filter((tag) => tag.type === 9).slice(0, 24);
    const [header, ...frames] = video as [FlvTag, ...FlvTag[]];
    const start = { type: 8, timestampMs: 0, body: opus(0, Buffer.from('OpusHead\x01\x02')) };
    const tags = [
      header,
      start,
      ...frames.flatMap((tag, index) => [
        tag,
        { type: 8, timestampMs: tag.timestampMs + 1, body: opus(1, Buffer.alloc(80, index)) },
      ]),
    ];
    const stream = uniqueName('opus');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    for (const tag of tags) publisher.sendTag(tag);
    const late = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await waitFor('everything', () => late.tags.length >= tags.length);
    const seen = bodies(late.tags);
    expect(seen.slice(0, 2)).toEqual(expect.arrayContaining(bodies([header, start])));
    expect(seen.slice(2)).toEqual(bodies(tags).slice(2));
    publisher.destroy();
    late.destroy();
  });
});
