// The guide's "SRS Edge Cluster for High Concurrency Streaming", with its demo streams. The edges start before there
// is an origin, and the origin's pod is replaced under playing viewers.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../helpers/child.ts';
import { ffmpegPath } from '../helpers/ffmpeg.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Cluster } from './cluster.ts';
import { guide, named } from './manifest.ts';
import { waitUntilPlays } from './media-clients.ts';

const manifests = guide('edge-cluster');
const origin = named(manifests, 'Deployment', 'srs-origin-deploy');
const edges = ['srs-edge-deploy-0', 'srs-edge-deploy-1', 'srs-edge-deploy-2'];

interface ClientFacts {
  readonly ip: string;
  readonly url: string;
  readonly publish: boolean;
}

/** A viewer that goes on, and how much it has seen. */
class LongViewer {
  readonly child: Child;

  constructor(url: string) {
    const args = [
      '-nostdin',
      '-v',
      'error',
      '-progress',
      'pipe:1',
      '-i',
      url,
      '-c',
      'copy',
      '-f',
      'null',
      '-',
    ];
    this.child = new Child(ffmpegPath(), args, { lifetimeMs: 300_000 });
  }

  get frames(): number {
    return Number([...this.child.stdout.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0);
  }

  async waitForMore(): Promise<void> {
    const before = this.frames;
    await waitFor(
      () => `more than ${before} frames at ${this.child.describe()}`,
      () => this.frames > before + 25,
    );
    expect(this.child.status).toBeUndefined();
  }
}

describe('edge cluster', () => {
  let cluster: Cluster;
  const pod = (name: string) => cluster.pod(name);

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(manifests.filter((one) => one !== origin));
    await Promise.all(edges.map((name) => pod(name).waitUntilReady()));
    await cluster.apply(guide('demo-edge'));
    await cluster.apply([origin]);
    await pod('srs-origin-deploy-0').waitUntilReady();
  });

  afterAll(async () => {
    await cluster?.close();
  });

  test('what the demo encoders publish to an edge plays at every edge, and as HLS at the origin', async () => {
    for (const name of edges) {
      await waitUntilPlays(`rtmp://${pod(name).ip}/live/livestream`);
      await waitUntilPlays(`http://${pod(name).ip}:8080/live/avatar.flv`);
    }
    await waitUntilPlays(`http://${pod('srs-origin-deploy-0').ip}/live/livestream.m3u8`);
  });

  test('an edge pulls a stream once, however many play it', async () => {
    const [name] = edges as [string];
    const urls = [
      `rtmp://${pod(name).ip}/live/livestream`,
      `http://${pod(name).ip}:8080/live/livestream.flv`,
    ];
    const viewers = [...urls, ...urls].map((url) => new LongViewer(url));
    await Promise.all(viewers.map((viewer) => viewer.waitForMore()));
    const answer = await pod('srs-origin-deploy-0').get(1985, '/api/v1/clients/?count=100');
    const { clients } = JSON.parse(answer.text) as { clients: readonly ClientFacts[] };
    const { ip } = pod(name);
    const pulls = clients.filter((one) => one.ip === ip && !one.publish && one.url === '/live/livestream');
    expect(pulls).toHaveLength(1);
    await Promise.all(viewers.map((viewer) => viewer.child.destroy()));
  });

  test('viewers of all edges stay when the origin is replaced by a pod with another address', async () => {
    const viewers = edges.flatMap((name) => [
      new LongViewer(`rtmp://${pod(name).ip}/live/livestream`),
      new LongViewer(`http://${pod(name).ip}:8080/live/livestream.flv`),
    ]);
    await Promise.all(viewers.map((viewer) => viewer.waitForMore()));
    await cluster.deletePod('srs-origin-deploy-0');
    await cluster.apply([origin]);
    await pod('srs-origin-deploy-0').waitUntilReady();
    await Promise.all(viewers.map((viewer) => viewer.waitForMore()));
    await Promise.all(viewers.map((viewer) => viewer.child.destroy()));
  });
});
