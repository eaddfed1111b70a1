// The guide's "SRS Origin Cluster for a Large Number of Streams": a StatefulSet behind a headless Service, one volume
// for all, coworkers without a port and a name with a typing mistake in the edges' list.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { Cluster } from './cluster.ts';
import { guide, type Manifest, named } from './manifest.ts';
import { publish, waitUntilPlays } from './media-clients.ts';

const manifests = guide('origin-statefulset');
const origins = ['srs-origin-0', 'srs-origin-1', 'srs-origin-2'];
const edges = ['srs-edge-deploy-0', 'srs-edge-deploy-1', 'srs-edge-deploy-2', 'srs-edge-deploy-3'];
const streamOf = (origin: string) => `of-${origin}`;

describe('origin cluster as a StatefulSet', () => {
  let cluster: Cluster;
  const publishers: FfmpegPublisher[] = [];
  const ip = (name: string) => cluster.pod(name).ip;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(manifests);
    await Promise.all([...origins, ...edges].map((name) => cluster.pod(name).waitUntilReady()));
    for (const name of origins) publishers.push(await publish(`rtmp://${ip(name)}/live/${streamOf(name)}`));
  });

  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await cluster?.close();
  });

  test('every stream of every origin plays at every edge', async () => {
    for (const edge of edges) {
      const urls = origins.map((origin) => `rtmp://${ip(edge)}/live/${streamOf(origin)}`);
      await Promise.all(urls.map(waitUntilPlays));
    }
    await waitUntilPlays(`http://${ip('srs-edge-deploy-3')}:8080/live/${streamOf('srs-origin-2')}.flv`);
  });

  test('HLS of all origins is in one volume, which nginx serves', async () => {
    const nginx = ip('nginx-origin-deploy-0');
    for (const origin of origins) await waitUntilPlays(`http://${nginx}/live/${streamOf(origin)}.m3u8`);
  });

  test('the API of origin 0 answers, as srs-api-service asks it', async () => {
    const { text } = await cluster.pod('srs-origin-0').get(1985, '/api/v1/streams/');
    expect(JSON.parse(text)).toMatchObject({ code: 0 });
  });

  test('a fourth origin is found after its name is in the ConfigMaps, without a restart', async () => {
    const more = (map: string, from: string): Manifest => {
      const known = named(manifests, 'ConfigMap', map);
      const conf = known.data?.['srs.conf'] ?? '';
      return { ...known, data: { 'srs.conf': conf.replace(from, `${from} srs-origin-3.socs`) } };
    };
    await cluster.apply([
      more('srs-origin-config', 'srs-origin-2.socs'),
      more('srs-edge-config', 'srs-origin2.socs'),
    ]);
    const reloaded = [...origins, ...edges].map((name) => cluster.pod(name));
    await Promise.all(reloaded.map((pod) => pod.waitForLog(/reload config success/)));
    const pod = await cluster.startReplica(named(manifests, 'StatefulSet', 'srs-origin'), 3);
    await pod.waitUntilReady();
    publishers.push(await publish(`rtmp://${ip('srs-origin-3')}/live/late`));
    await waitUntilPlays(`rtmp://${ip('srs-edge-deploy-0')}/live/late`);
  });

  test('an origin that is replaced is found again under its name', async () => {
    await publishers[1]?.stop();
    await cluster.deletePod('srs-origin-1');
    const pod = await cluster.startReplica(named(manifests, 'StatefulSet', 'srs-origin'), 1);
    await pod.waitUntilReady();
    publishers[1] = await publish(`rtmp://${ip('srs-origin-1')}/live/${streamOf('srs-origin-1')}`);
    await waitUntilPlays(`rtmp://${ip('srs-edge-deploy-1')}/live/${streamOf('srs-origin-1')}`);
  });
});
