// Is this process in a container? Several signs, because each runtime leaves another one: containerd and cgroup v2
// show no "/docker" in the cgroup file of the first process, which is all that SRS looks at.

import { existsSync, readFileSync } from 'node:fs';
import type { Environment } from '../config/environment.ts';

/** Where the signs are looked for. */
export interface Surroundings {
  readonly pid: number;
  readonly env: Environment;
  readonly hasFile: (path: string) => boolean;
  /** The beginning of a file, '' if there is none. */
  readonly readFile: (path: string) => string;
}

const CGROUP_SIGNS = /\/(docker|kubepods|libpod|containerd|lxc|ecs|buildkit)\b|cri-containerd|crio-|docker-/;
/** A root file system put together of image layers: by Docker, containerd, CRI-O or Podman. */
const LAYERED_ROOT = /^\S+ \S+ \S+ \/ \/ .* - overlay .*(docker|containerd|containers\/storage)/m;

let thisProcess: boolean | undefined;

/** Whether this process is; settled at the first call. */
export function isInContainer(): boolean {
  thisProcess ??= hasContainerSigns(THIS_PROCESS);
  return thisProcess;
}

/** True if anything says so; nothing is needed from the user. */
export function hasContainerSigns(surroundings: Surroundings): boolean {
  const { pid, env, hasFile, readFile } = surroundings;
  // Nobody runs a streaming server as the init process of a machine.
  if (pid === 1) return true;
  // Kubernetes tells every pod where its API is; Podman and systemd-nspawn say what they are.
  if (isSet(env.KUBERNETES_SERVICE_HOST) || isSet(env.container)) return true;
  if (hasFile('/.dockerenv') || hasFile('/run/.containerenv')) return true;
  return CGROUP_SIGNS.test(readFile('/proc/1/cgroup')) || LAYERED_ROOT.test(readFile('/proc/self/mountinfo'));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

const MAX_BYTES = 64 * 1024;

const THIS_PROCESS: Surroundings = {
  pid: process.pid,
  env: process.env,
  hasFile: existsSync,
  readFile: (path) => {
    try {
      return readFileSync(path, 'latin1').slice(0, MAX_BYTES);
    } catch {
      return '';
    }
  },
};
