// The images that the Dockerfiles and manifests name, made of what a machine without an image registry reaches:
// Debian's packages and npm's. They stand for node:24-bookworm-slim, nginx and centos:7 under those names.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../helpers/child.ts';
import { debianProgram } from '../peer/debian.ts';
import { buildah, podman } from './podman.ts';

export const nodeImage = 'docker.io/library/node:24-bookworm-slim';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Whom this machine trusts when it asks npm's registry. */
const trustedBundle = 'usr/local/share/trusted.crt';
const slowMs = 300_000;

/** Debian's smallest system with Node.js 24 and npm; `folder` is scratch space. */
export async function makeNodeImage(folder: string): Promise<void> {
  const root = join(folder, 'root-fs');
  await must(debianProgram('debootstrap', 'debootstrap'), ['--variant=minbase', 'bookworm', root]);
  await addNode(root, folder);
  const bundle = process.env.NODE_EXTRA_CA_CERTS;
  if (bundle && existsSync(bundle)) writeFileSync(join(root, trustedBundle), readFileSync(bundle));
  const archive = join(folder, 'root-fs.tar');
  await must('tar', ['-C', root, '-cf', archive, '.']);
  const changes = [
    `ENV ${path}`,
    ...(bundle ? [`ENV NODE_EXTRA_CA_CERTS=/${trustedBundle}`] : []),
    'CMD node',
  ];
  const changeArgs = changes.flatMap((change) => ['--change', change]);
  await podman(['import', ...changeArgs, archive, nodeImage], { lifetimeMs: slowMs });
  rmSync(root, { recursive: true, force: true });
  rmSync(archive);
}

async function addNode(root: string, folder: string): Promise<void> {
  const unpacked = join(folder, 'node');
  mkdirSync(unpacked, { recursive: true });
  const packed = await must('npm', ['pack', '--silent', '--pack-destination', unpacked, nodePackage()]);
  await must('tar', ['-C', unpacked, '-xzf', join(unpacked, packed.trim().split('\n').at(-1) ?? '')]);
  cpSync(join(unpacked, 'package/bin/node'), join(root, 'usr/local/bin/node'));
  rmSync(unpacked, { recursive: true, force: true });
  const modules = (await must('npm', ['root', '-g'])).trim();
  cpSync(join(modules, 'npm'), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  }
}

function nodePackage(): string {
  return `node-linux-${process.arch}@24`;
}

/** nginx as its own image has it: /usr/share/nginx/html on port 80, in the foreground. */
export async function makeNginxImage(name: string): Promise<void> {
  const conf =
    'events {} http { include /etc/nginx/mime.types; server { listen 80; root /usr/share/nginx/html; } }';
  await derive(name, [
    'RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light >/dev/null',
    `RUN echo '${conf}' >/etc/nginx/nginx.conf`,
    'CMD ["nginx", "-g", "daemon off;"]',
  ]);
}

/** nginx as nginxinc/nginx-unprivileged has it: any user, a read-only root, servers in conf.d. */
export async function makeUnprivilegedNginxImage(name: string, from: string): Promise<void> {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const places = kinds.map((kind) => `${kind}_temp_path /tmp/${kind};`).join(' ');
  const conf = `pid /tmp/nginx.pid; events {} http { ${places} include /etc/nginx/mime.types; access_log off; include /etc/nginx/conf.d/*.conf; }`;
  await derive(
    name,
    [`RUN echo '${conf}' >/etc/nginx/nginx.conf`, 'CMD ["nginx", "-e", "stderr", "-g", "daemon off;"]'],
    from,
  );
}

/** An image made of `from` by the lines of a Dockerfile. */
export async function derive(name: string, lines: readonly string[], from = nodeImage): Promise<void> {
  const file = join(process.env.TSRS_TEST_CONTAINERS ?? '', 'Dockerfile.derived');
  writeFileSync(file, [`FROM ${from}`, ...lines, ''].join('\n'));
  await buildImage(name, file, process.env.TSRS_TEST_CONTAINERS ?? '.');
}

export async function buildImage(name: string, file: string, context: string): Promise<void> {
  const how = ['--format', 'docker', '--layers', '--network', 'host', '--pull-never'];
  await buildah(['bud', ...how, '-f', file, '-t', name, context], { lifetimeMs: slowMs });
}

async function must(program: string, args: readonly string[]): Promise<string> {
  const child = await run(program, args, { lifetimeMs: slowMs });
  if (child.status?.code !== 0) throw new Error(child.describe());
  return child.stdout;
}
