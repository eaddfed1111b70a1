// A small stand-in for a cluster: makes the pods of Deployments and StatefulSets, gives them the names of their
// Services in a network with DNS, lays out ConfigMaps as the kubelet does, and ends pods as the kubelet does. The
// pods themselves are run by `podman play kube` from the manifests' own pod specs.

import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { uniqueName } from '../helpers/names.ts';
import { runFolder } from '../helpers/run-folder.ts';
import { ConfigMapFolder } from './config-map-folder.ts';
import type { Container, Manifest, PodTemplate, Volume } from './manifest.ts';
import { Pod } from './pod.ts';
import { podman } from './podman.ts';
import { startServiceProxy } from './service-proxy.ts';

export class Cluster {
  readonly #network: string;
  readonly #folder = mkdtempSync(join(runFolder(), 'cluster-'));
  readonly #configMaps = new Map<string, ConfigMapFolder>();
  readonly #services: Manifest[] = [];
  readonly #pods = new Map<string, Pod>();
  readonly #proxies: string[] = [];

  private constructor(network: string) {
    this.#network = network;
  }

  static async create(): Promise<Cluster> {
    const network = uniqueName('net');
    await podman(['network', 'create', network]);
    return new Cluster(network);
  }

  /** As `kubectl apply`. Services first: the pods of one call and of later ones get their names. */
  async apply(manifests: readonly Manifest[]): Promise<void> {
    for (const one of manifests) {
      if (one.kind === 'ConfigMap') this.#applyConfigMap(one);
      else if (one.kind === 'Service') this.#services.push(one);
    }
    await Promise.all(manifests.flatMap((one) => this.#podsOf(one)));
  }

  /**
   * Services of type ClusterIP become addresses of their own which pass their own ports and no others, as in a
   * cluster. Without it a Service's name leads to its pods directly. To be called before the pods are applied.
   */
  async proxy(service: Manifest): Promise<void> {
    const name = service.metadata.name;
    const target = uniqueName('backend');
    this.#services.push({ ...service, metadata: { name: target } });
    this.#proxies.push(await startServiceProxy(this.#network, name, target, service.spec?.ports ?? []));
  }

  pod(name: string): Pod {
    const pod = this.#pods.get(name);
    if (!pod) throw new Error(`no pod ${name}, only ${[...this.#pods.keys()].join(', ')}`);
    return pod;
  }

  /** Ends a pod as the kubelet does; it may then be applied again. Resolves when it is gone. */
  async deletePod(name: string): Promise<void> {
    const pod = this.pod(name);
    this.#pods.delete(name);
    await pod.terminate();
    await pod.remove();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pods.values()].map((pod) => pod.remove()));
    for (const proxy of this.#proxies) await podman(['rm', '--force', '--time', '0', proxy]);
    await podman(['network', 'rm', '--force', this.#network]);
  }

  #applyConfigMap({ metadata, data = {} }: Manifest): void {
    const known = this.#configMaps.get(metadata.name);
    if (known) known.update(data);
    else this.#configMaps.set(metadata.name, new ConfigMapFolder(data));
  }

  /** One pod of a workload: the next one of a StatefulSet that grows, or one that was deleted. */
  async startReplica(manifest: Manifest, index: number): Promise<Pod> {
    const { kind, metadata, spec } = manifest;
    if (!spec?.template) throw new Error(`${kind} ${metadata.name} has no pods`);
    const name = `${metadata.name}-${index}`;
    const domain = kind === 'StatefulSet' ? [`${name}.${spec.serviceName}`] : [];
    const labels = { 'statefulset.kubernetes.io/pod-name': name, ...spec.template.metadata?.labels };
    await this.#startPod(name, spec.template, [...domain, ...this.#serviceNames(labels)]);
    return this.pod(name);
  }

  /** Runs the pod of a CronJob now; returns what its container has printed. */
  async runJob(manifest: Manifest): Promise<string> {
    const template = manifest.spec?.jobTemplate?.spec.template;
    const [container] = template?.spec.containers ?? [];
    if (!template || !container) throw new Error(`${manifest.metadata.name} has no job`);
    const name = uniqueName(manifest.metadata.name);
    await this.#startPod(name, template, []);
    const id = await this.pod(name).containerId(container.name);
    expect(await podman(['wait', id]), await podman(['logs', id])).toBe('0');
    return podman(['logs', id]);
  }

  #podsOf(manifest: Manifest): readonly Promise<Pod>[] {
    if (!manifest.spec?.template) return [];
    const count = manifest.spec.replicas ?? 1;
    return Array.from({ length: count }, (_, index) => this.startReplica(manifest, index));
  }

  #serviceNames(labels: Readonly<Record<string, string>>): readonly string[] {
    const matches = ({ spec }: Manifest) =>
      Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value);
    return this.#services.filter(matches).map(({ metadata }) => metadata.name);
  }

  async #startPod(name: string, template: PodTemplate, aliases: readonly string[]): Promise<void> {
    const id = `${this.#network}-${name}`;
    const { containers, volumes = [], ...spec } = template.spec;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: id },
      spec: {
        ...spec,
        containers: containers.map(runnable),
        volumes: volumes.map((volume) => this.#volume(name, volume)),
      },
    };
    const file = join(this.#folder, `${name}.yaml`);
    writeFileSync(file, stringify(pod));
    const names = aliases.map((alias) => `alias=${alias}`).join(',');
    const network = names === '' ? this.#network : `${this.#network}:${names}`;
    await podman(['play', 'kube', '--network', network, file]);
    this.#pods.set(name, await Pod.started(id, template.spec));
  }

  #volume(pod: string, volume: Volume): Volume {
    const { name, configMap } = volume;
    if (configMap) {
      const folder = this.#configMaps.get(configMap.name);
      if (!folder) throw new Error(`${pod}: no ConfigMap ${configMap.name}`);
      return { name, hostPath: { path: folder.path, type: 'Directory' } };
    }
    if ('emptyDir' in volume) return { name, ...this.#sharedFolder(`${pod}-${name}`) };
    if (volume.persistentVolumeClaim === undefined) return volume;
    return { name, ...this.#sharedFolder(`claim-${volume.persistentVolumeClaim.claimName}`) };
  }

  /** What the kubelet lets every user of the pod write to (fsGroup), and podman only root. */
  #sharedFolder(name: string): Omit<Volume, 'name'> {
    const path = join(this.#folder, name);
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
    return { hostPath: { path, type: 'Directory' } };
  }
}

/** podman would open `ports` on the host, and runs probes by other means: the cluster and the pod see to all that. */
function runnable(container: Container): Container {
  const others = new Set(['ports', 'lifecycle', 'readinessProbe', 'livenessProbe', 'startupProbe']);
  return Object.fromEntries(
    Object.entries(container).filter(([key]) => !others.has(key)),
  ) as unknown as Container;
}
