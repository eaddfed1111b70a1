// Ways to listen for HTTP: over TLS, and the API and the files on one port.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { http } from '../helpers/http.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { projectRoot, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

interface Client {
  readonly type: string;
  readonly tcUrl: string;
}

const ca = readFileSync(join(projectRoot, 'test/golden/tls/server.crt'));
const tlsFiles = ['key', 'crt'].map((kind) => join(projectRoot, `test/golden/tls/server.${kind}`));
const [key, cert] = tlsFiles;

test('HTTPS for both, with the API and the files on ports of their own', async () => {
  const [api, apiTls, httpTls] = [await freePort(), await freePort(), await freePort()];
  const https = (port: number) => `https { enabled on; listen ${port}; key ${key}; cert ${cert}; }`;
  const secure = await TestServer.start({
    root: `http_api { enabled on; listen ${api}; ${https(apiTls)} }`,
    httpServer: https(httpTls),
  });
  const versions = await http(apiTls, '/api/v1/versions', { isTls: true, ca });
  expect(JSON.parse(versions.text)).toMatchObject({ code: 0 });
  expect((await http(httpTls, '/nothing', { isTls: true, ca })).status).toBe(404);
  const name = uniqueName('tls');
  const publisher = await RtmpPeer.publisher(secure.target, secure.tcUrl(), name);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  const flv = http(httpTls, `/live/${name}.flv`, { isTls: true, ca });
  const clients = await waitFor('the viewer', async () => {
    const { text } = await http(api, '/api/v1/clients/');
    const all = (JSON.parse(text) as { clients: Client[] }).clients;
    return all.length === 2 ? all : undefined;
  });
  const viewer = clients.find(({ type }) => type === 'flv-play');
  expect(viewer?.tcUrl).toBe(`https://127.0.0.1:${httpTls}/live`);
  publisher.destroy();
  expect((await flv).bytes.toString('latin1', 0, 3)).toBe('FLV');
  await secure.stop();
});

test('a missing certificate is told when the server starts', async () => {
  const port = await freePort();
  const failed = TestServer.start({
    httpServer: `https { enabled on; listen ${port}; key /nowhere/server.key; cert /nowhere/server.crt; }`,
  });
  await expect(failed).rejects.toThrow(/server\.(crt|key)/);
});

test('one port for everything', async () => {
  const port = await freePort();
  const shared = await TestServer.start({
    root: `http_api { enabled on; listen ${port}; }`,
    httpPort: port,
  });
  expect(JSON.parse((await http(port, '/api/v1/streams/')).text)).toMatchObject({ code: 0, streams: [] });
  expect(JSON.parse((await http(port, '/api/v1/nope')).text)).toMatchObject({ code: 0 });
  expect((await http(port, '/nothing.html')).status).toBe(404);
  const name = uniqueName('shared');
  const publisher = await RtmpPeer.publisher(shared.target, shared.tcUrl(), name);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  const viewer = await FlvViewer.start(shared, name);
  await viewer.waitForTags(10);
  for (const end of [viewer, publisher]) end.destroy();
  await shared.stop();
});
