// The server as a process of its machine: daemon, pid file, working directory, server id, and the init script.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Child, run } from '../helpers/child.ts';
import { freePorts, type ServicePorts, ServiceProcess } from '../helpers/lifecycle-service.ts';
import { newFolder } from '../helpers/names.ts';
import { mainPath, projectRoot, TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Also in a container, where the tests may run. */
const DAEMON = 'daemon on; disable_daemon_for_docker off; auto_reload_for_docker off; srs_log_tank file;';
const daemonConf = ({ rtmp }: ServicePorts) => `listen ${rtmp};\n${DAEMON}\n`;
const foreground = ({ rtmp }: ServicePorts) => `listen ${rtmp}; daemon off; srs_log_tank file;`;

/** Daemons outlive their parents: whatever a test does, they are gone at its end. */
const daemons: number[] = [];
afterAll(() => {
  for (const pid of daemons) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function daemonPid(folder: string, file = 'objs/srs.pid'): number {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(text, 'a number without a newline').toMatch(/^\d+$/);
  daemons.push(Number(text));
  return Number(text);
}

async function stop(child: Child): Promise<void> {
  child.kill('SIGTERM');
  expect((await child.exited()).code).toBe(0);
}

describe.concurrent('daemon on', () => {
  test('ends the caller with 0 when the server is ready, and serves on without it', async () => {
    const service = await ServiceProcess.spawn(daemonConf);
    expect((await service.child.exited()).code, service.child.describe()).toBe(0);
    const pid = daemonPid(service.folder);
    expect(pid).not.toBe(service.child.pid);
    for (const line of [
      'start daemon mode...',
      'son(daemon) process running.',
      'father process exit',
      'grandpa process exit.',
    ]) {
      expect(service.log).toContain(line);
    }
    expect(service.log).toMatch(new RegExp(`RTMP listen at tcp://0\\.0\\.0\\.0:${service.ports.rtmp}\\b`));
    expect(existsSync(join(service.folder, 'objs/srs.log.sys'))).toBe(true);
    process.kill(pid, 'SIGTERM');
    await waitFor('the daemon to end', () => !isAlive(pid));
    expect(service.log).toMatch(/srs terminated\n$/);
  });

  test('whose server cannot listen ends the caller with its code and its words', async () => {
    const other = await TestServer.start();
    const service = await ServiceProcess.spawn(() => `listen ${other.rtmpPort};\n${DAEMON}\n`);
    expect((await service.child.exited()).code).toBe(234);
    expect(service.child.stdout).toMatch(/Failed, code=1002 : .*listen.*in use/);
    await other.stop();
  });

  test('in a container stays in the foreground', async () => {
    const conf = ({ rtmp }: ServicePorts) => `listen ${rtmp}; in_docker on; daemon on;`;
    const service = await (await ServiceProcess.spawn(conf)).ready();
    await service.waitForLog(/\[Warn\]\S* disable daemon for docker/);
    expect(service.read('objs/srs.pid')).toBe(String(service.child.pid));
    // For kubectl logs, beside the file.
    await service.child.waitForOutput(/ is ready, pid=/);
    await stop(service.child);
  });
});

describe.concurrent('the pid file', () => {
  test('refuses a second server with code 11, and a dead one is no obstacle', async () => {
    const first = await (await ServiceProcess.spawn(foreground)).ready();
    const pidPath = join(first.folder, 'objs/srs.pid');
    const rival = (ports: ServicePorts) => `${foreground(ports)} pid ${pidPath};`;
    const second = await ServiceProcess.spawn(rival);
    expect((await second.child.exited()).code).toBe(11);
    expect(second.log).toMatch(/\[Error\]\S* srs is already running!\n/);
    const text =
      'Failed, code=1035 : run : run hybrid : hybrid run : run server : acquire pid file : srs is already running';
    expect(second.log).toContain(text);
    expect(second.child.stderr, 'also for whoever called').toContain(text);
    expect(first.read('objs/srs.pid')).toBe(String(first.child.pid));

    await first.child.destroy();
    const third = await (await ServiceProcess.spawn(rival)).ready();
    expect(readFileSync(pidPath, 'utf8')).toBe(String(third.child.pid));
    await stop(third.child);
    expect(readFileSync(pidPath, 'utf8'), 'it stays').toBe(String(third.child.pid));
  });

  test('that cannot be made ends the start with code 10', async () => {
    const service = await ServiceProcess.spawn((ports) => `${foreground(ports)} pid ./srs.conf/srs.pid;`);
    expect((await service.child.exited()).code).toBe(10);
    expect(service.log).toContain('acquire pid file : open pid file=./srs.conf/srs.pid');
  });
});

describe.concurrent('work_dir', () => {
  test('is where relative paths start; the conf is still found by a reload', async () => {
    const service = await ServiceProcess.spawn(
      (ports, folder) => {
        mkdirSync(join(folder, 'work'));
        return `${foreground(ports)} work_dir ./work;`;
      },
      { args: () => ['-c', 'srs.conf'] },
    );
    const log = () =>
      existsSync(join(service.folder, 'work/objs/srs.log')) ? service.read('work/objs/srs.log') : '';
    await waitFor('its log', () => / is ready/.test(log()));
    expect(existsSync(join(service.folder, 'work/objs/srs.pid'))).toBe(true);
    service.write('srs.conf', `${foreground(service.ports)} work_dir ./work; max_connections 5;`);
    service.child.kill('SIGHUP');
    await waitFor('the reload', () => /reload max_connections success/.test(log()));
    await stop(service.child);
  });

  test('that does not exist ends the start with code 255', async () => {
    const service = await ServiceProcess.spawn((ports) => `${foreground(ports)} work_dir ./nowhere;`);
    expect((await service.child.exited()).code).toBe(255);
    expect(service.child.stdout).toMatch(/Failed, code=-1 : chdir to \.\/nowhere, r0=-1/);
  });
});

describe.concurrent('--diff', () => {
  test('shows what a reload would change and starts nothing', async () => {
    const folder = newFolder('diff');
    writeFileSync(join(folder, 'a.conf'), 'listen 1935; vhost __defaultVhost__ { }');
    writeFileSync(join(folder, 'b.conf'), 'listen 1936; vhost __defaultVhost__ { }');
    const child = await run(process.execPath, [mainPath, '--diff', 'a.conf', 'b.conf'], { cwd: folder });
    expect(child.output).toBe('takes effect at once:\n  listen changes from 1935 to 1936\n');
    expect(child.status?.code).toBe(0);
    const missing = await run(process.execPath, [mainPath, '--diff', 'a.conf', 'c.conf'], { cwd: folder });
    expect(missing.output).toContain('no config file at c.conf');
    expect(missing.status?.code).toBe(255);
  });
});

describe.concurrent('asprocess', () => {
  test('ends with its parent', async () => {
    const ports = await freePorts();
    const folder = newFolder('asprocess');
    writeFileSync(join(folder, 'srs.conf'), `${foreground(ports)} asprocess on;`);
    const parent = `const { spawn } = require('node:child_process');
      spawn(process.execPath, [${JSON.stringify(mainPath)}, '-c', 'srs.conf'], { stdio: 'ignore' });
      const { existsSync } = require('node:fs');
      setInterval(() => existsSync('end') && process.exit(), 50);`;
    const running = run(process.execPath, ['-e', parent], { cwd: folder });
    const log = () =>
      existsSync(join(folder, 'objs/srs.log')) ? readFileSync(join(folder, 'objs/srs.log'), 'utf8') : '';
    await waitFor('the server', () => / is ready/.test(log()));
    const pid = daemonPid(folder);
    writeFileSync(join(folder, 'end'), '');
    await running;
    await waitFor('the server to end', () => !isAlive(pid));
    expect(log()).toMatch(/asprocess ppid changed from \d+ to \d+/);
    expect(log()).toMatch(/srs terminated\n$/);
  });
});

describe.concurrent('etc/init.d/srs', () => {
  const script = join(projectRoot, 'docker/etc/init.d/srs');

  /** A folder like /usr/local/srs of the image. */
  async function installation(
    more = '',
  ): Promise<{ folder: string; srs: (action: string) => Promise<Child> }> {
    const folder = newFolder('init');
    for (const name of ['conf', 'objs', 'etc/init.d']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'etc/init.d/srs'), readFileSync(script));
    writeFileSync(join(folder, 'conf/srs.conf'), daemonConf(await freePorts()) + more);
    writeFileSync(join(folder, 'objs/srs'), `#!/bin/sh\nexec '${process.execPath}' '${mainPath}' "$@"\n`);
    chmodSync(join(folder, 'objs/srs'), 0o755);
    // From another folder, as an init system or the kubelet call it.
    const srs = (action: string) =>
      run('sh', [join(folder, 'etc/init.d/srs'), ...action.split(' ')], { cwd: '/' });
    return { folder, srs };
  }

  async function expectSays(child: Promise<Child>, text: RegExp, code: number): Promise<void> {
    const { status, stdout, ...rest } = await child.then((one) => ({
      status: one.status,
      stdout: one.stdout,
      one,
    }));
    expect(stdout, rest.one.describe()).toMatch(text);
    expect(status?.code, rest.one.describe()).toBe(code);
  }

  test('starts, shows, reloads, rotates, restarts and stops', async () => {
    const { folder, srs } = await installation();
    await expectSays(srs('status'), /Error: No pid file \.\/objs\/srs\.pid.*FAILED/, 1);
    for (const action of ['stop', 'reload', 'rotate', 'grace'])
      await expectSays(srs(action), /SRS not start\..*FAILED/, 0);
    await expectSays(srs('start'), /Starting SRS\.\.\.\n.*SRS started\(pid \d+\).*OK/s, 0);
    const pid = daemonPid(folder);
    const log = () => readFileSync(join(folder, 'objs/srs.log'), 'utf8');
    await expectSays(
      srs('start'),
      new RegExp(`SRS started\\(pid ${pid}\\), should not start it again\\..*FAILED`),
      1,
    );
    await expectSays(srs('status'), new RegExp(`SRS\\(pid ${pid}\\) is running\\..*OK`), 0);
    await expectSays(srs('reload'), /Reload SRS\(pid \d+\)\.\.\.\n.*SRS reloaded/s, 0);
    await waitFor('the reload', () => /reload config success\./.test(log()));
    await expectSays(srs('rotate'), /Reopen log file of SRS\(pid \d+\)\.\.\.\n.*Log rotated/s, 0);
    await waitFor('the reopened log', () => /reopen log file, signo=10/.test(log()));
    await expectSays(srs('logrotate'), /Log rotated/, 0);
    await expectSays(srs('restart'), /SRS stopped by SIGTERM.*SRS started\(pid \d+\)/s, 0);
    const next = daemonPid(folder);
    expect(next).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
    await expectSays(srs('stop'), /Stopping SRS\(pid \d+\)\.\.\.\n.*SRS stopped by SIGTERM/s, 0);
    expect(isAlive(next)).toBe(false);
    expect(existsSync(join(folder, 'objs/srs.pid'))).toBe(false);
  });

  test('grace returns at once, and the server follows; the pid file may have another place', async () => {
    const { folder, srs } = await installation(
      'pid ./run/here.pid;\ngrace_start_wait 200;\ngrace_final_wait 200;\n',
    );
    await expectSays(srs('start'), /SRS started/, 0);
    const pid = daemonPid(folder, 'run/here.pid');
    await expectSays(
      srs('grace'),
      new RegExp(`Gracefully quit for SRS\\(pid ${pid}\\)\\.\\.\\.\\n.*Gracefully quit`, 's'),
      0,
    );
    await waitFor('the end', () => !isAlive(pid));
    expect(readFileSync(join(folder, 'objs/srs.log'), 'utf8')).toMatch(/srs gracefully quit/);
    await expectSays(srs('status'), new RegExp(`Error: Process ${pid} does not exists`), 1);
  });

  test('says when a start fails, and how it is used', async () => {
    const { folder, srs } = await installation('nonsense;\n');
    const failed = await srs('start');
    expect(failed.stdout).toMatch(/SRS start failed/);
    expect(failed.stdout).toContain('see ./objs/srs.log');
    expect([1, 2]).toContain(failed.status?.code);
    expect(readFileSync(join(folder, 'objs/srs.log.sys'), 'utf8')).toMatch(/illegal directive nonsense/);
    await expectSays(srs('dance'), /Usage: \S+ \{start\|stop\|status\|restart\|reload\|rotate\|/, 1);
  });
});
