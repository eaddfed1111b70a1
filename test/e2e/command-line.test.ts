// `node dist/main.js`: arguments, exit codes, and what a wrong conf or a taken port says.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Child, run } from '../helpers/child.ts';
import { freePort, newFolder } from '../helpers/names.ts';
import { mainPath, projectRoot, serverConf, TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

async function tsrs(args: readonly string[], cwd = newFolder('cli')): Promise<Child> {
  return run(process.execPath, [mainPath, ...args], { cwd });
}

/** A folder with a conf on free ports; `edit` makes of it what the test wants. */
async function confFolder(edit: (conf: string) => string = (conf) => conf): Promise<{
  folder: string;
  conf: string;
  rtmpPort: number;
  httpPort: number;
}> {
  const folder = newFolder('cli');
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const conf = join(folder, 'srs.conf');
  writeFileSync(conf, edit(serverConf(rtmpPort, httpPort)));
  return { folder, conf, rtmpPort, httpPort };
}

async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return server;
}

describe.concurrent('options', () => {
  test.for(['-v', '-V'])('%s prints the version of the package', async (option) => {
    const child = await tsrs([option]);
    const version = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).version;
    expect(child.output.trim()).toBe(version);
    expect(child.status?.code).toBe(0);
  });

  test('-g prints the signature of the server', async () => {
    const child = await tsrs(['-g']);
    expect(child.output.trim()).toMatch(/\/\d+\.\d+\.\d+/);
    expect(child.status?.code).toBe(0);
  });

  test.for(['-h', '-?', '--help'])('%s prints the options', async (option) => {
    const child = await tsrs([option]);
    for (const name of ['-c', '-t', '-v', '-h']) expect(child.stdout).toContain(name);
    expect(child.status?.code).toBe(0);
  });

  test('an unknown option fails and names itself', async () => {
    const child = await tsrs(['-y']);
    expect(child.status?.code).toBe(255);
    expect(child.output).toMatch(/\by\b/);
  });

  test('-c without a file fails', async () => {
    const child = await tsrs(['-c']);
    expect(child.status?.code).toBe(255);
    expect(child.output).toContain('-c requires params');
  });

  test('a conf that does not exist fails with the names that were tried', async () => {
    const child = await tsrs(['-c', 'nowhere/docker.conf']);
    expect(child.status?.code).toBe(255);
    expect(child.output).toContain('nowhere/docker.conf');
    expect(child.output).toContain('nowhere/srs.conf');
  });

  test('a missing docker.conf is replaced by the srs.conf beside it, with a warning', async () => {
    const { folder, rtmpPort } = await confFolder();
    const child = new Child(process.execPath, [mainPath, '-c', join(folder, 'docker.conf')], { cwd: folder });
    await child.waitForOutput(new RegExp(`RTMP listen at \\S*:${rtmpPort}\\b`));
    expect(child.output).toMatch(/docker\.conf does not exists?, use \S*srs\.conf/);
    child.kill('SIGTERM');
    expect((await child.exited()).code).toBe(0);
  });
});

describe.concurrent('-t', () => {
  test('accepts a good conf', async () => {
    const { conf, folder } = await confFolder();
    const child = await tsrs(['-t', '-c', conf], folder);
    expect(child.status?.code, child.describe()).toBe(0);
    expect(child.output).toMatch(/successful|is ok/);
    expect(existsSync(join(folder, 'srs.pid')), 'a test starts nothing').toBe(false);
  });

  test('accepts the conf that `npm start` uses', async () => {
    const child = await tsrs(['-t', '-c', join(projectRoot, 'conf/srs.conf')]);
    expect(child.status?.code, child.describe()).toBe(0);
  });

  test('reports every error of a file, each with its place', async () => {
    const { conf, folder } = await confFolder((good) =>
      good.replace('daemon off;', 'daemon off;\nlisten_portt 1;').concat('chunk_size abc;\nfoo bar;\n'),
    );
    const child = await tsrs(['-t', '-c', conf], folder);
    expect(child.status?.code).not.toBe(0);
    const lines = readFileSync(conf, 'utf8').split('\n');
    for (const text of ['listen_portt', 'chunk_size', 'foo']) {
      const line = lines.findIndex((candidate) => candidate.startsWith(text)) + 1;
      expect(child.output).toMatch(new RegExp(`srs\\.conf:${line}:\\d+.*`));
      expect(child.output).toContain(text);
    }
  });
});

describe.concurrent('a wrong conf', () => {
  test.for([
    ['a lost semicolon', /(listen \d+);/, '$1', /srs\.conf:\d+:\d+/],
    ['an unclosed block', 'vhost __defaultVhost__ {', 'vhost __defaultVhost__ { play {', /srs\.conf:\d+:\d+/],
    ['an unknown directive', 'daemon off;', 'daemon off; demon off;', /demon/],
    ['an illegal value', 'daemon off;', 'daemon off; max_connections many;', /max_connections/],
    ['a port out of range', /listen \d+;/, 'listen 99999;', /99999/],
  ] as const)('%s starts nothing and says where', async ([, search, replacement, message]) => {
    const { conf, folder, rtmpPort, httpPort } = await confFolder((good) =>
      good.replace(search, replacement),
    );
    const child = await tsrs(['-c', conf], folder);
    expect(child.status?.signal).toBeNull();
    expect(child.status?.code, child.describe()).not.toBe(0);
    expect(child.output).toMatch(message);
    expect(child.output).not.toMatch(/listen at tcp/);
    expect(child.output, 'a message, not a stack').not.toMatch(/at \S+ \(file:|node:internal/);
    for (const port of [rtmpPort, httpPort]) (await listenOn(port)).close();
  });
});

describe.concurrent('a port in use', () => {
  test('of RTMP stops the start, naming port and directive', async () => {
    const { conf, folder, rtmpPort, httpPort } = await confFolder();
    const holder = await listenOn(rtmpPort);
    const child = await tsrs(['-c', conf], folder);
    expect(child.status?.code, child.describe()).not.toBe(0);
    expect(child.output).toMatch(new RegExp(`\\b${rtmpPort}\\b`));
    expect(child.output).toMatch(/in use/);
    expect(child.output).toMatch(/\blisten\b/);
    (await listenOn(httpPort)).close();
    holder.close();
  });

  test('of HTTP stops the start, naming port and directive', async () => {
    const { conf, folder, rtmpPort, httpPort } = await confFolder();
    const holder = await listenOn(httpPort);
    const child = await tsrs(['-c', conf], folder);
    expect(child.status?.code, child.describe()).not.toBe(0);
    expect(child.output).toMatch(new RegExp(`\\b${httpPort}\\b`));
    expect(child.output).toMatch(/in use/);
    expect(child.output).toMatch(/http_server/);
    (await listenOn(rtmpPort)).close();
    holder.close();
  });

  test('twice in one conf is found before anything starts', async () => {
    const { conf, folder, rtmpPort } = await confFolder((good) =>
      good.replace(/listen \d+; dir/, `listen ${good.match(/listen (\d+)/)?.[1]}; dir`),
    );
    const child = await tsrs(['-t', '-c', conf], folder);
    expect(child.status?.code, child.describe()).not.toBe(0);
    expect(child.output).toMatch(new RegExp(`\\b${rtmpPort}\\b`));
  });
});

describe.concurrent('a running server', () => {
  test.for(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('ends with code 0 on %s', async (signal) => {
    const server = await TestServer.start({ root: 'grace_start_wait 100; grace_final_wait 100;' });
    server.child.kill(signal);
    expect(await server.child.exited()).toEqual({ code: 0, signal: null });
    const number = { SIGTERM: 15, SIGINT: 2, SIGQUIT: 3 }[signal];
    expect(server.log).toMatch(new RegExp(`sig=${number}\\b`));
  });

  test('writes its pid and its log to files', async () => {
    const { conf, folder, rtmpPort } = await confFolder((good) =>
      good.replace('srs_log_tank console;', 'srs_log_tank file; srs_log_file ./objs/srs.log;'),
    );
    mkdirSync(join(folder, 'objs'));
    const child = new Child(process.execPath, [mainPath, '-c', conf], { cwd: folder });
    const logPath = join(folder, 'objs/srs.log');
    await waitFor(
      () => `the log file; ${child.describe()}`,
      () => existsSync(logPath) && readFileSync(logPath, 'utf8').includes(`:${rtmpPort}`),
    );
    expect(readFileSync(join(folder, 'srs.pid'), 'utf8')).toBe(String(child.pid));
    const line = readFileSync(logPath, 'utf8')
      .split('\n')
      .find((text) => text.includes('RTMP listen'));
    expect(line).toMatch(
      new RegExp(
        `^\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\]\\[Trace\\]\\[${child.pid}\\]\\[[0-9a-z]{8}\\] RTMP listen at tcp://`,
      ),
    );
    child.kill('SIGTERM');
    expect((await child.exited()).code).toBe(0);
  });
});
