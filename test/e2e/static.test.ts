// Files over HTTP: what browsers, players and attackers ask for.

import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digests, parseFlv } from '../helpers/flv.ts';
import { exchangeRaw, type HttpAnswer, type HttpRequest, http } from '../helpers/http.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const SECRET = 'nobody may read this';
let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = newFolder('files');
  server = await TestServer.start({
    vhosts: `vhost files.example.com { http_static { enabled on; mount [vhost]/hls; dir ${folder}; } }
      vhost by-name.example.com { http_static { enabled on; mount /by-name; dir ${folder}; } ${httpFlv} }`,
  });
  const html = join(server.folder, 'html');
  mkdirSync(join(html, 'live'), { recursive: true });
  mkdirSync(join(html, 'empty'));
  mkdirSync(join(html, 'sub'));
  writeFileSync(join(html, 'index.html'), '<h1>home</h1>');
  writeFileSync(join(html, 'sub/index.html'), '<h1>sub</h1>');
  writeFileSync(join(html, 'ten.txt'), '0123456789');
  writeFileSync(join(html, 'zero.txt'), '');
  writeFileSync(join(html, 'über uns.html'), 'umlaut');
  writeFileSync(join(html, 'a+b&c.txt'), 'plus');
  for (const name of ['ten.mp4', 'ten.ts', 'ten.flv']) writeFileSync(join(html, name), '0123456789');
  writeFileSync(join(server.folder, 'secret.txt'), SECRET);
  writeFileSync(join(folder, 'index.html'), 'mounted');
  writeFileSync(join(folder, 'seg.ts'), 'ts');
  symlinkSync(join(html, 'ten.txt'), join(html, 'link.txt'));
  writeFileSync(join(html, 'live/recorded.flv'), readFileSync(await mediaFile('h264-aac.flv')));
});
afterAll(() => server.stop());

const get = (path: string, options: HttpRequest = {}): Promise<HttpAnswer> =>
  http(server.httpPort, path, options);

describe.concurrent('a file', () => {
  test('comes whole, with its type and length', async () => {
    const { status, headers, text } = await get('/ten.txt');
    expect([status, text]).toEqual([200, '0123456789']);
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': '10' });
  });

  test('may be empty, or behind a link', async () => {
    expect(await get('/zero.txt')).toMatchObject({ status: 200, text: '' });
    expect(await get('/link.txt')).toMatchObject({ status: 200, text: '0123456789' });
  });

  test('HEAD says what GET would, without a body', async () => {
    const { status, headers, text } = await get('/ten.txt', { method: 'HEAD' });
    expect([status, headers['content-length'], text]).toEqual([200, '10', '']);
  });

  test.each(['POST', 'PUT', 'DELETE'])('%s is answered like GET', async (method) => {
    const answer = await get('/ten.txt', {
      method,
      body: 'ignored',
      headers: { 'content-type': 'application/json', 'content-length': '7' },
    });
    expect(answer).toMatchObject({ status: 200, text: '0123456789' });
  });

  test.each([
    ['/', '<h1>home</h1>'],
    ['/sub/', '<h1>sub</h1>'],
    ['/sub/?a=b', '<h1>sub</h1>'],
    ['//sub//index.html', '<h1>sub</h1>'],
    ['/%C3%BCber%20uns.html', 'umlaut'],
    ['/a+b&c.txt', 'plus'],
    ['/a%2Bb%26c.txt?x=%zz', 'plus'],
  ])('%s', async (path, text) => {
    expect(await get(path)).toMatchObject({ status: 200, text });
  });

  test('a folder without its slash is redirected, query and all; one without index.html is 404', async () => {
    expect(await get('/sub?a=b')).toMatchObject({ status: 302, headers: { location: '/sub/?a=b' } });
    expect((await get('/empty')).status).toBe(302);
    expect(await get('/empty/')).toMatchObject({ status: 404, text: 'Not Found' });
  });

  test('a redirect never leads to another host', async () => {
    const { headers } = await get('//sub');
    expect(headers.location).toBe('/sub/');
  });

  test('is not sent again to whom has it', async () => {
    const { headers } = await get('/ten.txt');
    const since = { 'if-modified-since': String(headers['last-modified']) };
    expect(await get('/ten.txt', { headers: since })).toMatchObject({ status: 304, text: '' });
    const tag = { 'if-none-match': String(headers.etag) };
    expect(await get('/ten.txt', { headers: tag })).toMatchObject({ status: 304, text: '' });
  });
});

describe('a file that many ask for at once', () => {
  test('is the same for all, in every way to ask', async () => {
    const content = Buffer.alloc(300_000, 'segment ');
    writeFileSync(join(server.folder, 'html/hot.ts'), content);
    const all = await Promise.all(Array.from({ length: 40 }, () => get('/hot.ts')));
    expect(all.every(({ status, bytes }) => status === 200 && bytes.equals(content))).toBe(true);
    const headers = all.map(({ headers: { 'content-type': type, etag, 'last-modified': modified } }) =>
      [type, etag, modified].join(' '),
    );
    expect(new Set(headers).size).toBe(1);
    expect(await get('/hot.ts', { method: 'HEAD' })).toMatchObject({
      text: '',
      headers: { 'content-length': '300000' },
    });
    const range = await get('/hot.ts', { headers: { range: 'bytes=8-15' } });
    expect(range).toMatchObject({ status: 206, text: 'segment ' });
    const tag = String(all[0]?.headers.etag);
    expect(await get('/hot.ts', { headers: { 'if-none-match': tag } })).toMatchObject({
      status: 304,
      text: '',
    });
    expect((await get('/hot.ts', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('is never older than a moment', async () => {
    const path = join(server.folder, 'html/playlist.m3u8');
    for (let version = 0; version < 20; version++) {
      writeFileSync(`${path}.tmp`, `version ${version}`);
      renameSync(`${path}.tmp`, path);
      await delay(60);
      const all = await Promise.all(Array.from({ length: 10 }, () => get('/playlist.m3u8')));
      expect(new Set(all.map(({ text }) => text))).toEqual(new Set([`version ${version}`]));
    }
  });
});

describe.concurrent('types', () => {
  test.each([
    ['a.ts', 'video/MP2T'],
    ['a.flv', 'video/x-flv'],
    ['a.mp4', 'video/mp4'],
    ['a.m3u8', 'application/vnd.apple.mpegurl'],
    ['a.html', 'text/html'],
    ['a.js', 'text/javascript'],
    ['a.css', 'text/css'],
    ['a.png', 'image/png'],
    ['a.json', 'application/json'],
    ['a.m4s', 'video/iso.segment'],
    ['a.unknown', 'application/octet-stream'],
    ['noextension', 'application/octet-stream'],
  ])('%s is %s', async (name, type) => {
    writeFileSync(join(server.folder, 'html', name), 'x');
    expect((await get(`/${name}`)).headers['content-type']).toBe(type);
  });
});

describe.concurrent('ranges', () => {
  test.each([
    ['/ten.txt', 'bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['/ten.txt', 'bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['/ten.txt', 'bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['/ten.txt', 'bytes=5-999999999999', 206, '56789', 'bytes 5-9/10'],
    ['/ten.txt', 'bytes=10-', 416, undefined, 'bytes */10'],
    ['/ten.txt', 'bytes=99999999999999999999-', 416, undefined, 'bytes */10'],
    ['/ten.txt', 'bytes=4-2', 416, undefined, 'bytes */10'],
    ['/ten.txt', 'bytes=a-b', 416, undefined, 'bytes */10'],
    ['/ten.txt', 'lines=1-2', 200, '0123456789', undefined],
    ['/ten.txt', 'bytes=0-0,5-9', 200, '0123456789', undefined],
    ['/ten.ts', 'bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['/ten.flv', 'bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['/ten.mp4?range=2-4', '', 206, '234', 'bytes 2-4/10'],
    ['/ten.mp4?bytes=7-', 'bytes=0-1', 206, '789', 'bytes 7-9/10'],
    ['/ten.mp4?range=x', '', 200, '0123456789', undefined],
    ['/ten.mp4?start=3', '', 200, '0123456789', undefined],
  ])('%s %s', async (path, range, status, text, contentRange) => {
    const answer = await get(path, { headers: range ? { range } : {} });
    expect([answer.status, answer.headers['content-range']]).toEqual([status, contentRange]);
    if (text !== undefined) expect(answer.text).toBe(text);
  });

  test('a thousand ranges in one header are not assembled', async () => {
    const range = `bytes=${Array.from({ length: 1000 }, () => '0-9').join(',')}`;
    expect((await get('/ten.txt', { headers: { range } })).bytes.length).toBeLessThanOrEqual(10);
  });
});

describe.concurrent('FLV from an offset', () => {
  test('starts with a header and the sequence headers', async () => {
    const tags = await mediaTags('h264-aac.flv');
    const whole = readFileSync(await mediaFile('h264-aac.flv'));
    const headers = tags.filter((tag) => tag.body[1] === 0 && tag.timestampMs === 0 && tag.type !== 18);
    const start = 13 + tags.slice(0, 100).reduce((sum, { body }) => sum + 15 + body.length, 0);
    const { status, bytes, headers: answered } = await get(`/live/recorded.flv?start=${start}`);
    expect([status, answered['content-length']]).toEqual([200, String(bytes.length)]);
    const got = parseFlv(bytes).tags;
    expect(digests(got.slice(0, 2))).toEqual(digests(headers.slice(0, 2)));
    expect(digests(got.slice(2))).toEqual(digests(tags.slice(100)));
    expect(bytes.subarray(-1000)).toEqual(whole.subarray(-1000));
  });

  test.each(['', '?start=0', '?start=-5', '?start=x', '?start='])('%s is the whole file', async (query) => {
    const { bytes } = await get(`/live/recorded.flv${query}`);
    expect(bytes.length).toBe(readFileSync(await mediaFile('h264-aac.flv')).length);
  });

  test.each(['99999999', '9'.repeat(30)])('from %s on there is nothing', async (start) => {
    expect((await get(`/live/recorded.flv?start=${start}`)).status).toBe(416);
  });

  test('a file that is no FLV', async () => {
    writeFileSync(join(server.folder, 'html', 'text.flv'), 'this is no FLV file at all');
    expect((await get('/text.flv?start=5')).status).toBe(416);
  });
});

describe.concurrent('recordings beside live streams', () => {
  test('a file is served while nobody publishes under its name', async () => {
    const { status, headers } = await get('/live/recorded.flv');
    expect([status, headers['content-length']]).toEqual([200, expect.any(String)]);
  });

  test('a stream that is published wins over the file', async () => {
    const name = uniqueName('beside');
    writeFileSync(join(server.folder, 'html/live', `${name}.flv`), 'an old file');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), name);
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    const viewer = await FlvViewer.start(server, name);
    await viewer.waitForTags(10);
    expect(viewer.response?.headers['transfer-encoding']).toBe('chunked');
    publisher.destroy();
    await viewer.waitForEnd();
    await waitFor('the file again', async () => (await get(`/live/${name}.flv`)).text === 'an old file');
  });
});

describe.concurrent('mounts of vhosts', () => {
  const at = (host: string) => ({ headers: { host } });

  test('[vhost]/ is seen by that vhost only, which sees nothing else', async () => {
    expect(await get('/hls/', at('files.example.com'))).toMatchObject({ status: 200, text: 'mounted' });
    expect(await get('/hls/seg.ts', at('files.example.com:8080'))).toMatchObject({ status: 200, text: 'ts' });
    expect(await get('/hls/seg.ts?vhost=files.example.com')).toMatchObject({ status: 200, text: 'ts' });
    expect((await get('/hls/seg.ts')).status).toBe(404);
    expect((await get('/ten.txt', at('files.example.com'))).status).toBe(404);
  });

  test('a mount without its slash is redirected', async () => {
    const { status, headers } = await get('/hls?x=1', at('files.example.com'));
    expect([status, headers.location]).toEqual([302, '/hls/?x=1']);
  });

  test('a mount without [vhost] is seen by everybody, beside the root', async () => {
    for (const host of ['localhost', 'by-name.example.com']) {
      expect(await get('/by-name/seg.ts', at(host))).toMatchObject({ status: 200, text: 'ts' });
      expect((await get('/ten.txt', at(host))).status).toBe(200);
    }
  });
});

describe('what leads out of the folder', () => {
  test.each([
    '/../secret.txt',
    '/sub/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2e%2Fsecret.txt',
    '/..%2fsecret.txt',
    '/sub/..%5c..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e/secret.txt',
    '/....//secret.txt',
    '/.%00./secret.txt',
    '/secret.txt%00.html',
    '/sub/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/./../secret.txt',
    '//../secret.txt',
    '/live/../../secret.txt.flv',
    '/hls/../../secret.txt?vhost=files.example.com',
    '/by-name/..%2f..%2fsecret.txt',
    '/..',
    '/%2e%2e',
    '/%zz',
    '/%',
  ])('%s is not served', async (path) => {
    const answer = await exchangeRaw(
      server.httpPort,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404) /);
    expect(answer).not.toContain(SECRET);
  });

  test('thousands of requests for files that exist and do not, many at once', async () => {
    const paths = ['/ten.txt', '/nothing.ts', '/sub', '/ten.mp4', '/%2e%2e/x'];
    const burst = async () => {
      for (let i = 0; i < 20; i++) {
        const answers = await Promise.all(Array.from({ length: 50 }, (_, k) => get(paths[k % 5] as string)));
        expect(answers.map(({ status }) => status).slice(0, 5)).toEqual([200, 404, 302, 200, 404]);
      }
    };
    await burst();
    const before = await server.memory();
    await burst();
    await burst();
    const after = await server.memory();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(8e6);
    expect(after.external - before.external).toBeLessThan(8e6);
  });

  test('clients that leave in the middle of a file leave no open file behind', async () => {
    writeFileSync(join(server.folder, 'html/big.bin'), Buffer.alloc(8 << 20));
    const openFiles = async () => {
      const { readdirSync } = await import('node:fs');
      return readdirSync(`/proc/${server.child.pid}/fd`).length;
    };
    const before = await openFiles();
    for (let i = 0; i < 50; i++) {
      await exchangeRaw(
        server.httpPort,
        'GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n',
        (all) => all.length > 1000,
      );
    }
    await waitFor('the files to be closed', async () => (await openFiles()) <= before + 5);
  });
});
