// podman with a store, networks and settings of its own: nothing of the tests is visible to the machine's own
// containers, and all of it is in one folder.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type ChildOptions, run } from '../helpers/child.ts';
import { debianProgram } from '../peer/debian.ts';

/** cgroupfs and runc: what works as root with and without systemd, on cgroup v1 and v2. */
const settings = `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=4096:4096"]
`;

/** Where the set-up has made the images; the workers inherit it. */
function storeFolder(): string {
  const folder = process.env.TSRS_TEST_CONTAINERS;
  if (!folder) throw new Error('run these tests with npm run test:image');
  return folder;
}

export function makeStore(folder: string): void {
  for (const name of ['store', 'run', 'networks']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'containers.conf'), settings);
}

function command(program: 'podman' | 'buildah', args: readonly string[]): [string, string[]] {
  const folder = storeFolder();
  const places = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  if (program === 'podman') places.push('--network-config-dir', join(folder, 'networks'));
  return [debianProgram(program, program), [...places, ...args]];
}

function withSettings(options: ChildOptions): ChildOptions {
  return { ...options, env: { ...process.env, CONTAINERS_CONF: join(storeFolder(), 'containers.conf') } };
}

/** A podman that goes on: `logs -f`, `exec … tail -f`. */
export function startPodman(args: readonly string[], options: ChildOptions = {}): Child {
  return new Child(...command('podman', args), withSettings(options));
}

/** Runs podman to its end and returns its standard output; throws if it fails. */
export async function podman(args: readonly string[], options: ChildOptions = {}): Promise<string> {
  return outputOf(await run(...command('podman', args), withSettings(options)));
}

export async function buildah(args: readonly string[], options: ChildOptions = {}): Promise<string> {
  return outputOf(await run(...command('buildah', args), withSettings(options)));
}

function outputOf(child: Child): string {
  if (child.status?.code !== 0) throw new Error(child.describe());
  return child.stdout.trim();
}
