// The built-in pages as files: there when the html folder has none, and out of the way of a user's own. What they do
// in a browser is test/peer/pages.test.ts.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { http } from '../helpers/http.ts';
import { freePort } from '../helpers/names.ts';
import { TestServer } from '../helpers/server.ts';

let server: TestServer;
let apiPort: number;
beforeAll(async () => {
  apiPort = await freePort();
  server = await TestServer.start({ root: `http_api { enabled on; listen ${apiPort}; }` });
});
afterAll(() => server.stop());

describe('without a folder of its own', () => {
  test.each([
    ['/', 'text/html'],
    ['/index.html', 'text/html'],
    ['/console/', 'text/html'],
    ['/console/ng_index.html', 'text/html'],
    ['/console/en_index.html', 'text/html'],
    ['/players/', 'text/html'],
    ['/players/srs_player.html?autostart=true', 'text/html'],
    ['/assets/style.css', 'text/css'],
    ['/assets/mpegts.js', 'text/javascript'],
    ['/assets/hls.js', 'text/javascript'],
    ['/assets/icon.svg', 'image/svg+xml'],
    ['/crossdomain.xml', 'text/xml'],
  ])('%s is %s', async (path, type) => {
    const { status, headers, bytes } = await http(server.httpPort, path);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(bytes.length).toBeGreaterThan(100);
  });

  test('folders are redirected to their slash', async () => {
    for (const path of ['/console', '/players']) {
      expect(await http(server.httpPort, path)).toMatchObject({
        status: 302,
        headers: { location: `${path}/` },
      });
    }
  });

  test('the build’s own script is not among them', async () => {
    expect((await http(server.httpPort, '/copy-pages.mjs')).status).toBe(404);
  });

  test('everything that a page refers to is there', async () => {
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const { status, text } = await http(server.httpPort, path);
      expect([path, status]).toEqual([path, 200]);
      if (/mpegts|hls/.test(path)) return;
      const links = /(?:src|href)="([^"#?:]+)"|(?:from|import\()\s*'([^']+)'/g;
      for (const [, attribute, module] of text.matchAll(links)) {
        const next = new URL(attribute ?? module ?? '', `http://h${path}`).pathname;
        await follow(next);
      }
    };
    for (const path of [
      '/',
      '/console/',
      '/console/ng_index.html',
      '/players/',
      '/players/srs_player.html',
    ]) {
      await follow(path);
    }
    expect([...seen].filter((path) => path.endsWith('.js')).length).toBeGreaterThan(15);
  });
});

describe('on the port of the API', () => {
  test('the console is served, the root is the listing', async () => {
    expect(await http(apiPort, '/console/')).toMatchObject({ status: 200 });
    expect((await http(apiPort, '/console/app.js')).headers['content-type']).toBe('text/javascript');
    expect((await http(apiPort, '/assets/style.css')).status).toBe(200);
    expect(JSON.parse((await http(apiPort, '/')).text)).toMatchObject({ code: 0 });
    expect(await http(apiPort, '/console/nothing.html')).toMatchObject({ status: 404, text: 'Not Found' });
    expect(await http(apiPort, '/console')).toMatchObject({
      status: 302,
      headers: { location: '/console/' },
    });
  });

  test('files of the html folder are not served there', async () => {
    mkdirSync(join(server.folder, 'html'), { recursive: true });
    writeFileSync(join(server.folder, 'html/mine.txt'), 'mine');
    expect((await http(server.httpPort, '/mine.txt')).text).toBe('mine');
    expect(JSON.parse((await http(apiPort, '/mine.txt')).text)).toMatchObject({ code: 0 });
  });
});

test('each port says what it is and where the others are', async () => {
  const at = async (port: number) => JSON.parse((await http(port, '/console/ports.json')).text);
  const ports = { http_api: apiPort, https_api: 0, http_server: server.httpPort, https_server: 0 };
  expect(await at(server.httpPort)).toEqual({ here: 'media', ...ports });
  expect(await at(apiPort)).toEqual({ here: 'api', ...ports });
});

test('a user’s own page wins over the built-in one', async () => {
  const own = await TestServer.start();
  mkdirSync(join(own.folder, 'html/players'), { recursive: true });
  writeFileSync(join(own.folder, 'html/index.html'), 'my own');
  writeFileSync(join(own.folder, 'html/players/index.html'), 'my own player');
  expect((await http(own.httpPort, '/')).text).toBe('my own');
  expect((await http(own.httpPort, '/players/')).text).toBe('my own player');
  expect((await http(own.httpPort, '/players/app.js')).status).toBe(200);
  await own.stop();
});
