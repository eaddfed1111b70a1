// Is this process in a container? Several signs, because each runtime leaves another one: cgroup v2 and
// containerd show no "/docker" in the cgroup file, which is all that SRS looks at.

import { existsSync, readFileSync } from 'node:fs';

const CGROUP_SIGNS = /\/(docker|kubepods|libpod|containerd|lxc)\b|cri-containerd|crio-/;

/** Looks at the environment, the marker files of Docker and Podman, and the cgroup of the first process. */
export function isInContainer(): boolean {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return true;
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv')) return true;
  return CGROUP_SIGNS.test(cgroupText());
}

function cgroupText(): string {
  try {
    return readFileSync('/proc/1/cgroup', 'latin1').slice(0, 1024);
  } catch {
    return '';
  }
}
