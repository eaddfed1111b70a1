// Recordings when things go wrong: the server is killed, the disk is full, the folder cannot be written.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { type Packet, probe, track } from '../helpers/packets.ts';
import {
  durationSec,
  expectPlayable,
  filesBelow,
  finishedRecordings,
  flvMetadata,
} from '../helpers/recordings.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { type SmallDisk, smallDisk } from '../helpers/small-disk.ts';
import { waitFor } from '../helpers/wait-for.ts';

const servers: TestServer[] = [];
const disks: SmallDisk[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) if (!server.child.status) await server.stop();
  for (const disk of disks.splice(0)) disk.remove();
});

async function start(dvr: string, more: { vhosts?: string; prelude?: string } = {}): Promise<TestServer> {
  const server = await TestServer.start({ vhost: `dvr { enabled on; ${dvr} }`, ...more });
  servers.push(server);
  return server;
}

const hashes = (packets: readonly Packet[], name: string) => track(packets, name).map(({ hash }) => hash);
const megabyte = 1024 * 1024;

test('kill -9: what was recorded until then plays, FLV and MP4, and the next server completes it', async () => {
  const mp4 = 'vhost mp4.test { dvr { enabled on; dvr_path ./rec/x.mp4; } }';
  const server = await start('dvr_path ./rec/x.flv;', { vhosts: mp4 });
  const tags = (await mediaTags('h264-bframes-aac.flv')).filter(({ timestampMs }) => timestampMs < 4500);
  const publishers = await Promise.all(
    ['live', 'live?vhost=mp4.test'].map((app) => RtmpPeer.publisher(server.target, server.tcUrl(app), 'x')),
  );
  for (const peer of publishers) for (const tag of tags) peer.sendTag(tag);
  const root = join(server.folder, 'rec');
  const paths = ['x.flv.tmp', 'x.mp4.tmp'].map((name) => join(root, name));
  const source = (await probe(await mediaFile('h264-bframes-aac.flv'))).packets;
  // All but the last second, and a page of it more or less, is on the disk soon.
  const bytesOf = (seconds: number) =>
    source.filter(({ dtsMs }) => dtsMs < seconds * 1000).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  await waitFor('the files to grow', () => {
    const names = filesBelow(root);
    return names.length === 2 && paths.every((path) => statSync(path).size > bytesOf(3));
  });
  await server.child.destroy();
  for (const peer of publishers) peer.destroy();
  expect(filesBelow(root)).toEqual(['x.flv.tmp', 'x.mp4.tmp']);
  for (const path of paths) {
    const { packets } = await probe(path);
    for (const name of ['video', 'audio']) {
      // The last one may be torn: the server was killed while it wrote.
      const recorded = hashes(packets, name).slice(0, -1);
      expect(recorded.length, `${name} of ${path}`).toBeGreaterThan(name === 'video' ? 70 : 120);
      expect(recorded).toEqual(hashes(source, name).slice(0, recorded.length));
    }
  }
  await start(`dvr_repair 0.5; dvr_path ${root}/x.flv;`, {
    vhosts: `vhost mp4.test { dvr { enabled on; dvr_repair 0.5; dvr_path ${root}/x.mp4; } }`,
  });
  const completed = await finishedRecordings(root, 2);
  expect(completed).toEqual(['x.flv', 'x.mp4'].map((name) => join(root, name)));
  for (const path of completed) {
    await expectPlayable(path);
    const { packets } = await probe(path);
    for (const name of ['video', 'audio']) {
      // A fragment of MP4, one second, goes if it is torn.
      const kept = hashes(packets, name);
      expect(kept.length, `${name} of ${path}`).toBeGreaterThan(name === 'video' ? 45 : 80);
      expect(kept).toEqual(hashes(source, name).slice(0, kept.length));
    }
    const endMs = Math.max(...packets.map(({ dtsMs }) => dtsMs));
    expect(await durationSec(path), path).toBeGreaterThan(endMs / 1000);
    expect(await durationSec(path), path).toBeLessThan(endMs / 1000 + 0.2);
  }
  expect(flvMetadata(completed[0]!).filesize).toBe(statSync(completed[0]!).size);
});

for (const format of ['flv', 'mp4']) {
  test(`a disk that is full and has room again later: ${format}`, async () => {
    const disk = smallDisk(megabyte / 4);
    disks.push(disk);
    const elsewhere = 'vhost elsewhere.test { dvr { enabled on; dvr_path ./rec/x.flv; } }';
    const server = await start(`dvr_path ${disk.folder}/x.${format};`, {
      vhosts: elsewhere,
      prelude: disk.prelude,
    });
    const file = await mediaFile('h264-aac.flv');
    const looping = new FfmpegPublisher(file, server.rtmpUrl('x'), { isLooping: true });
    await server.waitForLog(
      /dvr: \S*\/live\/x is not recorded, write .*(free space there|ENOSPC|EFBIG).*10 s/,
    );
    const witness = await RtmpPeer.player(server.target, server.tcUrl(), 'x');
    await new FfmpegPublisher(await mediaFile('aac.flv'), server.rtmpUrl('x', 'live?vhost=elsewhere.test'), {
      isRealTime: false,
    }).finish();
    disk.free();
    await server.waitForLog(
      new RegExp(`dvr: the recording of \\S*/live/x goes on in ${disk.folder}/x-1.${format}`),
    );
    await looping.stop();
    await waitFor(
      'the publisher to be gone',
      () => !filesBelow(disk.folder).some((name) => name.endsWith('.tmp')),
    );
    expect(server.log.match(/is not recorded/g)?.length, server.log).toBe(1);
    expect(witness.tags.length, 'a viewer sees nothing of it').toBeGreaterThan(100);
    witness.destroy();
    const [other] = await finishedRecordings(join(server.folder, 'rec'), 1);
    await expectPlayable(other!);
    for (const name of [`x.${format}`, `x-1.${format}`]) {
      const path = join(disk.folder, name);
      await expectPlayable(path);
      expect(readFileSync(path).length, name).toBeGreaterThan(disk.sizeBytes / 4);
    }
  });
}

test('a folder that cannot be written: one line with advice, viewers and other streams notice nothing', async () => {
  const server = await start('dvr_path ./srs.conf/[app]/[stream].flv;');
  const file = await mediaFile('h264-aac.flv');
  const witness = await RtmpPeer.player(server.target, server.tcUrl(), 'x');
  await new FfmpegPublisher(file, server.rtmpUrl('x'), { isRealTime: false }).finish();
  await server.waitForLog(
    /dvr: \S*\/live\/x is not recorded, .*ENOTDIR.*; check the disk and dvr_path; tried again every 10 s/,
  );
  const count = (await mediaTags('h264-aac.flv')).filter(({ type }) => type === 9).length;
  await waitFor('all pictures', () => witness.tags.filter(({ type }) => type === 9).length >= count - 1);
  witness.destroy();
  expect(server.log.match(/is not recorded/g)?.length).toBe(1);
});
