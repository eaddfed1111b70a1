// One running pod: its address, its containers' output, commands in it, and its end.

import type { Child } from '../helpers/child.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { PodSpec } from './manifest.ts';
import { podman, startPodman } from './podman.ts';

export class Pod {
  readonly #id: string;
  readonly #spec: PodSpec;
  /** In the cluster's network; this machine reaches it, too. */
  readonly ip: string;
  readonly #logs = new Map<string, Child>();

  private constructor(id: string, spec: PodSpec, ip: string) {
    this.#id = id;
    this.#spec = spec;
    this.ip = ip;
  }

  static async started(id: string, spec: PodSpec): Promise<Pod> {
    const infra = await podman(['pod', 'inspect', id, '--format', '{{.InfraContainerID}}']);
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    return new Pod(id, spec, await podman(['inspect', infra, '--format', format]));
  }

  containerId(container: string): Promise<string> {
    return podman(['inspect', `${this.#id}-${container}`, '--format', '{{.Id}}']);
  }

  /** As `kubectl exec POD -c CONTAINER -- COMMAND`. */
  exec(command: readonly string[], container = 'srs'): Promise<string> {
    return podman(['exec', `${this.#id}-${container}`, ...command]);
  }

  /** The same for commands that go on, such as `tail -f`. */
  startExec(command: readonly string[], container = 'srs'): Child {
    return startPodman(['exec', `${this.#id}-${container}`, ...command]);
  }

  /** As `kubectl logs`, from the first line on; goes on after the container's end. */
  logs(container = 'srs'): Child {
    let logs = this.#logs.get(container);
    if (!logs) {
      logs = startPodman(['logs', '--follow', `${this.#id}-${container}`], { lifetimeMs: 300_000 });
      this.#logs.set(container, logs);
    }
    return logs;
  }

  async waitForLog(pattern: RegExp, container = 'srs'): Promise<void> {
    await this.logs(container).waitForOutput(pattern);
  }

  async get(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${this.ip}:${port}${path}`, { signal: AbortSignal.timeout(20_000) });
    return { status: response.status, text: await response.text() };
  }

  /** Refused or unreachable counts as not ready. */
  async waitUntilReady(): Promise<void> {
    await waitFor(
      () => `${this.#id} to be ready; ${this.logs().describe()}`,
      async () => (await this.get(1985, '/readyz').catch(() => undefined))?.status === 200,
      { intervalMs: 50 },
    );
  }

  /** As the kubelet: preStop, SIGTERM, and SIGKILL after the grace period. The exit code of the first container. */
  async terminate(): Promise<number> {
    const [first] = this.#spec.containers;
    if (!first) throw new Error(`${this.#id} has no container`);
    const command = first.lifecycle?.preStop?.exec.command;
    if (command) await this.exec(command, first.name);
    const seconds = String(this.#spec.terminationGracePeriodSeconds ?? 30);
    const options = { lifetimeMs: 150_000 };
    await podman(['stop', '--time', seconds, `${this.#id}-${first.name}`], options);
    return Number(await podman(['inspect', `${this.#id}-${first.name}`, '--format', '{{.State.ExitCode}}']));
  }

  /** At once, as if its machine were gone. */
  async remove(): Promise<void> {
    await podman(['pod', 'rm', '--force', '--time', '0', this.#id]);
    await Promise.all([...this.#logs.values()].map((child) => child.destroy()));
  }
}
