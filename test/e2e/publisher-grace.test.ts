// A publisher that goes and comes back: viewers of every kind stay (`publish.grace`).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FlvTag, flvTagType } from '../helpers/flv.ts';
import { http } from '../helpers/http.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { HlsFolder } from './hls-folder.ts';

const publish = (graceSec: number) =>
  `publish { firstpkt_timeout 60000; normal_timeout 60000; grace ${graceSec}; }`;

let server: TestServer;
let apiPort: number;
beforeAll(async () => {
  apiPort = await freePort();
  server = await TestServer.start({
    root: `http_api { enabled on; listen ${apiPort}; }`,
    vhost: `${publish(60)} hls { enabled on; hls_path ./html; hls_fragment 1; hls_window 60; }`,
    vhosts: `vhost short.test { http_remux { enabled on; } ${publish(1)} }`,
  });
});
afterAll(() => server.stop());

const media = (tags: readonly FlvTag[]) => tags.filter(({ type }) => type !== flvTagType.script);
const times = (tags: readonly FlvTag[], type: number) =>
  tags.filter((tag) => tag.type === type).map(({ timestampMs }) => timestampMs);

async function published(stream: string): Promise<RtmpPeer> {
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
  return peer;
}

async function streamOf(name: string): Promise<{ publish: { active: boolean; cid: string } } | undefined> {
  const { text } = await http(apiPort, '/api/v1/streams/?count=100');
  const { streams } = JSON.parse(text) as {
    streams: { name: string; publish: { active: boolean; cid: string } }[];
  };
  return streams.find((one) => one.name === name);
}

describe.concurrent('a publisher that comes back in time', () => {
  test('goes on for RTMP, FLV and HLS viewers: one clock, one discontinuity', async () => {
    const stream = uniqueName('back');
    const flv = await FlvViewer.start(server, stream);
    const rtmp = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const source = media(await mediaTags('h264-aac.flv')).length;
    const first = await published(stream);
    await flv.waitForTags(source);
    first.destroy();
    await server.waitForLog(new RegExp(`publish of /live/${stream} waits 60000ms`));
    expect((await streamOf(stream))?.publish.active).toBe(true);
    const second = await published(stream);
    await flv.waitForTags(2 * source);
    await waitFor('RTMP media', () => media(rtmp.tags).length >= 2 * source);
    const hls = new HlsFolder(join(server.folder, 'html'), stream);
    const { segments } = await hls.untilListed(4);
    expect(segments.flatMap(({ isDiscontinuity }, index) => (isDiscontinuity ? [index] : []))).toEqual([
      0, 3,
    ]);
    for (const tags of [flv.tags, rtmp.tags]) {
      for (const type of [flvTagType.video, flvTagType.audio]) {
        const own = times(tags, type);
        expect(own.every((time, index) => time >= (own[index - 1] ?? 0))).toBe(true);
        expect(own.at(-1)).toBeGreaterThan(9000);
        expect(own.at(-1)).toBeLessThan(11_000);
      }
    }
    expect(flv.bodyEnd).toBe('open');
    expect(readFileSync(hls.playlistPath, 'utf8')).not.toContain('ENDLIST');
    // Kicked off, it is not waited for.
    const cid = (await streamOf(stream))?.publish.cid;
    await http(apiPort, `/api/v1/clients/${cid}`, { method: 'DELETE' });
    expect(await flv.waitForEnd()).toBe('end');
    await second.waitForClose();
    rtmp.destroy();
  });

  test('who does not come back is waited for, and then the stream ends', async () => {
    const stream = uniqueName('gone');
    const viewer = new FlvViewer(`${server.flvUrl(stream)}?vhost=short.test`);
    const peer = await published(`${stream}?vhost=short.test`);
    await viewer.waitForTags(50);
    const goneMs = Date.now();
    peer.destroy();
    expect(await viewer.waitForEnd()).toBe('end');
    expect(Date.now() - goneMs).toBeGreaterThanOrEqual(990);
    await waitFor('the API to forget it', async () => (await streamOf(stream))?.publish.active !== true);
  });
});
