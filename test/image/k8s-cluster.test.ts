// k8s/edge-cluster.yaml with demo.yaml and canary.yaml, k8s/origin-statefulset.yaml with cleanup.yaml: as they are, but
// for fewer pods that are all the same.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { expectInOrder } from '../helpers/in-order.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Cluster } from './cluster.ts';
import { k8s, named, scaled } from './manifest.ts';
import { publish, serverVersion, waitUntilPlays } from './media-clients.ts';
import { nextVersion } from './set-up.ts';

describe('edge-cluster.yaml', () => {
  let cluster: Cluster;
  const ip = (name: string) => cluster.pod(name).ip;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(k8s('edge-cluster'));
    await cluster.apply(k8s('demo'));
    const pods = ['srs-origin-deploy-0', 'srs-edge-deploy-0', 'srs-edge-deploy-1', 'srs-edge-deploy-2'];
    await Promise.all(pods.map((name) => cluster.pod(name).waitUntilReady()));
  });

  afterAll(() => cluster?.close());

  test('what demo.yaml publishes to the edges plays at each of them, and as HLS at the origin', async () => {
    for (const edge of ['srs-edge-deploy-0', 'srs-edge-deploy-1', 'srs-edge-deploy-2']) {
      await waitUntilPlays(`rtmp://${ip(edge)}/live/livestream`);
      await waitUntilPlays(`http://${ip(edge)}:8080/live/avatar.flv`);
    }
    await waitUntilPlays(`http://${ip('srs-origin-deploy-0')}:8080/live/livestream.m3u8`);
  });

  test('canary.yaml puts a new version beside the old one; an edge ends by preStop', async () => {
    const canary = k8s('canary');
    await cluster.apply([
      scaled(named(canary, 'Deployment', 'srs-edge-stable-deploy'), 1),
      named(canary, 'Deployment', 'srs-edge-canary-deploy'),
    ]);
    const young = 'srs-edge-canary-deploy-0';
    await Promise.all([young, 'srs-edge-stable-deploy-0'].map((name) => cluster.pod(name).waitUntilReady()));
    expect(await serverVersion(`rtmp://${ip(young)}/live/livestream`)).toBe(nextVersion);
    const old = await serverVersion(`rtmp://${ip('srs-edge-stable-deploy-0')}/live/livestream`);
    expect(old).not.toBe(nextVersion);
    const logs = cluster.pod(young).logs();
    expect(await cluster.pod(young).terminate()).toBe(0);
    await logs.exited();
    expectInOrder(logs.output, [
      /sig=3, user start gracefully quit/,
      /srs gracefully quit/,
      /srs terminated/,
    ]);
  });
});

describe('origin-statefulset.yaml', () => {
  let cluster: Cluster;
  const publishers: FfmpegPublisher[] = [];
  const ip = (name: string) => cluster.pod(name).ip;
  const manifests = k8s('origin-statefulset');
  const origins = ['srs-origin-0', 'srs-origin-1', 'srs-origin-2'];
  const one = new Set(['srs-edge-deploy', 'nginx-origin-deploy']);

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(manifests.map((each) => (one.has(each.metadata.name) ? scaled(each, 1) : each)));
    await Promise.all([...origins, 'srs-edge-deploy-0'].map((name) => cluster.pod(name).waitUntilReady()));
    for (const name of origins) publishers.push(await publish(`rtmp://${ip(name)}/live/${name}`));
  });

  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await cluster?.close();
  });

  test('each stream plays at the edge, at another origin, and as HLS at nginx from the one volume', async () => {
    for (const name of origins) {
      await waitUntilPlays(`rtmp://${ip('srs-edge-deploy-0')}/live/${name}`);
      await waitUntilPlays(`http://${ip('srs-origin-0')}:8080/live/${name}.flv`);
      await waitUntilPlays(`http://${ip('nginx-origin-deploy-0')}:8081/live/${name}.m3u8`);
    }
  });

  test('cleanup.yaml deletes what is old in that volume, and no more', async () => {
    const origin = cluster.pod('srs-origin-0');
    const html = 'objs/nginx/html';
    await origin.exec(['mkdir', '-p', `${html}/old`, `${html}/gone/empty`]);
    for (const name of ['x-1.ts', 'x.m3u8', 'x.flv.tmp', 'keep.flv']) {
      await origin.exec(['touch', '-d', '2020-01-01 00:00', `${html}/old/${name}`]);
    }
    expect(await cluster.runJob(named(k8s('cleanup'), 'CronJob', 'srs-cleanup'))).toMatch(/Cleanup done/);
    expect(await origin.exec(['ls', `${html}/old`])).toBe('keep.flv');
    expect(await origin.exec(['ls', html])).not.toContain('gone');
    const before = publishers[0]!.publishedMs;
    await waitFor('the publishers to go on', () => publishers[0]!.publishedMs > before + 1000);
  });
});
