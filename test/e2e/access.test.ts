// `security` and `refer` for real clients: who is refused is told, who is there stays, and a reload changes the rules.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';

const BY_SIGNAL = 'auto_reload_for_docker off;';

async function reload(server: TestServer, from: string, to: string, times: number): Promise<void> {
  const path = join(server.folder, 'srs.conf');
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  server.child.kill('SIGHUP');
  await server.waitForLog(new RegExp(`(reload config success[^]*){${times}}`));
}

test.concurrent('security refuses by address, tells why, and is changed by a reload', async () => {
  const rules = 'allow publish 127.0.0.0/8; deny play 127.0.0.1;';
  const server = await TestServer.start({
    root: BY_SIGNAL,
    vhost: `security { enabled on; ${rules} }`,
  });
  const stream = uniqueName('secure');
  const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
    isLooping: true,
  });
  await publisher.waitUntilPublished(300);
  const refused = await RtmpPeer.connected(server.target, server.tcUrl());
  refused.requestPlay(stream);
  const info = await refused.waitForStatus('NetStream.Play.Failed');
  expect(info).toMatchObject({ level: 'error', description: 'deny by rule<play 127.0.0.1>' });
  await refused.waitForClose();
  await server.waitForLog(/serve error code=1053 : deny by rule<play 127\.0\.0\.1>, ip=127\.0\.0\.1/);
  for (const extension of ['flv', 'm3u8']) {
    const answer = await http(server.httpPort, `/live/${stream}.${extension}`);
    expect([answer.status, answer.text]).toEqual([403, 'Forbidden: deny by rule<play 127.0.0.1>']);
  }
  expect((await http(server.httpPort, '/')).status, 'pages are for everybody').toBe(200);

  await reload(server, rules, 'deny publish all;', 1);
  const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
  const flv = await FlvViewer.start(server, stream);
  await flv.waitForTags(20);
  const late = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(uniqueName('late')));
  expect((await late.child.exited()).code).not.toBe(0);
  expect(late.child.stderr).toMatch(/Server error: .*deny by rule<publish all>/);

  // Rules are for who comes: nobody is closed.
  await reload(server, 'deny publish all;', 'deny play all;', 2);
  const count = flv.tags.length;
  await flv.waitForTags(count + 20);
  expect(player.isClosed).toBe(false);
  player.destroy();
  flv.destroy();
  await publisher.stop();
  await server.stop();
});

test.concurrent('refer admits players of the pages that it names; players that are no page play over HTTP', async () => {
  const server = await TestServer.start({ vhost: 'refer { enabled on; play example.com; }' });
  const stream = uniqueName('refer');
  const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
    isLooping: true,
  });
  await publisher.waitUntilPublished(300);
  const peer = async (pageUrl: string) => {
    const one = await RtmpPeer.connected(server.target, server.tcUrl(), { pageUrl });
    one.requestPlay(stream);
    return one;
  };
  const good = await peer('https://www.example.com/live.html');
  await good.waitForStatus('NetStream.Play.Start');
  const bad = await peer('https://notexample.com/live.html');
  expect(await bad.waitForStatus('NetStream.Play.Failed')).toMatchObject({ level: 'error' });
  await bad.waitForClose();
  await server.waitForLog(
    /serve error code=2015 : access denied, pageUrl=https:\/\/notexample\.com\/live\.html/,
  );

  const path = `/live/${stream}.flv`;
  const stolen = await http(server.httpPort, path, { headers: { Referer: 'https://other.example.net/' } });
  expect(stolen.status).toBe(403);
  for (const headers of [{}, { Referer: 'https://example.com/live.html' }]) {
    const viewer = new FlvViewer(server.flvUrl(stream), headers);
    await viewer.waitForTags(10);
    viewer.destroy();
  }
  good.destroy();
  await publisher.stop();
  await server.stop();
});
