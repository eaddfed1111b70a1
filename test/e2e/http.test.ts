// The HTTP server as players, browsers and probes see it.

import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFlv } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { PATIENCE_MS, waitFor, withTimeout } from '../helpers/wait-for.ts';

let server: TestServer;
let stream: string;
let publisher: RtmpPeer;
beforeAll(async () => {
  server = await TestServer.start({
    vhosts: `vhost plain.example.com { }
      vhost mounted.example.com { http_remux { enabled on; mount /pfx/[app]/[stream].flv; } }
      vhost other.example.com { ${httpFlv} }`,
  });
  stream = uniqueName('http');
  publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
});
afterAll(async () => {
  publisher.destroy();
  await server.stop();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A request whose answer ends by itself. */
function fetchAll(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = new Promise<Answer>((resolve, reject) => {
    const sent = request(
      { port: server.httpPort, host: '127.0.0.1', method, path, headers, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (bytes: Buffer) => parts.push(bytes));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(parts).toString('latin1'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
  return withTimeout(`answer to ${method} ${path}`, PATIENCE_MS, answer);
}

/** Sends raw bytes and collects what comes back until `isEnough` or the end of the connection. */
async function exchange(text: string, isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
  const socket = connect(server.httpPort, '127.0.0.1');
  let bytes = Buffer.alloc(0);
  let isClosed = false;
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  socket.write(text);
  await waitFor(
    () => `an answer to ${text}, got ${bytes.subarray(0, 300).toString('latin1')}`,
    () => isClosed || isEnough(bytes),
  );
  socket.destroy();
  return bytes;
}

describe.concurrent('a live FLV response', () => {
  test('is chunked video/x-flv without a length', async () => {
    const viewer = await FlvViewer.start(server, stream);
    await viewer.waitForTags(10);
    expect(viewer.response?.statusCode).toBe(200);
    expect(viewer.response?.httpVersion).toBe('1.1');
    expect(viewer.response?.headers).toMatchObject({
      'content-type': 'video/x-flv',
      'transfer-encoding': 'chunked',
    });
    expect(viewer.response?.headers['content-length']).toBeUndefined();
    expect(viewer.response?.headers.server).toBeTruthy();
    viewer.destroy();
  });

  test('is whole for who asks for `bytes=0-`, as ffmpeg does: it has no parts', async () => {
    const request = `GET /live/${stream}.flv HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\nConnection: close\r\n\r\n`;
    const bytes = await exchange(request, (all) => all.length > 20_000);
    expect(bytes.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK');
    expect(bytes.subarray(0, 500).toString('latin1')).not.toContain('Content-Range');
  });

  test('is plain bytes until the end of the connection for HTTP/1.0', async () => {
    const bytes = await exchange(`GET /live/${stream}.flv HTTP/1.0\r\n\r\n`, (all) => all.length > 20_000);
    const split = bytes.indexOf('\r\n\r\n');
    const head = bytes.toString('latin1', 0, split);
    expect(head).toMatch(/^HTTP\/1\.[01] 200 /);
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(parseFlv(bytes.subarray(split + 4)).tags.length).toBeGreaterThan(10);
  });

  test('has only its head for HEAD', async () => {
    const { status, headers, body } = await fetchAll('HEAD', `/live/${stream}.flv`);
    expect({ status, type: headers['content-type'], body }).toEqual({
      status: 200,
      type: 'video/x-flv',
      body: '',
    });
  });

  test('ends as HTTP says when the publisher leaves', async () => {
    const name = uniqueName('leaves');
    const leaving = await RtmpPeer.publisher(server.target, server.tcUrl(), name);
    const viewer = await FlvViewer.start(server, name);
    for (const tag of await mediaTags('h264-aac.flv')) leaving.sendTag(tag);
    await viewer.waitForTags(10);
    leaving.end();
    expect(await viewer.waitForEnd()).toBe('end');
    expect(viewer.flv.rest.length).toBe(0);
    expect(viewer.tags.length).toBe((await mediaTags('h264-aac.flv')).length);
  });

  test('ignores what else the client sends, and notices when it goes', async () => {
    const name = uniqueName('goes');
    const own = await RtmpPeer.publisher(server.target, server.tcUrl(), name);
    for (const tag of await mediaTags('aac.flv')) own.sendTag(tag);
    const socket = connect(server.httpPort, '127.0.0.1');
    let received = 0;
    socket.on('data', (bytes) => {
      received += bytes.length;
    });
    socket.write(`GET /live/${name}.flv HTTP/1.1\r\nHost: x\r\n\r\n`);
    await server.waitForLog(new RegExp(`GET \\S*${name}\\.flv`));
    for (const tag of await mediaTags('aac.flv')) own.sendTag(tag, tag.timestampMs + 6000);
    await waitFor('media', () => received > 1000);
    socket.write('x'.repeat(1000));
    const before = received;
    for (const tag of await mediaTags('aac.flv')) own.sendTag(tag, tag.timestampMs + 12_000);
    await waitFor('more media', () => received > before + 1000);
    socket.destroy();
    own.destroy();
  });
});

describe.concurrent('paths', () => {
  test.for([
    ['/nothing.html', 'localhost'],
    ['/livestream.flv', 'localhost'],
    ['/live/show/none.flv', 'localhost'],
    ['/live/stream.ts', 'localhost'],
    ['/live/stream.aac', 'localhost'],
    ['/live/stream', 'localhost'],
    ['/live/stream.flv', 'plain.example.com'],
  ] as const)('%s of %s is 404', async ([path, host]) => {
    const { status, body } = await fetchAll('GET', path, { host });
    expect({ status, body: body.trim() }).toEqual({ status: 404, body: 'Not Found' });
  });

  test('a mount template of its own is served, before and after the publisher comes', async () => {
    const name = uniqueName('mounted');
    const url = `http://127.0.0.1:${server.httpPort}/pfx/live/${name}.flv`;
    const waiting = new FlvViewer(url, { host: 'mounted.example.com' });
    await server.waitForLog(new RegExp(`GET \\S*${name}\\.flv`));
    const own = await RtmpPeer.publisher(server.target, 'rtmp://mounted.example.com/live', name);
    for (const tag of await mediaTags('h264-aac.flv')) own.sendTag(tag);
    await waiting.waitForTags(10);
    const late = new FlvViewer(url, { host: 'mounted.example.com' });
    await late.waitForTags(10);
    for (const end of [waiting, late, own]) end.destroy();
  });

  test('`..` never leaves the root', async () => {
    const raw = `GET /live/../../srs.conf HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const answer = (await exchange(raw, () => false)).toString('latin1');
    expect(answer).not.toContain('listen');
    expect(answer).not.toMatch(/^HTTP\/1\.1 200/);
  });

  test('a garbled request closes the connection, and the server goes on', async () => {
    const answer = await exchange('\u0000\u0001 nonsense\r\n\r\n', () => false);
    expect(answer.toString('latin1')).not.toMatch(/^HTTP\/1\.\d 200/);
    expect((await fetchAll('HEAD', `/live/${stream}.flv`)).status).toBe(200);
  });

  test('several requests on one connection are all answered', async () => {
    const get = (name: string) => `GET /${name} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const count = (all: Buffer) => all.toString('latin1').split('HTTP/1.1 404').length - 1;
    const answer = await exchange(get('a.html') + get('b.html') + get('c.html'), (all) => count(all) >= 3);
    expect(count(answer)).toBe(3);
  });
});

describe.concurrent('CORS', () => {
  test('headers are there for a request with an Origin, for live streams and for 404', async () => {
    const viewer = new FlvViewer(server.flvUrl(stream), { origin: 'http://page.example.com' });
    await viewer.waitForTags(10);
    expect(viewer.response?.headers['access-control-allow-origin']).toBe('*');
    viewer.destroy();
    const missing = await fetchAll('GET', '/nothing.html', { origin: 'http://page.example.com' });
    expect(missing.headers['access-control-allow-origin']).toBe('*');
  });

  test('headers are absent without an Origin', async () => {
    const { headers } = await fetchAll('GET', '/nothing.html');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test('a preflight is answered whatever the path', async () => {
    const { status, headers, body } = await fetchAll('OPTIONS', '/live/whatever.flv', {
      origin: 'http://page.example.com',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'range',
    });
    expect({ status, length: headers['content-length'], body }).toEqual({
      status: 200,
      length: '0',
      body: '',
    });
    expect(headers['access-control-allow-methods']).toMatch(/GET|\*/);
    expect(headers['access-control-allow-headers']).toMatch(/range|\*/);
  });

  test('is off with `crossdomain off`', async () => {
    const strict = await TestServer.start({ httpServer: 'crossdomain off;' });
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(
        { port: strict.httpPort, host: '127.0.0.1', method: 'OPTIONS', path: '/x', agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
    expect(answer).toBe(405);
    await strict.stop();
  });
});
