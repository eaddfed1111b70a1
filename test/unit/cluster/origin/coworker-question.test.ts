// The question to a coworker, and answers as origins, dispatchers and others give them.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originAddress } from '../../../../src/cluster/origin/cluster-answer.ts';
import { askCoworker } from '../../../../src/cluster/origin/coworker-question.ts';

let server: Server;
let port: number;
let asked: { method: string; url: string; host: string; agent: string } | undefined;
let answer: { status: number; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = {
      method: request.method ?? '',
      url: request.url ?? '',
      host: request.headers.host ?? '',
      agent: request.headers['user-agent'] ?? '',
    };
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ask = (body: string | object, status = 200, stream = 's') => {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  const address = { endpoint: { host: '127.0.0.1', port }, name: 'srs-origin-1.socs:1985' };
  const question = { vhost: '__defaultVhost__', app: 'live', stream, host: 'live.example.com' };
  return askCoworker(address, question, 'tsrs/1.2.3', new AbortController().signal);
};

const origin = { ip: 'srs-origin-1.socs', port: 1935, vhost: '__defaultVhost__' };

test('is the one that SRS asks', async () => {
  await ask({ code: 0, data: { origin } });
  expect(asked).toEqual({
    method: 'POST',
    url: '/api/v1/clusters?vhost=__defaultVhost__&ip=live.example.com&app=live&stream=s&coworker=srs-origin-1.socs:1985',
    host: 'srs-origin-1.socs:1985',
    agent: 'tsrs/1.2.3',
  });
});

test('escapes what would break it', async () => {
  await ask({ code: 0, data: { origin } }, 200, 'a b&c=ü');
  expect(asked?.url).toContain('&stream=a%20b%26c%3D%C3%BC&');
});

test.each([
  ['an owner', { code: 0, data: { origin } }, { host: 'srs-origin-1.socs', port: 1935 }],
  [
    'an owner with more to say',
    { code: 0, x: 1, data: { origin: { ...origin, api: 'x' }, query: {} } },
    { host: 'srs-origin-1.socs', port: 1935 },
  ],
  ['nobody', { code: 0, data: { query: {}, origin: null } }, undefined],
  ['an owner without address', { code: 0, data: { origin: { ...origin, ip: '' } } }, undefined],
  ['a port that is text', { code: 0, data: { origin: { ...origin, port: '1935' } } }, undefined],
  ['port 0', { code: 0, data: { origin: { ...origin, port: 0 } } }, undefined],
  ['no data', { code: 0 }, undefined],
])('%s', async (_name, body, expected) => {
  expect(await ask(body)).toEqual(expected);
});

test.each([
  ['a failure', { code: 100 }, 200],
  ['a number', '0', 200],
  ['no JSON', '<html>', 200],
  ['another status', { code: 0, data: { origin } }, 404],
  ['a flood', `"${'x'.repeat(100_000)}"`, 200],
])('%s is no answer', async (_name, body, status) => {
  await expect(ask(body, status)).rejects.toThrow();
});

test.each([
  ['0.0.0.0', 'srs-origin-0.socs:1985', 'srs-origin-0.socs'],
  ['0.0.0.0', 'srs-origin-0.socs', 'srs-origin-0.socs'],
  ['127.0.0.1', '10.0.0.5:1985', '10.0.0.5'],
  ['::', '[fd00::5]:1985', 'fd00::5'],
  ['0.0.0.0', 'fd00::5', 'fd00::5'],
  ['0.0.0.0', '', '192.0.2.2'],
  ['10.1.1.1', 'srs-origin-0.socs:1985', '10.1.1.1'],
])('a server that listens at %s and is called %s is found at %s', (host, coworker, ip) => {
  const rtmp = { host, port: 1936 };
  const http = { host: '0.0.0.0', port: 8080 };
  const options = { vhost: 'v', coworker, rtmp, http, api: '1985', ownAddress: '192.0.2.2' };
  expect(originAddress(options)).toEqual({
    ip,
    port: 1936,
    vhost: 'v',
    api: `${ip}:1985`,
    routers: [`${ip}:1985`],
    http: ip.includes(':') ? `[${ip}]:8080` : `${ip}:8080`,
  });
});
