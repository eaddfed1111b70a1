// The guide's "SRS Cluster Rolling Update" and "Canary Release": edges end by preStop and SIGTERM, old and new versions
// side by side behind one name.

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../helpers/child.ts';
import { ffmpegPath } from '../helpers/ffmpeg.ts';
import { expectInOrder } from '../helpers/in-order.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Cluster } from './cluster.ts';
import { guide, named } from './manifest.ts';
import { publish, serverVersion, waitUntilPlays } from './media-clients.ts';
import { nextVersion } from './set-up.ts';

const origins = guide('origin-statefulset');
const graceful = guide('graceful-edges');
const canary = guide('canary');

describe('graceful update of edges', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.apply(
      origins.filter(({ metadata }) => ['srs-origin-config', 'socs'].includes(metadata.name)),
    );
    await cluster.startReplica(named(origins, 'StatefulSet', 'srs-origin'), 0);
    await cluster.apply([...graceful, named(origins, 'Service', 'srs-edge-service')]);
    const pods = ['srs-origin-0', 'srs-edge-deploy-0', 'srs-edge-deploy-1'];
    await Promise.all(pods.map((name) => cluster.pod(name).waitUntilReady()));
  });

  afterAll(async () => {
    await cluster?.close();
  });

  test('a pod that serves nobody is gone in a few seconds', async () => {
    const pod = cluster.pod('srs-edge-deploy-1');
    const logs = pod.logs();
    const start = Date.now();
    expect(await pod.terminate()).toBe(0);
    expect(Date.now() - start).toBeLessThan(15_000);
    await logs.exited();
    expect(logs.output).not.toMatch(/wait for [1-9]\d* conns to quit/);
    expect(logs.output).toMatch(/srs gracefully quit[\s\S]*srs terminated/);
  });

  test('a publisher and a viewer stay until they leave by themselves, while new clients are refused', async () => {
    const pod = cluster.pod('srs-edge-deploy-0');
    const publisher = await publish(`rtmp://${pod.ip}/live/livestream`);
    // Encoder to edge, edge to origin, and the listener, as the guide's netstat shows.
    const lines = (await pod.exec(['netstat', '-anp']))
      .split('\n')
      .filter((line) => /:1935 .*(LISTEN|ESTAB)/.test(line));
    expect(lines).toHaveLength(3);
    await waitUntilPlays(`rtmp://${pod.ip}/live/livestream`);
    const flv = [
      '-nostdin',
      '-v',
      'error',
      '-progress',
      'pipe:1',
      '-i',
      `http://${pod.ip}:8080/live/livestream.flv`,
    ];
    const viewer = new Child(ffmpegPath(), [...flv, '-c', 'copy', '-f', 'null', '-']);
    await viewer.waitForOutput(/^frame=[1-9]/m);
    const logs = pod.logs();

    const end = pod.terminate();
    await logs.waitForOutput(/wait for 2 conns to quit/);
    // From outside: podman runs no commands in a container that it stops.
    await expect(connection(pod.ip, 1935)).rejects.toThrow(/ECONNREFUSED/);
    expect((await pod.get(1985, '/healthz')).status).toBe(200);
    const before = publisher.publishedMs;
    await waitFor('the publisher to go on', () => publisher.publishedMs > before + 3000);
    expect(viewer.status).toBeUndefined();
    await publisher.stop();
    await viewer.destroy();
    expect(await end).toBe(0);
    await logs.exited();
    // SIGTERM comes a moment later; what SIGQUIT has begun goes on.
    expectInOrder(logs.output, [/sig=3, user start gracefully quit/, /force gracefully quit, signo=15/]);
    // The lines of the guide's log, in its order, and those that SRS has added since.
    expectInOrder(logs.output, [
      /sig=3, user start gracefully quit/,
      /cleanup for quit signal fast=0, grace=1/,
      /main cycle terminated, system quit normally/,
      /start wait for 700ms/,
      /listeners closed/,
      /wait for 2 conns to quit/,
      /edge change from 200 to state 0 \(init\)\./,
      /wait for 0 conns to quit/,
      /source disposed/,
      /final wait for 800ms/,
      /srs gracefully quit/,
      /srs terminated/,
    ]);
  });

  test('a canary answers with its own version, the old pods with theirs', async () => {
    await cluster.apply(canary);
    const olds = [0, 1, 2].map((index) => cluster.pod(`srs-edge-r5-deploy-${index}`));
    const young = cluster.pod('srs-edge-r6-deploy-0');
    await Promise.all([...olds, young].map((pod) => pod.waitUntilReady()));
    const publisher = await publish(`rtmp://${cluster.pod('srs-origin-0').ip}/live/canary`);
    const old = await olds[0]?.exec(['./objs/srs', '-v']);
    for (const pod of olds) expect(await serverVersion(`rtmp://${pod.ip}/live/canary`)).toBe(old);
    expect(await serverVersion(`rtmp://${young.ip}/live/canary`)).toBe(nextVersion);
    expect(await young.exec(['./objs/srs', '-v'])).toBe(nextVersion);
    await publisher.stop();
  });

  test('a rollback: the new version leaves gracefully, a pod of the old one is there in its place', async () => {
    const publisher = await publish(`rtmp://${cluster.pod('srs-origin-0').ip}/live/rollback`);
    const end = cluster.pod('srs-edge-r6-deploy-0').terminate();
    await cluster.startReplica(named(canary, 'Deployment', 'srs-edge-r5-deploy'), 3);
    const back = cluster.pod('srs-edge-r5-deploy-3');
    await back.waitUntilReady();
    const old = await back.exec(['./objs/srs', '-v']);
    expect(old).not.toBe(nextVersion);
    expect(await serverVersion(`rtmp://${back.ip}/live/rollback`)).toBe(old);
    expect(await end).toBe(0);
    await publisher.stop();
  });
});

/** Resolves when a connection was made, and closes it; rejects with the system's error. */
async function connection(host: string, port: number): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
