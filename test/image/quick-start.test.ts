// The guide's "Quick Start": the image with no configuration but its own.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { LivePod } from './live-pod.ts';
import { guide } from './manifest.ts';
import { waitUntilPlays } from './media-clients.ts';

describe('quick start', () => {
  const live = new LivePod();

  beforeAll(() => live.start(guide('quick-start')));

  afterAll(() => live.close());

  test('RTMP, HTTP-FLV and HLS play by the address of the Service', async () => {
    await waitUntilPlays(live.rtmpUrl);
    await waitUntilPlays(`http://${live.pod.ip}:8080/live/livestream.flv`);
    await waitUntilPlays(`http://${live.pod.ip}:8080/live/livestream.m3u8`);
  });

  test('./objs/srs -v prints the version and nothing else', async () => {
    expect(await live.pod.exec(['./objs/srs', '-v'])).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('netstat shows the server as 1/./objs/srs, with one connection per publisher', async () => {
    // The server may not have seen yet that earlier players have left.
    const lines = await waitFor('a listener and a publisher', async () => {
      const rows = (await live.pod.exec(['netstat', '-anp'])).split('\n');
      const own = rows.filter((line) => line.includes(':1935'));
      return own.length === 2 ? own : undefined;
    });
    expect(lines.find((line) => line.includes('LISTEN'))).toMatch(
      /0\.0\.0\.0:1935 .*LISTEN\s+1\/\.\/objs\/srs/,
    );
    expect(lines.find((line) => line.includes('ESTABLISHED'))).toMatch(/1\/\.\/objs\/srs/);
  });

  test('ps, pidof and top know it by its name', async () => {
    expect(await live.pod.exec(['ps'])).toMatch(/^\s*1 root .* \.\/objs\/srs .* -c conf\/docker\.conf/m);
    expect(await live.pod.exec(['pidof', 'srs'])).toBe('1');
  });

  test('the log is in objs/srs.log, as the guide tails it, and in kubectl logs', async () => {
    const line = /\[Trace\]\[1\]\[\w{8}\] .* is ready, pid=1/;
    expect(await live.pod.exec(['cat', 'objs/srs.log'])).toMatch(line);
    await live.pod.waitForLog(line);
  });

  test('the pages are at / and the health check is content', async () => {
    expect(await live.pod.get(8080, '/')).toMatchObject({
      status: 200,
      text: expect.stringContaining('<html'),
    });
    await live.pod.exec(['./etc/healthcheck']);
  });
});
