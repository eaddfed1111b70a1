// Global set-up of the image suite: says what the machine lacks, makes the images, and leaves nothing behind.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../helpers/child.ts';
import { debianProgram } from '../peer/debian.ts';
import {
  buildImage,
  derive,
  makeNginxImage,
  makeNodeImage,
  makeUnprivilegedNginxImage,
  nodeImage,
} from './base-image.ts';
import { makeStore, podman } from './podman.ts';

const root = resolve(import.meta.dirname, '../..');
/** Programs by their Debian packages. */
const needed = {
  podman: 'podman',
  buildah: 'buildah',
  runc: 'runc',
  debootstrap: 'debootstrap',
  iptables: 'iptables',
  catatonit: 'catatonit',
  unzip: 'unzip',
};

export async function setup(): Promise<() => Promise<void>> {
  for (const [program, debianPackage] of Object.entries(needed)) debianProgram(program, debianPackage);
  if (process.getuid?.() !== 0) throw new Error('containers with networks of their own need root');
  // A developer may keep the store: the images are then made of layers that are there already.
  const kept = process.env.TSRS_TEST_CONTAINERS;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'tsrs-containers-'));
  process.env.TSRS_TEST_CONTAINERS = folder;
  makeStore(folder);
  try {
    await makeImages(folder);
    await provideContainers();
  } catch (error) {
    await tearDown(folder, kept !== undefined);
    throw error;
  }
  return () => tearDown(folder, kept !== undefined);
}

async function makeImages(folder: string): Promise<void> {
  const has = async (name: string) => (await podman(['images', '-q', name])) !== '';
  if (!(await has(nodeImage))) await makeNodeImage(folder);
  await buildImage('localhost/tsrs', join(root, 'docker/Dockerfile'), root);
  await buildImage('localhost/tsrs-encoder', join(root, 'docker/Dockerfile.encoder'), root);
  if (!(await has('localhost/nginx'))) await makeNginxImage('localhost/nginx');
  const unprivileged = 'localhost/nginxinc/nginx-unprivileged:stable';
  if (!(await has(unprivileged))) await makeUnprivilegedNginxImage(unprivileged, 'localhost/nginx');
  // The names of our manifests, and of the guide's.
  await podman(['tag', 'localhost/tsrs', 'localhost/tsrs:0.1.0']);
  await podman(['tag', 'localhost/tsrs-encoder', 'localhost/tsrs-encoder:0.1.0']);
  await podman(['tag', nodeImage, 'localhost/centos:7']);
  await podman(['tag', 'localhost/tsrs', 'localhost/ossrs/srs:3', 'localhost/ossrs/srs:v4.0.5']);
  await podman(['tag', 'localhost/tsrs-encoder', 'localhost/ossrs/srs:encoder']);
  // The next version: all that differs is its number.
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const rename = `find dist -name '*.js' -exec sed -i 's/"${version}"/"${nextVersion}"/' {} +`;
  await derive('localhost/ossrs/srs:v4.0.6', [`RUN ${rename}`], 'localhost/tsrs');
  await podman(['tag', 'localhost/ossrs/srs:v4.0.6', 'localhost/tsrs:0.2.0']);
}

/** Of the image that stands for the guide's v4.0.6. */
export const nextVersion = '9.8.7';

async function provideContainers(): Promise<void> {
  try {
    await podman(['run', '--rm', '--no-healthcheck', '--cpus', '1', 'localhost/tsrs', 'true']);
  } catch (cause) {
    throw new Error(
      'this kernel cannot run containers (namespaces, cgroups, overlay, bridge): see the cause',
      {
        cause,
      },
    );
  }
}

async function tearDown(folder: string, isKept: boolean): Promise<void> {
  await podman(['pod', 'rm', '--all', '--force', '--time', '0']);
  await podman(['rm', '--all', '--force', '--time', '0', '--volumes']);
  await podman(['volume', 'prune', '--force']);
  await podman(['network', 'prune', '--force']);
  if (isKept) return;
  await podman(['rmi', '--all', '--force'], { lifetimeMs: 120_000 });
  for (const path of mountsBelow(folder)) await run('umount', [path]);
  rmSync(folder, { recursive: true, force: true });
}

/** The deepest first. */
function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .sort((one, other) => other.length - one.length);
}
