// A hundred reloads between two configurations that differ in every section: nobody is lost, nothing is left behind.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { serverConf, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const RELOADS = 100;
const VIEWERS = 20;
/** Reloads until the server has met everything once; from there on it must not grow. */
const WARM_UP = 20;
const MAX_GROWTH_BYTES = 6 * 1024 * 1024;

const BY_SIGNAL = 'auto_reload_for_docker off;';

test('100 reloads lose no viewer and leak neither memory nor descriptors', async () => {
  const [apiA, apiB, extra] = [await freePort(), await freePort(), await freePort()];
  const first = {
    root: `${BY_SIGNAL} http_api { enabled on; listen ${apiA}; }`,
    vhost: 'hls { enabled on; hls_path ./html; } play { mw_latency 300; queue_length 30; }',
    vhosts: 'vhost a.example { http_remux { enabled on; } }',
  };
  const second = {
    root: `${BY_SIGNAL} max_connections 900; http_api { enabled on; listen ${apiB}; crossdomain off; }`,
    httpServer: 'crossdomain off;',
    vhost:
      'min_latency on; tcp_nodelay on; chunk_size 4096; play { gop_cache off; queue_length 10; } publish { normal_timeout 7000; }',
    vhosts: 'vhost b.example { hls { enabled on; } }',
  };
  const server = await TestServer.start(first);
  const confs = [first, second].map((options) => serverConf(server.rtmpPort, server.httpPort, options));
  const moved = confs[1]!.replace(`listen ${server.rtmpPort};`, `listen ${server.rtmpPort} ${extra};`);
  const stream = uniqueName('repeat');
  const publisher = new FfmpegPublisher(await mediaFile('h264-small-aac.flv'), server.rtmpUrl(stream), {
    isLooping: true,
  });
  await publisher.waitUntilPublished(500);
  const rtmp = await Promise.all(
    Array.from({ length: VIEWERS }, () => RtmpPeer.player(server.target, server.tcUrl(), stream)),
  );
  const flv = await Promise.all(Array.from({ length: VIEWERS }, () => FlvViewer.start(server, stream)));
  for (const viewer of flv) await viewer.waitForTags(5);

  const fds = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
  const successes = () => server.log.split('reload config success.').length - 1;
  const heapBytes = async () => {
    const { heapUsed, external } = await server.memory();
    return heapUsed + external;
  };
  let warm = { heap: 0, fds: 0 };
  for (let i = 1; i <= RELOADS; i++) {
    writeFileSync(join(server.folder, 'srs.conf'), i % 2 === 1 ? moved : confs[0]!);
    server.child.kill('SIGHUP');
    await waitFor(`reload ${i}`, () => successes() === i, { intervalMs: 5 });
    if (i === WARM_UP) warm = { heap: await heapBytes(), fds: fds() };
  }
  const growth = (await heapBytes()) - warm.heap;
  expect(growth, `bytes that ${RELOADS - WARM_UP} reloads have left behind`).toBeLessThan(MAX_GROWTH_BYTES);
  expect(fds()).toBeLessThanOrEqual(warm.fds + 2);
  expect(server.log).not.toMatch(/reload failed/);

  const counts = [...rtmp.map((viewer) => viewer.tags.length), ...flv.map((viewer) => viewer.tags.length)];
  await waitFor('media for every viewer', () =>
    [...rtmp, ...flv].every((viewer, i) => viewer.tags.length > counts[i]! + 10),
  );
  expect(rtmp.filter((viewer) => viewer.isClosed)).toEqual([]);
  expect(flv.filter((viewer) => viewer.bodyEnd !== 'open')).toEqual([]);
  for (const viewer of rtmp) {
    const times = viewer.tags.filter(({ type }) => type === 9).map(({ timestampMs }) => timestampMs);
    expect(times, 'video in order').toEqual([...times].sort((a, b) => a - b));
    const steps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.max(...steps), 'a gap, ms').toBeLessThan(200);
  }
  for (const viewer of rtmp) viewer.destroy();
  for (const viewer of flv) viewer.destroy();
  await publisher.stop();
  await server.stop();
});
