// HLS over the life of a stream: republished, killed, moved to another server, its folder deleted, the server ended.

import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffmpegPath } from '../helpers/ffmpeg.ts';
import { type FlvTag, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { framesOf, framesOfTags, HlsFolder, type Playlist } from './hls-folder.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) if (!server.child.status) await server.stop();
});

/** A server that writes HLS below `root`. */
async function start(root: string, hls = ''): Promise<TestServer> {
  const vhost = `hls { ${hls} enabled on; hls_path ${root}; hls_fragment 1; hls_window 600; }`;
  const server = await TestServer.start({ vhost });
  servers.push(server);
  return server;
}

async function publish(server: TestServer, stream: string): Promise<void> {
  const file = await mediaFile('h264-aac.flv');
  await new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false }).finish();
}

/** Publishes the first `seconds` of the file, and stays connected. */
async function publishPart(server: TestServer, stream: string, seconds: number): Promise<RtmpPeer> {
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  send(peer, await mediaTags('h264-aac.flv'), 0, seconds);
  return peer;
}

function send(peer: RtmpPeer, tags: readonly FlvTag[], fromSec: number, toSec: number): void {
  for (const tag of tags) {
    if (tag.timestampMs >= fromSec * 1000 && tag.timestampMs < toSec * 1000) peer.sendTag(tag);
  }
}

/** Waits until a segment is open, and says its number. */
async function openSequence(hls: HlsFolder): Promise<number> {
  const name = await waitFor('an open segment', () => hls.files.find((file) => file.endsWith('.ts.tmp')));
  return Number(/-(\d+)\.ts\.tmp$/.exec(name)?.[1]);
}

const uris = ({ segments }: Playlist) => segments.map(({ uri }) => uri);
const discontinuities = ({ segments }: Playlist) =>
  segments.filter(({ isDiscontinuity }) => isDiscontinuity).map(({ uri }) => uri);

test('three publishes make one playlist, and ffmpeg plays across without a complaint', async () => {
  const root = newFolder('hls');
  const server = await start(root);
  const stream = uniqueName('again');
  const hls = new HlsFolder(root, stream);
  for (const round of [1, 2, 3]) {
    await publish(server, stream);
    await hls.untilListed(3 * round - 1);
  }
  const playlist = hls.playlist!;
  expect(uris(playlist)).toEqual(Array.from({ length: 9 }, (_, index) => `${stream}-${index}.ts`));
  expect(discontinuities(playlist)).toEqual([0, 3, 6].map((index) => `${stream}-${index}.ts`));
  const source = framesOfTags(await mediaTags('h264-aac.flv'));
  const sizes = (lines: readonly string[]) => lines.map((line) => line.split(' ').slice(1).join(' '));
  const all = framesOf(await hls.checked(playlist));
  expect(sizes(all.video)).toEqual(sizes([...source.video, ...source.video, ...source.video]));
  expect(sizes(all.audio)).toEqual(sizes([...source.audio, ...source.audio, ...source.audio]));
  const input = ['-live_start_index', '0', '-i', hls.playlistPath, '-t', '14.5'];
  const played = await run(ffmpegPath(), ['-v', 'warning', '-nostdin', ...input, '-f', 'null', '-']);
  expect(played.stderr).toBe('');
  expect(played.status?.code).toBe(0);
});

test('kill -9 in mid-segment: the next server continues the numbers and the list', async () => {
  const root = newFolder('hls');
  const killed = await start(root);
  const stream = uniqueName('killed');
  const hls = new HlsFolder(root, stream);
  const peer = await publishPart(killed, stream, 4.5);
  await hls.untilListed(1);
  const open = await openSequence(hls);
  await killed.child.destroy();
  peer.destroy();
  const next = await start(root);
  await publish(next, stream);
  const playlist = await hls.untilListed(open + 2);
  expect(uris(playlist)).toEqual(Array.from({ length: open + 3 }, (_, index) => `${stream}-${index}.ts`));
  expect(discontinuities(playlist)).toEqual([`${stream}-0.ts`, `${stream}-${open}.ts`]);
  expect(hls.files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await hls.checked(playlist);
});

test('a stream that moves between servers with a shared folder never goes back', async () => {
  const root = newFolder('hls');
  const [first, second] = await Promise.all([start(root), start(root)]);
  const stream = uniqueName('moves');
  const hls = new HlsFolder(root, stream);
  const sequences: number[] = [];
  for (const [index, server] of [first, second, first, second].entries()) {
    await publish(server, stream);
    await hls.untilListed(3 * index + 2);
    sequences.push(hls.playlist!.sequence + hls.playlist!.segments.length);
  }
  expect(sequences).toEqual([3, 6, 9, 12]);
  expect(uris(hls.playlist!)).toEqual(Array.from({ length: 12 }, (_, index) => `${stream}-${index}.ts`));
  await hls.checked(hls.playlist!);
});

test('the folder is deleted while somebody publishes: it is made again, nothing of the open segment is lost', async () => {
  const root = newFolder('hls');
  const server = await start(root, 'hls_fragment 3;');
  const stream = uniqueName('deleted');
  const hls = new HlsFolder(root, stream);
  const tags = await mediaTags('h264-aac.flv');
  const peer = await publishPart(server, stream, 2.5);
  expect(await openSequence(hls)).toBe(0);
  rmSync(hls.folder, { recursive: true });
  send(peer, tags, 2.5, 6);
  peer.end();
  const playlist = await hls.untilListed(1);
  expect(uris(playlist)).toEqual([`${stream}-0.ts`, `${stream}-1.ts`]);
  expect(framesOf(await hls.checked(playlist))).toEqual(framesOfTags(tags));
  await server.waitForLog(/the folder of .* was removed, it is made again/);
  expect(server.log).not.toMatch(/a segment is lost/);
});

/** As `find -type d -empty -delete`, which users let run now and then. */
function sweepEmptyFolders(root: string): void {
  for (const name of readdirSync(root)) {
    try {
      rmdirSync(join(root, name));
    } catch {
      // Not empty, or gone already.
    }
  }
}

test('empty folders may be swept away all the time', async () => {
  const root = newFolder('hls');
  const server = await start(root);
  const stream = uniqueName('swept');
  const hls = new HlsFolder(root, stream);
  const sweep = setInterval(() => sweepEmptyFolders(root), 1);
  try {
    for (const round of [1, 2, 3]) {
      await publish(server, stream);
      await hls.untilListed(3 * round - 1);
    }
  } finally {
    clearInterval(sweep);
  }
  expect(server.log).not.toMatch(/a segment is lost/);
});

test('SIGTERM closes and lists the open segment', async () => {
  const root = newFolder('hls');
  const server = await start(root);
  const stream = uniqueName('ended');
  const hls = new HlsFolder(root, stream);
  const witness = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const peer = await publishPart(server, stream, 3.5);
  await waitFor(
    'the server to have all that was sent',
    () => (witness.tags.at(-1)?.timestampMs ?? 0) >= 3400,
  );
  const open = await openSequence(hls);
  await server.stop();
  for (const client of [witness, peer]) client.destroy();
  expect(uris(hls.playlist!)).toContain(`${stream}-${open}.ts`);
  expect(hls.files).toEqual([...uris(hls.playlist!), `${stream}.m3u8`]);
  const frames = framesOf(await hls.checked(hls.playlist!));
  expect(frames.video.length).toBeGreaterThan(75);
});

test('SIGTERM with hls_dispose removes the files', async () => {
  const root = newFolder('hls');
  const server = await start(root, 'hls_dispose 30;');
  const stream = uniqueName('disposed');
  const hls = new HlsFolder(root, stream);
  const peer = await publishPart(server, stream, 3.5);
  await hls.untilListed(0);
  await server.stop();
  peer.destroy();
  expect(hls.files).toEqual([]);
  expect(server.log).toContain(`gracefully dispose hls /live/${stream}`);
});

test('hls_dispose removes the files of a stream that ended', async () => {
  const root = newFolder('hls');
  const server = await start(root, 'hls_dispose 1;');
  const stream = uniqueName('disposed');
  const hls = new HlsFolder(root, stream);
  await publish(server, stream);
  await hls.untilListed(2);
  await waitFor('the files to go', () => hls.files.length === 0);
  await server.waitForLog(new RegExp(`hls cycle to dispose hls /live/${stream}, timeout=1000ms`));
  await publish(server, stream);
  expect(uris(await hls.untilListed(5))).toEqual([3, 4, 5].map((index) => `${stream}-${index}.ts`));
});

test('a folder that cannot be written harms neither publisher nor viewers', async () => {
  const server = await start('/proc/no-such-folder');
  const stream = uniqueName('unwritable');
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const tags = await mediaTags('h264-aac.flv');
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of tags) peer.sendTag(tag);
  await waitFor(
    'the viewer to get every frame',
    () => mediaFrames(player.tags).length >= mediaFrames(tags).length,
  );
  await server.waitForLog(/hls: a segment is lost, create dir \/proc\/no-such-folder\/live failed/);
  expect(peer.isClosed).toBe(false);
  for (const one of [peer, player]) one.destroy();
});

test('hls_on_error disconnect ends the publisher', async () => {
  const server = await start('/proc/no-such-folder', 'hls_on_error disconnect;');
  const peer = await publishPart(server, uniqueName('refused'), 3.5);
  await peer.waitForClose();
  await server.waitForLog(/hls: disconnect the publisher, create dir/);
});

test('a reload ends HLS of a live stream, another one goes on with its numbers', async () => {
  const root = newFolder('hls');
  const server = await start(root);
  const stream = uniqueName('reloaded');
  const hls = new HlsFolder(root, stream);
  const confPath = join(server.folder, 'srs.conf');
  const conf = readFileSync(confPath, 'utf8');
  const reload = async (text: string) => {
    const count = server.log.match(/reload hls success\./g)?.length ?? 0;
    writeFileSync(confPath, text);
    server.child.kill('SIGHUP');
    const times = count + 1;
    await server.waitForLog(new RegExp(`(?:reload hls success\\.[^]*?){${times}}`));
  };
  const tags = await mediaTags('h264-aac.flv');
  const peer = await publishPart(server, stream, 2.5);
  await hls.untilListed(0);
  await reload(conf.replace('enabled on; hls_path', 'enabled off; hls_path'));
  await server.waitForLog(/vhost __defaultVhost__ hls reload success\n/);
  const before = await hls.untilListed(1);
  send(peer, tags, 2.5, 3.5);
  await reload(conf.replace('hls_fragment 1;', 'hls_fragment 30;'));
  send(peer, tags, 3.5, 6);
  peer.end();
  const after = await hls.untilListed(before.segments.length);
  expect(uris(after)).toEqual([...uris(before), `${stream}-${before.segments.length}.ts`]);
  expect(discontinuities(after)).toEqual([`${stream}-0.ts`, `${stream}-${before.segments.length}.ts`]);
  const frames = framesOf(await hls.checked(after));
  expect(frames.video.length).toBeLessThan(framesOfTags(tags).video.length);
  expect(after.targetSec).toBe(45);
});
