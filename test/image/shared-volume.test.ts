// The guide's "SRS Shares Volume with Nginx": an empty folder in place of objs/nginx/html.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { LivePod } from './live-pod.ts';
import { guide, named } from './manifest.ts';
import { waitUntilPlays } from './media-clients.ts';
import { podman } from './podman.ts';

describe('volume shared with nginx', () => {
  const live = new LivePod();

  beforeAll(() => live.start(guide('shared-volume')));

  afterAll(() => live.close());

  test('srs-cp-files copies the pages, which nginx then serves', async () => {
    for (const path of [
      '/index.html',
      '/crossdomain.xml',
      '/players/srs_player.html',
      '/console/ng_index.html',
    ]) {
      await waitFor(`${path} by nginx`, async () => (await live.pod.get(80, path)).status === 200);
    }
    expect(await live.pod.exec(['ps'], 'srs-cp-files')).toContain('sleep infinity');
  });

  test('HLS plays from the server and from nginx', async () => {
    await waitUntilPlays(`http://${live.pod.ip}:8080/live/livestream.m3u8`);
    await waitUntilPlays(`http://${live.pod.ip}/live/livestream.m3u8`);
    const list = (await live.pod.get(80, '/live/livestream.m3u8')).text;
    // Behind one balancer for all ports, names must not lead elsewhere.
    expect(list.split('\n').filter((line) => line.endsWith('.ts'))[0]).toMatch(/^livestream-\d+\.ts$/);
  });

  test('anybody may read the segments: nginx runs its workers as another user', async () => {
    const lines = (await live.pod.exec(['ls', '-l', 'objs/nginx/html/live'])).split('\n').slice(1);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^-r..r..r/);
  });

  test('the API answers on 1985', async () => {
    expect(JSON.parse((await live.pod.get(1985, '/api/v1/versions')).text)).toMatchObject({ code: 0 });
  });

  test('the nightly cleanup deletes what is old, and the stream goes on', async () => {
    const job = named(guide('cleanup'), 'CronJob', 'cleanup').spec?.jobTemplate?.spec.template.spec;
    const script = String((job?.containers[0]?.args as readonly string[] | undefined)?.[2]);
    await live.pod.exec(['mkdir', '-p', 'objs/nginx/html/old/empty']);
    for (const name of ['old/x-1.ts', 'old/x.m3u8', 'old/x.flv.tmp', 'old/keep.flv']) {
      await live.pod.exec(['touch', '-d', '2020-01-01 00:00', `objs/nginx/html/${name}`]);
    }
    const volumes = ['--volumes-from', await live.pod.containerId('srs')];
    const place = ['--workdir', '/', '--entrypoint', '/bin/sh'];
    const command = script.replaceAll('/tmp/html', '/usr/local/srs/objs/nginx/html');
    const printed = await podman(['run', '--rm', ...volumes, ...place, 'localhost/centos:7', '-c', command]);
    expect(printed).toContain('x.flv.tmp');
    expect(printed).toContain('Done');
    expect(await live.pod.exec(['ls', 'objs/nginx/html/old'])).toBe('keep.flv');
    await waitUntilPlays(`http://${live.pod.ip}/live/livestream.m3u8`);
  });
});
