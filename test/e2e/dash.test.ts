// DASH: the manifest lists segments that hold every packet of the source, ffmpeg plays it, and files go when they should.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { type MediaName, mediaFile, mediaTags } from '../helpers/media.ts';
import { type Packet, probe, track, tracksOf } from '../helpers/packets.ts';
import { expectPlayable, filesBelow } from '../helpers/recordings.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) if (!server.child.status) await server.stop();
});

async function start(dash: string): Promise<TestServer> {
  const vhost = `dash { enabled on; dash_path ./html; ${dash} }`;
  const server = await TestServer.start({ vhost });
  servers.push(server);
  return server;
}

async function publish(server: TestServer, name: MediaName, stream: string): Promise<void> {
  await new FfmpegPublisher(await mediaFile(name), server.rtmpUrl(stream), { isRealTime: false }).finish();
}

interface Manifest {
  readonly text: string;
  readonly isEnded: boolean;
  readonly tracks: ReadonlyMap<string, { readonly first: number; readonly count: number }>;
}

function manifest(server: TestServer, stream: string): Manifest | undefined {
  const path = join(server.folder, 'html/live', `${stream}.mpd`);
  if (!filesBelow(join(server.folder, 'html')).includes(`live/${stream}.mpd`)) return undefined;
  const text = readFileSync(path, 'utf8');
  const sets = text.split('<AdaptationSet').slice(1);
  const tracks = sets.map((set): [string, { first: number; count: number }] => [
    /Representation id="(\w+)"/.exec(set)![1]!,
    { first: Number(/startNumber="(\d+)"/.exec(set)![1]), count: set.match(/<S /g)!.length },
  ]);
  return { text, isEnded: text.includes('type="static"'), tracks: new Map(tracks) };
}

const ended = (server: TestServer, stream: string) =>
  waitFor('the last manifest', () => {
    const found = manifest(server, stream);
    return found?.isEnded ? found : undefined;
  });

const hashes = (packets: readonly Packet[], name: string) => track(packets, name).map(({ hash }) => hash);

test.each(['h264-bframes-aac.flv', 'h264.flv', 'aac.flv'] as const)(
  'every packet of %s, in segments that stand alone and as ffmpeg plays them',
  async (name) => {
    const server = await start('dash_fragment 2;');
    await publish(server, name, 's');
    const { tracks } = await ended(server, 's');
    const source = (await probe(await mediaFile(name))).packets;
    expect([...tracks.keys()].sort()).toEqual(tracksOf(source));
    for (const [id, { first, count }] of tracks) {
      expect(count, id).toBe(3);
      const folder = join(server.folder, 'html/live/s');
      const init = readFileSync(join(folder, `${id}-init.mp4`));
      const parts: Packet[] = [];
      for (let number = first; number < first + count; number++) {
        const path = join(server.folder, `${id}-${number}.mp4`);
        writeFileSync(path, Buffer.concat([init, readFileSync(join(folder, `${id}-${number}.m4s`))]));
        const { packets } = await probe(path);
        expect(packets[0]?.isKey).toBe(true);
        parts.push(...packets);
      }
      expect(hashes(parts, id)).toEqual(hashes(source, id));
      const own = track(source, id);
      const shifts = parts.map(({ dtsMs }, index) => dtsMs - own[index]!.dtsMs);
      expect(Math.max(...shifts) - Math.min(...shifts), id).toBeLessThanOrEqual(2);
    }
    const mpd = join(server.folder, 'html/live/s.mpd');
    await expectPlayable(mpd);
    // ffmpeg stops when one of the tracks is at its end.
    const { packets } = await probe(mpd);
    for (const id of tracks.keys()) {
      const played = hashes(packets, id);
      expect(played.length, id).toBeGreaterThanOrEqual(track(source, id).length - 3);
      expect(played).toEqual(hashes(source, id).slice(0, played.length));
    }
  },
);

test('a live manifest over HTTP; old segments go, numbers never go back, a new publish replaces the last one', async () => {
  const server = await start('dash_fragment 1; dash_window_size 2;');
  const tags = await mediaTags('h264-aac.flv');
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), 's');
  for (const tag of tags) peer.sendTag(tag);
  await waitFor('two segments', () => manifest(server, 's')?.tracks.get('video')?.count === 2);
  const answer = await http(server.httpPort, '/live/s.mpd');
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(/type="dynamic" minimumUpdatePeriod="PT1\.000S"/);
  expect(answer.text).toMatch(/codecs="avc1\.[0-9a-f]{6}" width="640" height="360"/);
  expect(answer.text).toMatch(/codecs="mp4a\.40\.2"/);
  const number = manifest(server, 's')!.tracks.get('video')!.first;
  expect((await http(server.httpPort, `/live/s/video-${number}.m4s`)).headers['content-type']).toBe(
    'video/iso.segment',
  );
  peer.destroy();
  const first = (await ended(server, 's')).tracks.get('video')!;
  const segments = () =>
    filesBelow(join(server.folder, 'html/live/s')).filter((file) => /^video-\d+/.test(file));
  await waitFor('old segments to go', () => segments().length === 3);
  await publish(server, 'h264-aac.flv', 's');
  const second = await waitFor('the next publish', () => {
    const video = manifest(server, 's')?.isEnded ? manifest(server, 's')!.tracks.get('video') : undefined;
    return video && video.first > first.first ? video : undefined;
  });
  expect(second.first).toBeGreaterThanOrEqual(first.first + first.count);
  await waitFor('the files of the first publish to go', () => segments().length === 3);
  await expectPlayable(join(server.folder, 'html/live/s.mpd'));
});

test('dash_dispose removes the files of a stream that ended; a name that leads elsewhere has none', async () => {
  const server = await start('dash_fragment 1; dash_dispose 1;');
  await publish(server, 'aac.flv', 's');
  await ended(server, 's');
  await waitFor('the files to go', () => filesBelow(join(server.folder, 'html')).length === 0);
  await server.waitForLog(/gracefully dispose dash \S*\/live\/s/);
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), '../../escaped');
  await server.waitForLog(/dash: no DASH for \S*escaped, the name/);
  peer.destroy();
});
