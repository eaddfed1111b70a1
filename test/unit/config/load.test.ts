// Which file is read (spec config 2.2), and files that cannot be.

import { describe, expect, test } from 'vitest';
import { load } from '../../../src/config/load.ts';

function loadFrom(configFile: string, present: readonly string[], env: Record<string, string> = {}) {
  const asked: string[] = [];
  const result = load({
    configFile,
    envOnly: false,
    env,
    cwd: '/usr/local/srs',
    host: {},
    readFile: (path) => {
      asked.push(path);
      return present.includes(path) ? Buffer.from('listen 1935;') : undefined;
    },
  });
  return { result, asked: [...new Set(asked)] };
}

const inImage = (name: string) => `/usr/local/srs/${name}`;

describe('the file', () => {
  test.each([
    ['as named', 'conf/rtmp.conf', [inImage('conf/rtmp.conf'), inImage('conf/srs.conf')], 'conf/rtmp.conf'],
    [
      'srs.conf beside a missing docker.conf (what manifests rely on)',
      'conf/docker.conf',
      [inImage('conf/srs.conf')],
      'conf/srs.conf',
    ],
    [
      'the same anywhere',
      '/etc/x/my-docker.conf',
      ['/etc/x/my-srs.conf', inImage('conf/srs.conf')],
      '/etc/x/my-srs.conf',
    ],
    ['conf/srs.conf', 'conf/missing.conf', [inImage('conf/srs.conf'), '/etc/srs/srs.conf'], 'conf/srs.conf'],
    ['/etc/srs/srs.conf', 'conf/missing.conf', ['/etc/srs/srs.conf'], '/etc/srs/srs.conf'],
    ['conf/srs.conf without -c', '', [inImage('conf/srs.conf')], 'conf/srs.conf'],
  ])('%s', (_, wanted, present, expected) => {
    const { result } = loadFrom(wanted, present);
    expect(result.file).toBe(expected);
    expect(result.config?.file).toBe(expected);
    const isOther = wanted !== expected;
    const text = `user config ${wanted} does not exists, use ${expected} instead`;
    expect(result.notices).toEqual(isOther ? [{ level: 'warn', text }] : []);
  });

  test.each([
    ['', 'conf/srs.conf, /etc/srs/srs.conf'],
    ['x.conf', 'x.conf, conf/srs.conf, /etc/srs/srs.conf'],
    ['a/docker.conf', 'a/docker.conf, a/srs.conf, conf/srs.conf, /etc/srs/srs.conf'],
  ])('nowhere: -c "%s" names what was tried', (wanted, tried) => {
    const { result } = loadFrom(wanted, []);
    expect(result.config).toBeUndefined();
    expect(result.failure).toEqual({
      code: 1023,
      text: `no config file at ${tried}`,
      startText: `config parse options : no config file at ${tried}`,
    });
  });

  test('SRS_CONFIG_FILE replaces -c', () => {
    const { result } = loadFrom('a.conf', [inImage('a.conf'), '/b.conf'], { SRS_CONFIG_FILE: '/b.conf' });
    expect(result.file).toBe('/b.conf');
    expect(result.notices).toEqual([{ level: 'trace', text: 'ENV: Overwrite config a.conf to /b.conf' }]);
  });

  test('that cannot be read fails with the code of SRS and the reason', () => {
    const readFile = () => {
      throw new Error('EACCES: permission denied');
    };
    const { failure, diagnostics } = load({
      configFile: 'x.conf',
      envOnly: false,
      env: {},
      cwd: '/',
      host: {},
      readFile,
    });
    expect(failure).toMatchObject({ code: 1042, text: 'open file=x.conf : open file x.conf failed' });
    expect(diagnostics[0]?.hint).toContain('EACCES');
  });
});
