// The image by itself: other users, a read-only file system, the environment alone, and what is in it.

import { afterEach, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { podman, startPodman } from './podman.ts';

const started: string[] = [];

async function start(options: readonly string[], command: readonly string[] = []): Promise<string> {
  const id = await podman(['run', '--detach', '--no-healthcheck', ...options, 'localhost/tsrs', ...command]);
  started.push(id);
  return id;
}

async function waitUntilHealthy(id: string): Promise<void> {
  await waitFor(
    'the health check',
    () =>
      podman(['exec', id, './etc/healthcheck']).then(
        () => true,
        () => false,
      ),
    {
      intervalMs: 200,
    },
  );
}

afterEach(async () => {
  for (const id of started.splice(0)) await podman(['rm', '--force', '--time', '0', id]);
});

test('runs as another user, without capabilities', async () => {
  const id = await start(['--user', '1000', '--cap-drop', 'all', '--security-opt', 'no-new-privileges']);
  await waitUntilHealthy(id);
  expect(await podman(['exec', id, 'id', '-u'])).toBe('1000');
  expect(await podman(['exec', id, 'etc/init.d/srs', 'status'])).toContain('is running');
});

test('runs with a read-only file system, as the manifests in k8s/ ask it to', async () => {
  const environment = ['SRS_PID=/tmp/srs.pid', 'SRS_LOG_TANK=console'].flatMap((each) => ['--env', each]);
  const id = await start(['--read-only', '--tmpfs', '/tmp', '--user', '4711', ...environment]);
  await waitUntilHealthy(id);
});

test('starts from the environment alone, with what the chart of SRS sets', async () => {
  const environment = {
    ...{
      SRS_LISTEN: '1935',
      SRS_HTTP_SERVER_LISTEN: '8080',
      SRS_HTTP_API_LISTEN: '1985',
      SRS_PLATFORM: 'helm',
    },
    ...{ SRS_SRT_SERVER_LISTEN: '10080', SRS_RTC_SERVER_LISTEN: '8000', SRS_LOG_TANK: 'console' },
    ...{ SRS_HTTP_SERVER_ENABLED: 'on', SRS_HTTP_API_ENABLED: 'on', SRS_VHOST_HTTP_REMUX_ENABLED: 'on' },
    ...{ SRS_VHOST_HLS_ENABLED: 'on', SRS_SRT_SERVER_ENABLED: 'on', SRS_VHOST_SRT_ENABLED: 'on' },
    ...{ SRS_RTC_SERVER_ENABLED: 'on', SRS_RTC_SERVER_CANDIDATE: '*', SRS_VHOST_RTC_ENABLED: 'on' },
  };
  const options = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const id = await start(options, ['./objs/srs', '-e']);
  await waitUntilHealthy(id);
  expect(await podman(['exec', id, 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/'])).toContain('<html');
});

test.each([
  ['0', ''],
  ['1000', '--max-old-space-size=512 --max-semi-space-size=16'],
])(
  'as user %s with the flags "%s" it starts from the code that the build has compiled',
  async (user, flags) => {
    const environment = [`TSRS_NODE_FLAGS=${flags}`, 'NODE_DEBUG_NATIVE=COMPILE_CACHE'];
    const id = await start(['--user', user, ...environment.flatMap((each) => ['--env', each])]);
    await waitUntilHealthy(id);
    const logs = startPodman(['logs', id]);
    await logs.exited();
    const said = logs.output;
    expect(said).toMatch(/code cache for ESM file:\/\/\/usr\/local\/srs\/dist\/main\.js was accepted/);
    expect(said).not.toMatch(/was rejected|not initialized/);
    const command = await podman(['exec', id, 'cat', '/proc/1/cmdline']);
    expect(command.split('\0').slice(1, -4)).toEqual([
      '--max-semi-space-size=2',
      '--heap-growing-percent=50',
      ...flags.split(' ').filter(Boolean),
    ]);
  },
);

test('has the folders of ossrs/srs, and a certificate for its https samples', async () => {
  const id = await start([], ['./objs/srs', '-c', 'conf/https.docker.conf']);
  await waitUntilHealthy(id);
  const html = [
    'index.html',
    'favicon.ico',
    'crossdomain.xml',
    'players/srs_player.html',
    'console/ng_index.html',
  ];
  const files = ['conf/docker.conf', 'conf/full.conf', 'conf/server.key', 'conf/server.crt', 'objs/srs.log'];
  const scripts = ['etc/init.d/srs', 'usr/lib/systemd/system/srs.service'];
  await podman(['exec', id, 'ls', ...files, ...scripts, ...html.map((name) => `objs/nginx/html/${name}`)]);
  const listening = (await podman(['exec', id, 'netstat', '-lnt'])).match(/:\d+(?= )/g);
  expect(listening).toEqual(expect.arrayContaining([':1990', ':8088']));
});

test('SIGTERM ends it at once with code 0', async () => {
  const id = await start([]);
  await waitUntilHealthy(id);
  const before = Date.now();
  await podman(['stop', '--time', '30', id]);
  expect(Date.now() - before).toBeLessThan(20_000);
  expect(await podman(['inspect', id, '--format', '{{.State.ExitCode}}'])).toBe('0');
});

test('is small, and says which packages are in it', async () => {
  expect(Number(await podman(['inspect', 'localhost/tsrs', '--format', '{{.Size}}']))).toBeLessThan(
    170_000_000,
  );
  const packages = await podman([
    'run',
    '--rm',
    '--no-healthcheck',
    'localhost/tsrs',
    'ls',
    '/var/lib/dpkg/status.d',
  ]);
  expect(packages.split('\n')).toEqual([
    'base-files',
    'bash',
    'busybox',
    'libc6',
    'libgcc-s1',
    'libpcre2-8-0',
    'libselinux1',
    'libstdc++6',
    'libtinfo6',
    'net-tools',
  ]);
});

test('its shell knows [[, as the containers of the guide use it', async () => {
  const script = 'if [[ ! -f /nowhere ]]; then echo copied; fi';
  expect(await podman(['run', '--rm', '--no-healthcheck', 'localhost/tsrs', '/bin/sh', '-c', script])).toBe(
    'copied',
  );
});
