// The files of conf/: each loads without a complaint; full.conf says all that the table knows, and nothing else.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Rows } from '../../../src/config/directives/row.ts';
import { table } from '../../../src/config/directives/table.ts';
import { fullConf } from '../../../src/config/full-conf.ts';
import { load } from '../../../src/config/load.ts';
import type { Directive } from '../../../src/config/syntax/tree.ts';
import { brief, configOf, parseText } from './load-text.ts';

const projectRoot = resolve(import.meta.dirname, '../../..');
const names = readdirSync(resolve(projectRoot, 'conf')).filter((name) => name.endsWith('.conf'));

/** What is for reading, or for including. */
const notToStart: Record<string, string> = {
  'full.conf': 'never use full.conf(conf/full.conf)',
  'include.vhost.conf': 'check normal : listen requires params',
};

function loadSample(name: string) {
  const readFile = (path: string) => readFileSync(path);
  return load({
    configFile: `conf/${name}`,
    envOnly: false,
    env: {},
    cwd: projectRoot,
    host: { openFiles: 1024 },
    readFile,
  });
}

describe('conf/', () => {
  test.each(names.filter((name) => !(name in notToStart)))('%s loads', (name) => {
    const { diagnostics, config } = loadSample(name);
    const complaints = diagnostics.filter((one) => one.code !== 'no-effect' && one.code !== 'old-form');
    expect(brief(complaints)).toEqual([]);
    expect(config).toBeDefined();
  });

  test.each(Object.entries(notToStart))('%s is refused: %s', (name, text) => {
    const { failure, diagnostics } = loadSample(name);
    expect(failure?.text).toBe(text);
    expect(diagnostics.filter((one) => one.severity === 'error')).toHaveLength(1);
  });

  test.each(names)('%s begins with a line that says what it is', (name) => {
    expect(readFileSync(resolve(projectRoot, 'conf', name), 'utf8')).toMatch(/^# .{10}/);
  });

  test('old forms are used only where they are shown', () => {
    const users = names.filter((name) => loadSample(name).diagnostics.some((one) => one.code === 'old-form'));
    expect(users).toEqual(['compatible.conf']);
  });

  test.each([
    ['srs.conf', 'console'],
    // A container's log goes to both when nothing else is said.
    ['docker.conf', undefined],
  ])('%s: RTMP, API, HTTP-FLV and HLS, in the foreground, on the console', (name, tank) => {
    const config = loadSample(name).config;
    expect(config?.root).toMatchObject({
      listen: [{ port: 1935 }],
      daemon: false,
      srs_log_tank: tank,
    });
    expect(config?.http_api).toMatchObject({ enabled: true, listen: { port: 1985 } });
    expect(config?.http_server).toMatchObject({
      enabled: true,
      listen: { port: 8080 },
      dir: './objs/nginx/html',
    });
    expect(config?.findVhost('x')).toMatchObject({
      name: '__defaultVhost__',
      http_remux: { enabled: true },
      hls: { enabled: true },
    });
  });
});

describe('conf/full.conf', () => {
  const text = fullConf();

  test('is what the table says (run vitest with -u after a change of the table)', async () => {
    await expect(text).toMatchFileSnapshot(resolve(projectRoot, 'conf/full.conf'));
  });

  test('has every directive of the table in its place', () => {
    const missing = pathsOf(table).filter((path) => find(parseText(text).children, path) === undefined);
    expect(missing).toEqual([]);
  });

  test('shows the defaults, where it shows no example', () => {
    const shown = configOf(text.replace('is_full on;', 'is_full off;'));
    const defaults = configOf('listen 1935;\nvhost my-vhost { }');
    expect(shown.root).toEqual({
      ...defaults.root,
      srs_log_tank: 'console',
      srs_log_level_v2: 'info',
      server_id: 'srs-origin-0',
      resolver: ['127.0.0.1:8600'],
    });
    expect(shown.http_server).toEqual(defaults.http_server);
    const [vhost, plain] = [shown.vhosts[0], defaults.vhosts[0]];
    for (const name of ['play', 'publish', 'http_remux', 'http_static', 'dash', 'hds'] as const) {
      expect(vhost?.[name]).toEqual(plain?.[name]);
    }
  });
});

function pathsOf(rows: Rows, path: readonly string[] = []): (readonly string[])[] {
  return Object.entries(rows).flatMap(([name, entry]) => {
    const here = [...path, name];
    return entry.kind === 'row' ? [here] : [here, ...pathsOf(entry.rows, here)];
  });
}

function find(directives: readonly Directive[], [name, ...rest]: readonly string[]): Directive | undefined {
  const found = directives.find((one) => one.name === name);
  return found === undefined || rest.length === 0 ? found : find(found.children, rest);
}
