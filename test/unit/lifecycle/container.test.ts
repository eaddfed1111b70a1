import { expect, test } from 'vitest';
import { hasContainerSigns, type Surroundings } from '../../../src/lifecycle/container.ts';

const HOST_CGROUP_V1 = '12:cpuset:/\n4:memory:/user.slice\n1:name=systemd:/init.scope\n';
const HOST_MOUNTS = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n';

const HOST = {
  pid: 4711,
  env: { PATH: '/usr/bin' } as Record<string, string>,
  paths: [] as string[],
  files: { '/proc/1/cgroup': '0::/init.scope\n', '/proc/self/mountinfo': HOST_MOUNTS } as Record<
    string,
    string
  >,
};

function surroundings(changes: Partial<typeof HOST>): Surroundings {
  const { pid, env, paths, files } = { ...HOST, ...changes };
  return { pid, env, hasFile: (path) => paths.includes(path), readFile: (path) => files[path] ?? '' };
}

test.for([
  ['a host with cgroup v2', {}],
  ['a host with cgroup v1', { files: { '/proc/1/cgroup': HOST_CGROUP_V1 } }],
  ['a host without /proc', { files: {} }],
  ['an empty variable', { env: { KUBERNETES_SERVICE_HOST: '', container: '' } }],
  [
    'a live CD, whose root is layered',
    { files: { '/proc/self/mountinfo': '22 1 0:20 / / rw - overlay overlay rw,lowerdir=/cow\n' } },
  ],
] as const)('%s is no container', ([, changes]) => {
  expect(hasContainerSigns(surroundings(changes))).toBe(false);
});

test.for([
  ['the first process', { pid: 1 }],
  ['a pod of Kubernetes', { env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' } }],
  ['Podman or systemd-nspawn', { env: { container: 'podman' } }],
  ['Docker by its marker file', { paths: ['/.dockerenv'] }],
  ['Podman by its marker file', { paths: ['/run/.containerenv'] }],
  ['Docker with cgroup v1, as SRS knows it', { files: { '/proc/1/cgroup': '4:memory:/docker/8f1c\n' } }],
  ['Docker under systemd', { files: { '/proc/1/cgroup': '0::/system.slice/docker-8f1c.scope\n' } }],
  [
    'containerd in Kubernetes',
    { files: { '/proc/1/cgroup': '0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-8f1c.scope\n' } },
  ],
  ['containerd with cgroup v1', { files: { '/proc/1/cgroup': '11:cpu:/kubepods/burstable/pod1/8f1c\n' } }],
  ['CRI-O', { files: { '/proc/1/cgroup': '0::/kubepods.slice/crio-8f1c.scope\n' } }],
  [
    'containerd with cgroup v2 and a shared process namespace',
    {
      files: {
        '/proc/1/cgroup': '0::/\n',
        '/proc/self/mountinfo':
          '900 800 0:50 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs\n',
      },
    },
  ],
] as const)('%s is a container', ([, changes]) => {
  expect(hasContainerSigns(surroundings(changes as Partial<typeof HOST>))).toBe(true);
});
