// On a real folder: what matters is what the system reports.

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigWatcher } from '../../../src/lifecycle/config-watcher.ts';
import { recordedLog } from './recorded-log.ts';

/** What the system tells chokidar, whether chokidar tells us or not. */
let wakeUps = 0;
vi.mock('chokidar', async (original) => {
  const chokidar = await original<typeof import('chokidar')>();
  const watch = (...args: Parameters<typeof chokidar.watch>): FSWatcher =>
    chokidar.watch(...args).on('raw', () => void wakeUps++);
  return { ...chokidar, watch };
});

const QUIET_MS = 120;

let folder: string;
let lines: string[];
let changes: number;
let watcher: ConfigWatcher;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'tsrs-watch-'));
  changes = 0;
});
afterEach(async () => {
  await watcher.close();
  await watcher.close();
  fs.rmSync(folder, { recursive: true });
});

async function watch(file = 'conf/srs.conf', files: readonly string[] = [file]): Promise<void> {
  const recorded = recordedLog();
  lines = recorded.lines;
  const onChanged = () => void changes++;
  watcher = new ConfigWatcher({
    file,
    cwd: folder,
    files: () => files,
    log: recorded.log,
    onChanged,
    quietMs: QUIET_MS,
  });
  await watcher.start();
  expect(lines.splice(0)).toEqual(['trace auto reload watching fd=-1, watch=1, file=conf']);
}

/** All lines, once nothing has been said for a while. */
async function quiet(): Promise<string[]> {
  for (let last = -1; last !== lines.length || lines.length === 0; ) {
    last = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 3 * QUIET_MS));
  }
  return lines.splice(0).map((line) => line.replace('trace inotify event wd=1, ', ''));
}

const write = (name: string, text: string) => fs.writeFileSync(join(folder, 'conf', name), text);

describe('a plain file', () => {
  beforeEach(async () => {
    fs.mkdirSync(join(folder, 'conf'));
    write('srs.conf', 'listen 1;');
    write('more.conf', '');
    await watch('conf/srs.conf', ['conf/srs.conf', 'conf/more.conf']);
  });

  test('written in place, in several steps, is one reload', async () => {
    write('srs.conf', '');
    write('srs.conf', 'listen ');
    write('srs.conf', 'listen 2;');
    const said = await quiet();
    expect(new Set(said)).toEqual(new Set(['mask=0x2, len=16, name=srs.conf, reload=1']));
    expect(changes).toBe(1);
  });

  test('replaced as `sed -i` and editors do is one reload, again and again', async () => {
    for (const round of [1, 2, 3]) {
      write('srs.conf.new', `listen ${round};`);
      fs.renameSync(join(folder, 'conf/srs.conf.new'), join(folder, 'conf/srs.conf'));
      expect(await quiet()).toEqual(['mask=0x80, len=16, name=srs.conf, reload=1']);
      expect(changes).toBe(round);
    }
  });

  test('moved away as a backup and written anew is one reload', async () => {
    fs.renameSync(join(folder, 'conf/srs.conf'), join(folder, 'conf/srs.conf~'));
    write('srs.conf', 'listen 3;');
    const said = await quiet();
    expect(said.at(-1)).toMatch(/name=srs\.conf, reload=1$/);
    expect(changes).toBe(1);
  });

  test('that is gone changes nothing until it is back', async () => {
    fs.rmSync(join(folder, 'conf/srs.conf'));
    await new Promise((resolve) => setTimeout(resolve, 3 * QUIET_MS));
    expect(lines).toEqual([]);
    expect(changes).toBe(0);
    write('srs.conf', 'listen 4;');
    await quiet();
    expect(changes).toBe(1);
  });

  test('that it includes counts as well; what else lies there does not', async () => {
    write('unrelated.log', 'text');
    write('more.conf', 'max_connections 5;');
    expect(await quiet()).toEqual(['mask=0x2, len=16, name=more.conf, reload=1']);
    expect(changes).toBe(1);
  });
});

test('a file that is included later is followed from then on', async () => {
  fs.mkdirSync(join(folder, 'conf'));
  fs.mkdirSync(join(folder, 'elsewhere'));
  write('srs.conf', 'listen 1;');
  fs.writeFileSync(join(folder, 'elsewhere/vhost.conf'), '');
  const files = ['conf/srs.conf'];
  await watch('conf/srs.conf', files);
  files.push('elsewhere/vhost.conf');
  watcher.follow();
  await new Promise((resolve) => setTimeout(resolve, 3 * QUIET_MS));
  expect(lines, 'it is no news by itself').toEqual([]);
  fs.writeFileSync(join(folder, 'elsewhere/vhost.conf'), 'vhost a { }');
  expect(await quiet()).toEqual(['mask=0x2, len=16, name=vhost.conf, reload=1']);
  expect(changes).toBe(1);
});

test('a log that is written beside the file wakes nobody', async () => {
  fs.mkdirSync(join(folder, 'conf'));
  write('srs.conf', 'listen 1;');
  write('srs.log', '');
  await watch();
  wakeUps = 0;
  for (let i = 0; i < 200; i++) {
    fs.appendFileSync(join(folder, 'conf/srs.log'), `line ${i}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(wakeUps).toBe(0);
  write('srs.conf', 'listen 2;');
  expect(await quiet()).toEqual(['mask=0x2, len=16, name=srs.conf, reload=1']);
  expect(wakeUps).toBeGreaterThan(0);
  expect(wakeUps).toBeLessThan(10);
});

describe('a ConfigMap volume', () => {
  const conf = () => join(folder, 'conf');

  /** As the kubelet does it: a new folder, a link of another name, rename, remove the old folder. */
  function swap(version: string, text: string): void {
    const before = fs.existsSync(join(conf(), '..data'))
      ? fs.readlinkSync(join(conf(), '..data'))
      : undefined;
    fs.mkdirSync(join(conf(), version));
    fs.writeFileSync(join(conf(), version, 'srs.conf'), text);
    fs.symlinkSync(version, join(conf(), '..data_tmp'));
    fs.renameSync(join(conf(), '..data_tmp'), join(conf(), '..data'));
    if (before !== undefined) fs.rmSync(join(conf(), before), { recursive: true });
  }

  test('that is swapped is one reload with the lines of the guide, each time', async () => {
    fs.mkdirSync(conf());
    swap('..2020_03_12_14_30_00.111111111', 'listen 1;');
    fs.symlinkSync('..data/srs.conf', join(conf(), 'srs.conf'));
    await watch();
    for (const [round, version] of ['..2020_03_12_14_34_17.976827533', '..2020_03_12_14_36_17.1'].entries()) {
      swap(version, `listen ${round};`);
      const length = version.length + 1 > 16 ? 32 : 16;
      expect(await quiet()).toEqual([
        `mask=0x40000100, len=${length}, name=${version}, reload=0`,
        'mask=0x100, len=16, name=..data_tmp, reload=0',
        'mask=0x80, len=16, name=..data, reload=1',
      ]);
      expect(changes).toBe(round + 1);
    }
  });
});

test('a folder that cannot be watched is no reason to fail', async () => {
  const recorded = recordedLog();
  lines = recorded.lines;
  watcher = new ConfigWatcher({
    file: 'nowhere/srs.conf',
    cwd: folder,
    files: () => [],
    log: recorded.log,
    onChanged: () => {},
  });
  await watcher.start();
});
