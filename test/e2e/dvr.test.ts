// Recordings: every packet of the source is in them, they play and seek, and they are where the settings say.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { enhancedHevcTags } from '../helpers/enhanced-rtmp.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { type FlvTag, flvTagType, parseFlv } from '../helpers/flv.ts';
import { joinedMediaFile, type MediaName, mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, type Packet, probe, track } from '../helpers/packets.ts';
import {
  durationSec,
  expectPlayable,
  filesBelow,
  finishedRecordings,
  firstPacketAfterSeek,
  flvMetadata,
  topLevelBoxes,
} from '../helpers/recordings.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { serverConf, TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) if (!server.child.status) await server.stop();
});

/** A server that records with these settings; the working folder is its own. */
async function start(dvr: string, vhosts = ''): Promise<TestServer> {
  const server = await TestServer.start({ vhost: `dvr { enabled on; ${dvr} }`, vhosts });
  servers.push(server);
  return server;
}

async function publish(server: TestServer, file: string, stream: string, app = 'live'): Promise<void> {
  await new FfmpegPublisher(file, server.rtmpUrl(stream, app), { isRealTime: false }).finish();
}

function send(peer: RtmpPeer, tags: readonly FlvTag[], fromMs = 0, toMs = Number.POSITIVE_INFINITY): void {
  for (const tag of tags) if (tag.timestampMs >= fromMs && tag.timestampMs < toMs) peer.sendTag(tag);
}

const isMedia = ({ type }: FlvTag) => type !== flvTagType.script;

describe.each(['flv', 'mp4'] as const)('a publish is one %s file', (format) => {
  test('with every packet, the right length, and places to seek to, of every codec', async () => {
    const server = await start(`dvr_path ./rec/[app]/[stream].${format};`);
    const root = join(server.folder, 'rec/live');
    const names: MediaName[] = ['h264-bframes-aac.flv', 'aac.flv', 'h264.flv', 'h264-mp3.flv'];
    await Promise.all(
      names.map(async (name) => publish(server, await mediaFile(name), basename(name, '.flv'))),
    );
    await finishedRecordings(root, names.length);
    for (const name of names) {
      const path = join(root, `${basename(name, '.flv')}.${format}`);
      expectSamePackets((await probe(path)).packets, (await probe(await mediaFile(name))).packets);
      await expectPlayable(path);
      expect(await durationSec(path), name).toBeCloseTo(5, 0.5);
      expect(statSync(path).mode & 0o777).toBe(0o644);
      if (name === 'aac.flv') continue;
      await expectPlayable(path, 3.2);
      expect(await firstPacketAfterSeek(path, 3.2), name).toBeGreaterThanOrEqual(3);
    }
    if (format === 'mp4') expect(topLevelBoxes(join(root, 'h264.mp4'))).toEqual(['ftyp', 'mdat', 'moov']);
    await server.waitForLog(/dvr stream h264 to file \.\/rec\/live\/h264\./);
  });

  test('of enhanced RTMP with HEVC', async () => {
    const server = await start(`dvr_path ./rec/[stream].${format};`);
    const stream = uniqueName('hevc');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    send(peer, await enhancedHevcTags());
    peer.command('deleteStream', 6, [null, 1]);
    const [path] = await finishedRecordings(join(server.folder, 'rec'), 1);
    peer.destroy();
    if (format === 'flv') {
      // The ffprobe of the tests does not know this form; that the bytes are those of the source is enough.
      const tags = parseFlv(readFileSync(path!)).tags.filter(isMedia);
      const source = (await enhancedHevcTags()).filter(isMedia);
      expect(tags.map(({ body }) => body.length)).toEqual(source.map(({ body }) => body.length));
      expect(tags.every(({ body }, index) => body.equals(source[index]!.body))).toBe(true);
      expect(tags.map(({ timestampMs }) => timestampMs)).toEqual(
        source.map(({ timestampMs }) => timestampMs),
      );
    } else {
      expectSamePackets((await probe(path!)).packets, (await probe(await mediaFile('hevc.mp4'))).packets);
      await expectPlayable(path!);
    }
  });

  test('in pieces with dvr_plan segment', async () => {
    const settings = `dvr_plan segment; dvr_duration 2; dvr_path ./rec/[stream].[timestamp].${format};`;
    const server = await start(settings);
    const file = await mediaFile('h264-bframes-aac.flv');
    await publish(server, file, 'pieces');
    const paths = await finishedRecordings(join(server.folder, 'rec'), 3);
    // Made within one millisecond, files share a time and get a number: their order is that in the log.
    const order = await waitFor('three lines of the log', () => {
      const names = [...server.log.matchAll(/to file \.\/(\S+)/g)].map(([, name]) => name!);
      return names.length === 3 ? names.map((name) => join(server.folder, name)) : undefined;
    });
    expect([...order].sort()).toEqual(paths);
    const pieces = await Promise.all(order.map(probe));
    const source = (await probe(file)).packets;
    for (const name of ['video', 'audio']) {
      const all = pieces.flatMap(({ packets }) => track(packets, name).map(({ hash }) => hash));
      expect(all, name).toEqual(track(source, name).map(({ hash }) => hash));
    }
    for (const [index, { packets }] of pieces.entries()) {
      expect(track(packets, 'video')[0]?.isKey).toBe(true);
      expect(Math.min(...packets.map(({ dtsMs }) => dtsMs))).toBe(0);
      expect(track(packets, 'video').length).toBe(index < 2 ? 50 : 25);
      await expectPlayable(order[index]!);
      expect(await durationSec(order[index]!)).toBeCloseTo(index < 2 ? 2 : 1, 0.5);
    }
  });

  test('until the server ends, at once or gracefully', async () => {
    const tags = await mediaTags('h264-aac.flv');
    const server = await start(`dvr_path ./rec/[stream].${format};`);
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), 'ended');
    const witness = await RtmpPeer.player(server.target, server.tcUrl(), 'ended');
    send(peer, tags, 0, 3500);
    await waitFor('the server to have it all', () => (witness.tags.at(-1)?.timestampMs ?? 0) >= 3450);
    server.child.kill(format === 'flv' ? 'SIGTERM' : 'SIGQUIT');
    // A graceful quit waits for them.
    if (format === 'mp4') for (const client of [peer, witness]) client.destroy();
    expect(await server.child.exited()).toEqual({ code: 0, signal: null });
    for (const client of [peer, witness]) client.destroy();
    const [path] = await finishedRecordings(join(server.folder, 'rec'), 1);
    await expectPlayable(path!);
    expect(await durationSec(path!)).toBeCloseTo(3.5, 0.5);
  });
});

test('the metadata of an FLV file: its size, its length, an index of key frames, and what the publisher said', async () => {
  const server = await start('dvr_path ./rec/[stream].flv;');
  await publish(server, await mediaFile('h264-aac.flv'), 'facts');
  const [path] = await finishedRecordings(join(server.folder, 'rec'), 1);
  const metadata = flvMetadata(path!);
  expect(metadata.filesize).toBe(statSync(path!).size);
  expect(metadata.duration).toBeCloseTo(5.0, 1);
  expect(metadata).toMatchObject({ width: 640, height: 360, server: expect.stringMatching(/\/\d/) });
  const { times, filepositions } = metadata.keyframes;
  const bytes = readFileSync(path!);
  expect(times.map((time) => Math.round(time))).toEqual([0, 0, 1, 2, 3, 4]);
  const bodies = filepositions.map((position) => bytes.subarray(position, position + 13).toString('hex'));
  expect(bodies.map((tag) => `${tag.slice(0, 2)} ${tag.slice(22)}`)).toEqual([
    '09 1700',
    ...Array.from({ length: 5 }, () => '09 1701'),
  ]);
});

test('a codec that changes: FLV takes it, MP4 goes on in another file', async () => {
  const file = await joinedMediaFile('h264-aac.flv', 'h264-small-aac.flv');
  const source = (await probe(file)).packets;
  const mp4 = 'vhost mp4.test { dvr { enabled on; dvr_path ./mp4/[stream].mp4; } }';
  const server = await start('dvr_path ./flv/[stream].flv;', mp4);
  await publish(server, file, 'change');
  await publish(server, file, 'change', 'live?vhost=mp4.test');
  const [flv] = await finishedRecordings(join(server.folder, 'flv'), 1);
  const hashes = (packets: readonly Packet[]) => track(packets, 'video').map(({ hash }) => hash);
  expect(hashes((await probe(flv!)).packets)).toEqual(hashes(source));
  const parts = await finishedRecordings(join(server.folder, 'mp4'), 2);
  expect(parts.map((path) => basename(path))).toEqual(['change-1.mp4', 'change.mp4']);
  const [second, first] = await Promise.all(parts.map(probe));
  expect(hashes([...first!.packets, ...second!.packets])).toEqual(hashes(source));
  expect([first, second].map((part) => part!.streams.find(({ width }) => width)?.width)).toEqual([640, 320]);
  for (const path of parts) await expectPlayable(path);
});

test('names: dates and folders, the folder alone, one that is taken, only the streams asked for', async () => {
  const file = await mediaFile('aac.flv');
  const vhosts = `
    vhost folder.test { dvr { enabled on; dvr_path ./folder/; } }
    vhost some.test { dvr { enabled on; dvr_apply live/yes live/also; dvr_path ./some/[vhost]/[app]/[stream].flv; } }`;
  const path = './dates/[app]/[stream]/[2006]/[01]/[02]/[15].[04].[05].[999].[timestamp].flv';
  const server = await start(`dvr_path ${path};`, vhosts);
  const before = Date.now();
  await publish(server, file, 's', 'live/show');
  const [dated] = await finishedRecordings(join(server.folder, 'dates'), 1);
  const match = /live\/show\/s\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\.(\d\d)\.(\d\d)\.(\d{3})\.(\d+)\.flv$/.exec(
    dated!,
  );
  const [year, month, day, hour, minute, second, ms, timestamp] = match!.slice(1).map(Number);
  const named = new Date(year!, month! - 1, day, hour, minute, second, ms).getTime();
  expect(named).toBe(timestamp);
  expect(named - before).toBeGreaterThanOrEqual(0);
  expect(statSync(dirname(dated!)).mode & 0o777).toBe(0o755);

  await publish(server, file, 's', 'live?vhost=folder.test');
  const [inFolder] = await finishedRecordings(join(server.folder, 'folder'), 1);
  expect(basename(inFolder!)).toMatch(/^s\.\d{13}\.flv$/);

  for (const stream of ['no', 'yes', 'yes']) await publish(server, file, stream, 'live?vhost=some.test');
  const some = await finishedRecordings(join(server.folder, 'some'), 2);
  expect(some.map((name) => relative(server.folder, name))).toEqual([
    'some/some.test/live/yes-1.flv',
    'some/some.test/live/yes.flv',
  ]);
  for (const name of some) await expectPlayable(name);
});

test('a name that would lead out of the folder is not recorded, and published nevertheless', async () => {
  const server = await start('dvr_path ./rec/[app]/[stream].flv;');
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), '../../escaped');
  send(peer, await mediaTags('aac.flv'));
  await server.waitForLog(
    /dvr: no recording of \S*escaped, the name "\.\.\/\.\.\/escaped" would lead to other folders/,
  );
  peer.destroy();
  expect(filesBelow(server.folder).filter((name) => /escaped|\.flv/.test(name))).toEqual([]);
});

test('time_jitter: full repairs jumps, zero keeps them, off keeps the times', async () => {
  const vhosts = ['zero', 'off']
    .map(
      (jitter) =>
        `vhost ${jitter}.test { dvr { enabled on; time_jitter ${jitter}; dvr_path ./${jitter}/x.flv; } }`,
    )
    .join('\n');
  const server = await start('dvr_path ./full/x.flv;', vhosts);
  const tags = (await mediaTags('aac.flv')).filter(isMedia);
  // Starts just before 32 bits end, and jumps by a minute.
  const startMs = 2 ** 32 - 1000;
  const moved = tags.map((tag) => ({
    ...tag,
    timestampMs: (startMs + tag.timestampMs + (tag.timestampMs > 2500 ? 60_000 : 0)) % 2 ** 32,
  }));
  const times = async (vhost: string, folder: string) => {
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(`live?vhost=${vhost}`), 'x');
    send(peer, moved);
    peer.command('deleteStream', 6, [null, 1]);
    const [path] = await finishedRecordings(join(server.folder, folder), 1);
    peer.destroy();
    return parseFlv(readFileSync(path!))
      .tags.filter(isMedia)
      .map(({ timestampMs }) => timestampMs);
  };
  const last = tags.at(-1)!.timestampMs;
  const full = await times('__defaultVhost__', 'full');
  expect([full[0], full.at(-1)]).toEqual([0, expect.closeTo(last, -2)]);
  const zero = await times('zero.test', 'zero');
  expect([zero[0], zero.at(-1)]).toEqual([0, last + 60_000]);
  const off = await times('off.test', 'off');
  expect([off[0], off.at(-1)]).toEqual([startMs % 2 ** 31, last + 60_000 - 1000]);
});

test('a reload moves the recording to another file without a gap, switches it off and on', async () => {
  const server = await start('dvr_path ./rec/a.flv;');
  const reload = async (dvr: string, count: number) => {
    const conf = serverConf(server.rtmpPort, server.httpPort, { vhost: `dvr { ${dvr} }` });
    writeFileSync(join(server.folder, 'srs.conf'), conf);
    server.child.kill('SIGHUP');
    await waitFor(
      'the reload',
      () => server.log.match(/vhost __defaultVhost__ reload dvr success/g)?.length === count,
    );
  };
  const tags = await mediaTags('h264-aac.flv');
  const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), 'x');
  const witness = await RtmpPeer.player(server.target, server.tcUrl(), 'x');
  const sendUntil = async (fromMs: number, toMs: number) => {
    send(peer, tags, fromMs, toMs);
    await waitFor('it to arrive', () => (witness.tags.at(-1)?.timestampMs ?? 0) >= toMs - 50);
  };
  await sendUntil(0, 1500);
  await reload('enabled on; dvr_path ./rec/b.flv;', 1);
  await server.waitForLog(/vhost __defaultVhost__ dvr reload success/);
  await sendUntil(1500, 3500);
  await reload('enabled off;', 2);
  const root = join(server.folder, 'rec');
  const [a, b] = await finishedRecordings(root, 2);
  const bodies = [a!, b!].flatMap((path) =>
    parseFlv(readFileSync(path)).tags.filter((tag) => isMedia(tag) && tag.body.readUInt8(1) === 1),
  );
  const sent = tags.filter((tag) => isMedia(tag) && tag.body.readUInt8(1) === 1 && tag.timestampMs < 3500);
  expect(bodies.length).toBe(sent.length);
  expect(bodies.every(({ body }, index) => body.equals(sent[index]!.body))).toBe(true);
  await reload('enabled on; dvr_path ./rec/c.flv;', 3);
  await sendUntil(3500, 5000);
  for (const client of [witness, peer]) client.destroy();
  const paths = await finishedRecordings(root, 3);
  await expectPlayable(paths[2]!);
  expect(await durationSec(paths[2]!)).toBeCloseTo(1.5, 0.5);
});

test('recordings are made below any folder, beside others', async () => {
  const root = newFolder('dvr');
  mkdirSync(join(root, 'live'));
  writeFileSync(join(root, 'live/mine.flv.tmp'), 'of another server');
  const server = await start(`dvr_path ${root}/[app]/[stream].flv;`);
  await publish(server, await mediaFile('aac.flv'), 'mine');
  await waitFor('the recording', () => filesBelow(root).includes('live/mine-1.flv'));
  expect(readFileSync(join(root, 'live/mine.flv.tmp'), 'utf8')).toBe('of another server');
});
