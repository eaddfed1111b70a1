// The guide's "Quick Start": the image with no configuration but its own.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { Cluster } from './cluster.ts';
import { guide } from './manifest.ts';
import { publish, waitUntilPlays } from './media-clients.ts';
import type { Pod } from './pod.ts';

describe('quick start', () => {
  let cluster: Cluster;
  let pod: Pod;
  let publisher: FfmpegPublisher;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(guide('quick-start'));
    pod = cluster.pod('srs-deploy-0');
    await pod.waitUntilReady();
    publisher = await publish(`rtmp://${pod.ip}/live/livestream`);
  });

  afterAll(async () => {
    await publisher?.stop();
    await cluster?.close();
  });

  test('RTMP, HTTP-FLV and HLS play by the address of the Service', async () => {
    await waitUntilPlays(`rtmp://${pod.ip}/live/livestream`);
    await waitUntilPlays(`http://${pod.ip}:8080/live/livestream.flv`);
    await waitUntilPlays(`http://${pod.ip}:8080/live/livestream.m3u8`);
  });

  test('./objs/srs -v prints the version and nothing else', async () => {
    expect(await pod.exec(['./objs/srs', '-v'])).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('netstat shows the server as 1/./objs/srs, with one connection per publisher', async () => {
    const lines = (await pod.exec(['netstat', '-anp'])).split('\n').filter((line) => line.includes(':1935'));
    expect(lines).toHaveLength(2);
    expect(lines.find((line) => line.includes('LISTEN'))).toMatch(
      /0\.0\.0\.0:1935 .*LISTEN\s+1\/\.\/objs\/srs/,
    );
    expect(lines.find((line) => line.includes('ESTABLISHED'))).toMatch(/1\/\.\/objs\/srs/);
  });

  test('ps, pidof and top know it by its name', async () => {
    expect(await pod.exec(['ps'])).toMatch(/^\s*1 root .* \.\/objs\/srs .* -c conf\/docker\.conf/m);
    expect(await pod.exec(['pidof', 'srs'])).toBe('1');
  });

  test('the log is in objs/srs.log, as the guide tails it, and in kubectl logs', async () => {
    const line = /\[Trace\]\[1\]\[\w{8}\] .* is ready, pid=1/;
    expect(await pod.exec(['cat', 'objs/srs.log'])).toMatch(line);
    await pod.waitForLog(line);
  });

  test('the pages are at / and the health check is content', async () => {
    expect(await pod.get(8080, '/')).toMatchObject({ status: 200, text: expect.stringContaining('<html') });
    await pod.exec(['./etc/healthcheck']);
  });
});
