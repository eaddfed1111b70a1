// Playlists and segments are answered by a shorter way than other requests: nobody may notice but the clock.

import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchangeRaw } from '../helpers/http.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

const SEGMENT = 'segment '.repeat(40_000);
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const live = join(server.folder, 'html/live');
  mkdirSync(live, { recursive: true });
  writeFileSync(join(live, 'x.m3u8'), '#EXTM3U\n');
  writeFileSync(join(live, 'x-0.ts'), SEGMENT);
});
afterAll(() => server.stop());

const request = (path: string, ...fields: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const ask = (text: string) => exchangeRaw(server.httpPort, text);
const CLOSE = 'Connection: close';
/** Means nothing, but makes a request one for the complete server. */
const SPECIAL = 'Content-Length: 0';

describe.concurrent('the answer is the same as the complete server gives', () => {
  test.each([
    ['/live/x.m3u8', 200],
    ['/live/x-0.ts?token=1', 200],
    ['/live/none.m3u8', 404],
    ['/live/none.ts', 404],
    ['/live/%2e%2e/x.m3u8', 404],
    ['/live/%zz.ts', 400],
  ])('%s: %i', async (path, status) => {
    for (const fields of [[], ['Origin: http://a.com'], ['If-None-Match: *']]) {
      const complete = await ask(request(path, CLOSE, SPECIAL, ...fields));
      const plain = await ask(request(path, CLOSE, ...fields));
      if (fields.length === 0) expect(plain).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(sorted(plain)).toEqual(sorted(complete));
    }
  });

  test('also while the connection stays', async () => {
    const both = request('/live/x.m3u8') + request('/live/x.m3u8', SPECIAL, CLOSE);
    const [plain, complete] = (await ask(both)).split(/(?=HTTP\/1\.1 )/);
    expect(sorted(plain!)).toEqual(
      sorted(complete!.replace(/Connection: close/, 'Connection: keep-alive\r\nKeep-Alive: timeout=15')),
    );
  });
});

/** Head and body, the fields in the order of their names, without the time. */
function sorted(answer: string): string[] {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const lines = head.replace(/^Date: .*\r\n/m, 'Date: \r\n').split('\r\n');
  return [...lines.sort(), body];
}

test('requests that come together are answered one after the other, whatever they are', async () => {
  const paths = ['x-0.ts', 'x.m3u8', 'none.html', 'x.m3u8', 'x-0.ts'];
  const answer = await ask(
    `${paths.map((path) => request(`/live/${path}`)).join('')}${request('/live/x.m3u8', CLOSE)}`,
  );
  const statuses = answer.match(/(?<=HTTP\/1\.1 )\d+/g);
  expect(statuses).toEqual(['200', '200', '404', '200', '200', '200']);
  expect(answer.split(SEGMENT)).toHaveLength(3);
});

test('a request may come in pieces', async () => {
  const text = request('/live/x.m3u8');
  const socket = connect(server.httpPort, '127.0.0.1').setNoDelay().setEncoding('latin1');
  let answer = '';
  socket.on('data', (more: string) => {
    answer += more;
  });
  const answers = () => answer.split('#EXTM3U').length - 1;
  socket.write(text);
  await waitFor('the whole one', () => answers() === 1);
  socket.write(text + text.slice(0, 20));
  await waitFor('the one before the pieces', () => answers() === 2);
  socket.write(text.slice(20));
  await waitFor('the one in pieces', () => answers() === 3);
  socket.destroy();
});

test('a client that sends no more gets what is there, and the connection ends', async () => {
  for (const path of ['/live/x.m3u8', '/live/x-0.ts', '/live/none.ts']) {
    const socket = connect(server.httpPort, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (more: string) => {
      answer += more;
    });
    socket.end(request(path));
    await waitFor(`the end of ${path}`, () => socket.destroyed);
    if (path !== '/live/none.ts') expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test('thousands of segments that are asked for and not read take little memory', async () => {
  const sockets: Socket[] = [];
  const all = request('/live/x-0.ts').repeat(100);
  await ask(request('/live/x-0.ts', CLOSE));
  const before = await server.memory();
  for (let i = 0; i < 50; i++) {
    const socket = connect(server.httpPort, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.write(all);
    sockets.push(socket);
  }
  const answered = () => server.log.match(/HTTP #\d+ .*x-0\.ts/g)?.length ?? 0;
  await waitFor('everybody to be sent something', () => answered() > 50);
  await ask(request('/live/x.m3u8', CLOSE));
  const after = await server.memory();
  expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(16e6);
  for (const socket of sockets) socket.destroy();
});
