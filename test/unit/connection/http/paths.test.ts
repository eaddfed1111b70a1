import { relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { staticMounts } from '../../../../src/config/options/static-mounts.ts';
import { mimeType } from '../../../../src/connection/http/mime-type.ts';
import { decodePath, queryValue, rawPath } from '../../../../src/connection/http/request-path.ts';
import { matchStaticMount } from '../../../../src/connection/http/static-mount.ts';
import { configOf, withListen } from '../../config/load-text.ts';

describe('decodePath', () => {
  test.each([
    ['/', '/'],
    ['/a/b.flv?x=%zz', '/a/b.flv'],
    ['//a///b', '/a/b'],
    ['/%E4%BD%A0.flv', '/你.flv'],
    ['/a%2Fb', '/a/b'],
    ['/a%3Fb%23c', '/a?b#c'],
    ['/a..b/.../..c', '/a..b/.../..c'],
    ['/.well-known/x', '/.well-known/x'],
  ])('%s is %s', (url, path) => {
    expect(decodePath(url)).toBe(path);
  });

  test.each([
    '/..',
    '/../x',
    '/a/..',
    '/./a',
    '/a/.',
    '/%2e%2e/x',
    '/a%2f..%2fx',
    '/a\\..\\x',
    '/%00',
    '/%zz',
    '/%',
    '*',
    '',
  ])('%s is refused', (url) => {
    expect(decodePath(url)).toBeUndefined();
  });

  test('the raw path ends at the first question mark', () => {
    expect([rawPath('/a?b?c'), rawPath('/a'), rawPath('?')]).toEqual(['/a', '/a', '']);
  });
});

describe('mounts', () => {
  const mounts = staticMounts(
    configOf(
      withListen(`
        http_server { enabled on; dir ./html; }
        vhost __defaultVhost__ { http_static { enabled on; mount [vhost]/files; dir ./default/[vhost]; } }
        vhost a.example.com { http_static { enabled on; mount [vhost]/; dir ./a; } }
        vhost b.example.com { http_static { enabled on; mount [vhost]/hls; dir ./[vhost]; } }
        vhost c.example.com { http_static { enabled on; mount /c/deep/; dir ./c; } }
        vhost d.example.com { http_static { enabled off; mount [vhost]/; dir ./d; } }
        vhost e.example.com { enabled off; http_static { enabled on; mount [vhost]/; dir ./e; } }
      `),
    ),
  );
  const at = (vhost: string, path: string) => {
    const match = matchStaticMount(mounts, vhost, path);
    return match?.type === 'file' ? `./${relative('.', match.mount.dir)} ${match.path}` : match?.type;
  };

  test.each([
    ['any', '/', './html '],
    ['any', '/x.html', './html x.html'],
    ['any', '/files', 'redirect'],
    ['any', '/files/', './default/__defaultVhost__ '],
    ['any', '/files/a/b.ts', './default/__defaultVhost__ a/b.ts'],
    ['any', '/filesystem', './html filesystem'],
    ['a.example.com', '/x', './a x'],
    ['a.example.com', '/files/x', './a files/x'],
    ['b.example.com', '/hls/x.ts', './b.example.com x.ts'],
    ['b.example.com', '/hls', 'redirect'],
    ['b.example.com', '/x.html', undefined],
    ['c.example.com', '/c/deep/x', './c x'],
    ['any', '/c/deep/x', './c x'],
    ['any', '/c/x', './html c/x'],
    ['d.example.com', '/x', './html x'],
    ['e.example.com', '/x', './html x'],
  ])('%s %s', (vhost, path, expected) => {
    expect(at(vhost, path)).toBe(expected);
  });

  test('a vhost’s mount / replaces the root', () => {
    const config = configOf(withListen('vhost v { http_static { enabled on; mount /; dir ./v; } }'));
    expect(staticMounts(config)).toEqual([{ vhost: undefined, prefix: '/', dir: resolve('v') }]);
  });
});

test('types go by the last extension, in any case', () => {
  expect(['a.TS', 'a.b.m3u8', 'a', 'a.', 'x.ts/a', '.flv'].map(mimeType)).toEqual([
    'video/MP2T',
    'application/vnd.apple.mpegurl',
    'application/octet-stream',
    'application/octet-stream',
    'application/octet-stream',
    'video/x-flv',
  ]);
});

test.each([
  ['/x', ''],
  ['/x?', ''],
  ['/x?ab=1', ''],
  ['/x?a', ''],
  ['/x?a&a=1', ''],
  ['/x?a=', ''],
  ['/x?b=2&a=1&a=3', '1'],
  ['/x?a=1=2', '1=2'],
  ['/x?a=%2Fb+c', '/b c'],
  ['/x?a=%zz', '%zz'],
  ['/a=1', ''],
])('query parameter a of %s', (url, value) => {
  expect(queryValue({ url }, 'a')).toBe(value);
});
