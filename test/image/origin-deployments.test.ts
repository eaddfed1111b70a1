// The guide's "Build SRS Origin Cluster as Deployment": each origin behind a Service that passes 1935 and nothing
// else, so that no origin reaches another's API.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { Cluster } from './cluster.ts';
import { guide, named, scaled } from './manifest.ts';
import { publish, waitUntilPlays } from './media-clients.ts';

const manifests = guide('origin-deployments');
const numbers = [0, 1, 2];

describe('origin cluster as Deployments', () => {
  let cluster: Cluster;
  const publishers: FfmpegPublisher[] = [];

  beforeAll(async () => {
    cluster = await Cluster.create();
    for (const service of manifests.filter(({ spec }) => spec?.type === 'ClusterIP'))
      await cluster.proxy(service);
    await cluster.apply(manifests.filter(({ spec }) => spec?.type !== 'ClusterIP'));
    await cluster.apply([scaled(named(guide('edge-cluster'), 'Deployment', 'srs-edge-deploy'), 2)]);
    const pods = [
      ...numbers.map((each) => `srs-origin-${each}-deploy-0`),
      'srs-edge-deploy-0',
      'srs-edge-deploy-1',
    ];
    await Promise.all(pods.map((name) => cluster.pod(name).waitUntilReady()));
    for (const each of numbers) {
      publishers.push(await publish(`rtmp://${cluster.pod(`srs-origin-${each}-deploy-0`).ip}/live/s${each}`));
    }
  });

  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await cluster?.close();
  });

  test('the Services pass 1935 alone', async () => {
    const edge = cluster.pod('srs-edge-deploy-0');
    const connect = (port: number) => edge.exec(['bash', '-c', `: </dev/tcp/srs-origin-1-socs/${port}`]);
    await connect(1935);
    await expect(connect(1985)).rejects.toThrow(/refused/);
  });

  test('every stream plays at every edge and at every origin', async () => {
    for (const each of numbers) {
      for (const name of ['srs-edge-deploy-0', 'srs-edge-deploy-1', 'srs-origin-0-deploy-0']) {
        await waitUntilPlays(`rtmp://${cluster.pod(name).ip}/live/s${each}`);
      }
    }
    await waitUntilPlays(`http://${cluster.pod('srs-edge-deploy-1').ip}:8080/live/s2.flv`);
  });
});
