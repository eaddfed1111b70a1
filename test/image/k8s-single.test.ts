// k8s/quick-start.yaml and k8s/shared-volume.yaml as they are: an unprivileged user on a read-only file system.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { LivePod } from './live-pod.ts';
import { k8s, named } from './manifest.ts';
import { waitUntilPlays } from './media-clients.ts';

describe('quick-start.yaml', () => {
  const live = new LivePod();

  beforeAll(() => live.start(k8s('quick-start')));

  afterAll(() => live.close());

  test('serves RTMP, HTTP-FLV, HLS and its pages, as a user without rights', async () => {
    await waitUntilPlays(live.rtmpUrl);
    await waitUntilPlays(`http://${live.pod.ip}:8080/live/livestream.flv`);
    await waitUntilPlays(`http://${live.pod.ip}:8080/live/livestream.m3u8`);
    expect(await live.pod.get(8080, '/')).toMatchObject({ status: 200 });
    expect(await live.pod.exec(['id', '-u'])).toBe('1000');
    await expect(live.pod.exec(['touch', 'objs/x'])).rejects.toThrow(/Read-only file system/);
    await live.pod.exec(['./etc/healthcheck']);
  });

  test('takes over a ConfigMap that changes: auto reload needs no right and no file system', async () => {
    const map = named(k8s('quick-start'), 'ConfigMap', 'srs-config');
    const conf = map.data?.['srs.conf'] ?? '';
    const without = conf.replace(/hls \{\s*enabled on;\s*\}/, '');
    expect(without).not.toBe(conf);
    await live.cluster.apply([{ ...map, data: { 'srs.conf': without } }]);
    await live.pod.waitForLog(/vhost __defaultVhost__ reload hls success\.[\s\S]*reload config success/);
    const before = live.publisher.publishedMs;
    await waitFor('the publisher to go on', () => live.publisher.publishedMs > before + 1000);
    await waitUntilPlays(live.rtmpUrl);
  });
});

describe('shared-volume.yaml', () => {
  const live = new LivePod();

  beforeAll(() => live.start(k8s('shared-volume')));

  afterAll(() => live.close());

  test('nginx serves the HLS that the server writes, both without rights', async () => {
    await waitUntilPlays(`http://${live.pod.ip}:8081/live/livestream.m3u8`);
    await waitUntilPlays(live.rtmpUrl);
    expect(await live.pod.exec(['id', '-u'], 'nginx')).toBe('1000');
    // The volume hides the image's pages; the server has its own.
    expect(await live.pod.get(8080, '/')).toMatchObject({
      status: 200,
      text: expect.stringContaining('<html'),
    });
  });
});
