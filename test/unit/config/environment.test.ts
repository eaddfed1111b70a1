// SRS_* variables (spec config 5).

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { placedRows } from '../../../src/config/environment.ts';
import { load } from '../../../src/config/load.ts';
import { configOf, inVhost, loadText, warnings } from './load-text.ts';

const text = `${inVhost('play { gop_cache on; }\nhls { }')}vhost other { }\n`;

function config(env: Record<string, string>) {
  return configOf(text, { env });
}

function onlyEnvironment(env: Record<string, string>, option = true) {
  const readFile = () => {
    throw new Error('no file is to be read');
  };
  return load({ configFile: 'x.conf', envOnly: option, env, cwd: '/work', host: {}, readFile });
}

describe('variables', () => {
  test('beat the file, for every vhost', () => {
    const { vhosts } = config({ SRS_VHOST_PLAY_GOP_CACHE: 'off', SRS_VHOST_HLS_HLS_FRAGMENT: '2.5' });
    expect(vhosts.map((vhost) => [vhost.play.gop_cache, vhost.hls.hls_fragment])).toEqual([
      [false, 2.5],
      [false, 2.5],
    ]);
  });

  test('are read like the file: SRS_HTTP_API_ENABLED=true is off, with a warning', () => {
    expect(config({ SRS_HTTP_API_ENABLED: 'true' }).http_api.enabled).toBe(false);
    const { diagnostics } = loadText(text, { env: { SRS_HTTP_API_ENABLED: 'true' } });
    expect(diagnostics).toMatchObject([{ file: 'environment', severity: 'warning', hint: 'write on' }]);
    expect(diagnostics[0]?.message).toContain('SRS_HTTP_API_ENABLED true: read as off');
  });

  test('that are empty count as unset', () => {
    expect(config({ SRS_MAX_CONNECTIONS: '', SRS_VHOST_PLAY_GOP_CACHE: '' }).root.max_connections).toBe(1000);
  });

  test('hold lists as words', () => {
    expect(config({ SRS_LISTEN: '1935  1936' }).root.listen.map((one) => one.port)).toEqual([1935, 1936]);
    expect(
      config({ SRS_VHOST_HTTP_HOOKS_ON_PLAY: 'http://a http://b' }).vhosts[0]?.http_hooks.on_play,
    ).toEqual(['http://a', 'http://b']);
  });

  test('of the log have two names, the longer one wins', () => {
    expect(config({ SRS_LOG_LEVEL: 'warn' }).root.srs_log_level).toBe('warn');
    expect(config({ SRS_LOG_LEVEL: 'warn', SRS_SRS_LOG_LEVEL: 'info' }).root.srs_log_level).toBe('info');
  });

  test.each([
    ['SRS_CHUNK_SIZE', '4096'],
    ['SRS_VHOST_CHUNK_SIZE', '4096'],
  ])('%s sets the chunk size of vhosts', (name, value) => {
    expect(config({ [name]: value }).vhosts[0]?.chunk_size).toBe(4096);
  });

  test('exist for every name that SRS 7 documents', () => {
    const known = new Set([...placedRows()].flatMap((placed) => placed.variables));
    const documented = readFileSync(resolve(import.meta.dirname, 'srs7-variables.txt'), 'utf8')
      .trim()
      .split('\n');
    expect(documented.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each([
    'SRS_VHOST_CLUSTER_MODE',
    'SRS_VHOST_FORWARD_ENABLED',
    'SRS_VHOST_ENABLED',
    'SRS_STATS_NETWORK',
    'SRS_VHOST_DVR_DVR_APPLY',
    'SRS_IS_FULL',
  ])('%s does not exist', (name) => {
    expect([...placedRows()].some((placed) => placed.variables.includes(name))).toBe(false);
  });

  test('belong to one row each', () => {
    const all = [...placedRows()].flatMap((placed) => placed.variables);
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  });
});

describe('unknown variables', () => {
  test.each([
    ['SRS_HTTP_API_ENABLE', 'SRS_HTTP_API_ENABLED'],
    ['SRS_LISTENS', 'SRS_LISTEN'],
    ['SRS_VHOST_HLS_FRAGMENT', 'SRS_VHOST_HLS_HLS_FRAGMENT'],
    ['SRS_HTTPSERVER_ENABLED', 'SRS_HTTP_SERVER_ENABLED'],
    ['SRS_CONFIGFILE', 'SRS_CONFIG_FILE'],
  ])('%s: did you mean %s?', (name, expected) => {
    const { diagnostics } = loadText(text, { env: { [name]: 'x' } });
    expect(diagnostics.map((one) => one.hint)).toEqual([`did you mean ${expected}?`]);
  });

  test('that Kubernetes injects for services named srs… are silent, others too', () => {
    const names = [
      'SRS_SERVICE_HOST',
      'SRS_SERVICE_PORT',
      'SRS_SERVICE_PORT_RTMP',
      'SRS_PORT',
      'SRS_PORT_1935_TCP',
      'SRS_PORT_1935_TCP_ADDR',
      'SRS_ORIGIN_SERVICE_SERVICE_HOST',
      'SRS_EDGE_SERVICE_PORT_8080_TCP_PROTO',
      'SRS_HTTP_API_SERVICE_PORT',
      'SRS_PLATFORM',
      'SRS_REGION',
      'SRS_SOMETHING_OF_YOURS',
      'OTHER',
    ];
    expect(
      warnings(text, { env: Object.fromEntries(names.map((name) => [name, 'tcp://10.0.0.1:1935'])) }),
    ).toEqual([]);
  });
});

describe('-e', () => {
  test('reads no file: foreground, console, the default vhost, no ports', () => {
    const { config, file, diagnostics } = onlyEnvironment({});
    expect(diagnostics).toEqual([]);
    expect(file).toBe('');
    expect(config?.root).toMatchObject({ listen: [], daemon: false, srs_log_tank: 'console' });
    expect(config?.findVhost('any')?.name).toBe('__defaultVhost__');
    expect(config?.http_server.enabled).toBe(false);
  });

  test('variables win over that', () => {
    const { config } = onlyEnvironment({ SRS_DAEMON: 'on', SRS_LOG_TANK: 'file', SRS_LISTEN: '1935' });
    expect(config?.root).toMatchObject({ daemon: true, srs_log_tank: 'file', listen: [{ port: 1935 }] });
  });

  test.each(['', 'off', 'on'])('SRS_ENV_ONLY=%s is the same', (value) => {
    expect(onlyEnvironment({ SRS_ENV_ONLY: value }, false).config?.root.daemon).toBe(false);
  });

  test('wrong endpoints are refused', () => {
    expect(onlyEnvironment({ SRS_LISTEN: 'rtmp' }).diagnostics).toMatchObject([
      { severity: 'error', file: 'environment', line: 0, message: 'listen.port=0 is invalid' },
    ]);
  });

  test("the environment of SRS's Helm chart starts", () => {
    const env = `SRS_LISTEN=1935 SRS_HTTP_SERVER_LISTEN=8080 SRS_HTTP_API_LISTEN=1985 SRS_SRT_SERVER_LISTEN=10080
      SRS_RTC_SERVER_LISTEN=8000 SRS_RTC_SERVER_USE_AUTO_DETECT_NETWORK_IP=off SRS_PLATFORM=helm SRS_DAEMON=off
      SRS_LOG_TANK=console SRS_HTTP_SERVER_ENABLED=on SRS_HTTP_API_ENABLED=on SRS_VHOST_HTTP_REMUX_ENABLED=on
      SRS_VHOST_HLS_ENABLED=on SRS_SRT_SERVER_ENABLED=on SRS_VHOST_SRT_ENABLED=on SRS_VHOST_SRT_TO_RTMP=on
      SRS_RTC_SERVER_ENABLED=on SRS_RTC_SERVER_CANDIDATE=* SRS_VHOST_RTC_ENABLED=on SRS_VHOST_RTC_RTMP_TO_RTC=on
      SRS_VHOST_RTC_RTC_TO_RTMP=on`;
    const variables = Object.fromEntries(env.split(/\s+/).map((pair) => pair.split('=') as [string, string]));
    const { config, diagnostics } = onlyEnvironment(variables);
    expect(diagnostics).toEqual([]);
    expect(config?.findVhost('x')).toMatchObject({ http_remux: { enabled: true }, hls: { enabled: true } });
    expect(config?.http_api).toMatchObject({ enabled: true, listen: { port: 1985 } });
  });
});
