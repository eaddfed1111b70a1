// The HTTP API over real clients: what it says about them, and kicking them off.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpRequest, http } from '../helpers/http.ts';
import { mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly clients: number;
  readonly frames: number;
  readonly send_bytes: number;
  readonly recv_bytes: number;
  readonly type: string;
  readonly publish: { readonly active: boolean; readonly cid: string } & boolean;
  readonly [field: string]: unknown;
}

let server: TestServer;
let apiPort: number;
beforeAll(async () => {
  apiPort = await freePort();
  server = await TestServer.start({
    root: `http_api { enabled on; listen ${apiPort}; raw_api { enabled on; allow_reload on; } }`,
    vhosts: 'vhost other.example.com { hls { enabled off; } }',
  });
});
afterAll(() => server.stop());

async function ask(path: string, options: HttpRequest = {}): Promise<Record<string, unknown>> {
  const { text } = await http(apiPort, path, options);
  return JSON.parse(text) as Record<string, unknown>;
}

async function findStream(name: string): Promise<Entry | undefined> {
  const { streams } = await ask('/api/v1/streams/?count=1000');
  return (streams as Entry[]).find((stream) => stream.name === name);
}

async function clientsOf(name: string): Promise<Entry[]> {
  const { clients } = await ask('/api/v1/clients/?count=1000');
  return (clients as Entry[]).filter((client) => client.name === name);
}

async function publish(name: string): Promise<RtmpPeer> {
  const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), name);
  for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
  return publisher;
}

describe('a stream with a publisher, an RTMP player and an FLV player', () => {
  const name = uniqueName('api');
  let publisher: RtmpPeer;
  let player: RtmpPeer;
  let viewer: FlvViewer;
  beforeAll(async () => {
    publisher = await publish(name);
    player = await RtmpPeer.player(server.target, `${server.tcUrl()}?vhost=__defaultVhost__`, name);
    viewer = await FlvViewer.start(server, name);
    await viewer.waitForTags(50);
    await waitFor('media at the player', () => player.tags.length > 50);
  });
  afterAll(() => {
    for (const end of [publisher, player, viewer]) end.destroy();
  });

  test('shows its tracks, its publisher and its bytes', async () => {
    const videos = (await mediaTags('h264-aac.flv')).filter((tag) => tag.type === 9).length;
    // Sockets are asked for their counts twice a second at most.
    const stream = await waitFor('all that was published', async () => {
      const now = await findStream(name);
      return now?.frames === videos && now.recv_bytes > 100_000 ? now : undefined;
    });
    expect(stream).toMatchObject({
      app: 'live',
      url: `/live/${name}`,
      tcUrl: server.tcUrl(),
      clients: 3,
      publish: { active: true },
      video: { codec: 'H264', width: 640, height: 360 },
      audio: { codec: 'AAC', sample_rate: 44100, profile: 'LC' },
    });
    expect(await ask(`/api/v1/streams/${stream.id}`)).toMatchObject({ code: 0, stream: { name } });
    const { vhosts } = await ask('/api/v1/vhosts/');
    expect(vhosts).toMatchObject([{ name: '__defaultVhost__', enabled: true }]);
  });

  test('shows its clients with what each got', async () => {
    const clients = await clientsOf(name);
    expect(clients.map(({ type }) => type).sort()).toEqual(['flv-play', 'fmle-publish', 'rtmp-play']);
    const [flv] = clients.filter(({ type }) => type === 'flv-play');
    expect(flv).toMatchObject({
      ip: '127.0.0.1',
      tcUrl: `http://127.0.0.1:${server.httpPort}/live`,
      url: `/live/${name}`,
      publish: false,
    });
    const now = async (wanted: string) => (await clientsOf(name)).find(({ type }) => type === wanted);
    await waitFor('all bytes that the viewer got', async () => {
      return ((await now('flv-play'))?.send_bytes ?? 0) >= viewer.byteCount;
    });
    await waitFor('all bytes that the player got, and its handshake', async () => {
      const rtmp = await now('rtmp-play');
      return rtmp !== undefined && rtmp.send_bytes >= player.bytesReceived && rtmp.recv_bytes > 3073;
    });
  });

  test('a client’s id is the connection’s in the log', async () => {
    for (const { id } of await clientsOf(name)) await server.waitForLog(new RegExp(`\\[${id}\\]`));
  });

  test('a player that plays again on its connection stays one client', async () => {
    const again = await RtmpPeer.player(server.target, server.tcUrl(), name);
    const before = (await findStream(name))?.clients;
    again.command('closeStream', 0, [null], 1);
    again.command('play', 0, [null, name], 1);
    await waitFor(
      'a second start',
      () => again.commands.filter(({ name }) => name === 'onStatus').length >= 4,
    );
    expect((await findStream(name))?.clients).toBe(before);
    again.destroy();
    await waitFor('it to leave', async () => (await findStream(name))?.clients === (before ?? 0) - 1);
  });
});

describe('kicking off', () => {
  test('a publisher: the name is free at once', async () => {
    const name = uniqueName('kick');
    const publisher = await publish(name);
    const cid = (await findStream(name))?.publish.cid;
    expect(await ask(`/api/v1/clients/${cid}`, { method: 'DELETE' })).toMatchObject({ code: 0 });
    await publisher.waitForClose();
    await server.waitForLog(new RegExp(`\\[Warn\\].* kickoff client id=${cid} ok`));
    expect(await clientsOf(name)).toEqual([]);
    expect(await findStream(name)).toBeUndefined();
    const again = await publish(name);
    again.destroy();
  });

  test('players of RTMP and FLV: the others go on', async () => {
    const name = uniqueName('kick');
    const publisher = await publish(name);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), name);
    const viewer = await FlvViewer.start(server, name);
    await viewer.waitForTags(10);
    for (const { id, publish } of await clientsOf(name)) {
      if (publish) continue;
      expect(await ask(`/api/v1/clients/${id}?callback=cb&method=DELETE`).catch(String)).toMatch(
        /cb|SyntaxError/,
      );
    }
    await player.waitForClose();
    expect(await viewer.waitForEnd()).toBe('cut');
    expect(await findStream(name)).toMatchObject({ clients: 1, publish: { active: true } });
    publisher.destroy();
  });

  test('a player that reads nothing', async () => {
    const name = uniqueName('kick');
    const publisher = await publish(name);
    const player = await RtmpPeer.player(server.target, server.tcUrl(), name);
    player.socket.pause();
    for (let i = 0; i < 20; i++) {
      for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag, tag.timestampMs + i * 5000);
    }
    const [client] = (await clientsOf(name)).filter(({ type }) => type === 'rtmp-play');
    await ask(`/api/v1/clients/${client?.id}`, { method: 'DELETE' });
    expect((await clientsOf(name)).filter(({ type }) => type === 'rtmp-play')).toEqual([]);
    player.socket.resume();
    await player.waitForClose();
    publisher.destroy();
  });
});

describe('life of a stream', () => {
  test('waits with its viewer for the publisher, and is gone when both are', async () => {
    const name = uniqueName('wait');
    const viewer = await FlvViewer.start(server, name);
    const waiting = await waitFor('the stream', () => findStream(name));
    expect(waiting).toMatchObject({
      clients: 1,
      publish: { active: false, cid: '' },
      video: null,
      audio: null,
    });
    const publisher = await publish(name);
    await viewer.waitForTags(10);
    const live = await findStream(name);
    expect(live).toMatchObject({ id: waiting.id, clients: 2, publish: { active: true } });
    publisher.destroy();
    await viewer.waitForEnd();
    await waitFor('the stream to be forgotten', async () => (await findStream(name)) === undefined);
    const again = await publish(name);
    expect((await findStream(name))?.id).not.toBe(waiting.id);
    again.destroy();
  });

  test('an id is kept over a re-publish while a player stays', async () => {
    const name = uniqueName('keep');
    const player = await RtmpPeer.player(server.target, server.tcUrl(), name);
    const first = await publish(name);
    const before = await findStream(name);
    first.destroy();
    await waitFor('the publisher to leave', async () => (await findStream(name))?.publish.active === false);
    expect(await findStream(name)).toMatchObject({ publish: before?.publish && { cid: before.publish.cid } });
    const second = await publish(name);
    await waitFor('frames of both', async () => {
      const now = await findStream(name);
      return now?.id === before?.id && (now?.frames ?? 0) > (before?.frames ?? 0);
    });
    player.destroy();
    second.destroy();
  });
});

describe('HTTP', () => {
  test('names of headers are spelled as usual', async () => {
    const { rawHeaders } = await http(apiPort, '/api/v1/versions', { headers: { origin: 'http://x' } });
    const names = rawHeaders.filter((_, i) => i % 2 === 0);
    expect(names).toEqual(expect.arrayContaining(['Server', 'Content-Type', 'Access-Control-Allow-Origin']));
  });

  test('a preflight is answered, and an Origin gets CORS headers', async () => {
    const headers = { origin: 'http://page.example.com' };
    const preflight = await http(apiPort, '/api/v1/clients/x', { method: 'OPTIONS', headers });
    expect([preflight.status, preflight.text]).toEqual([200, '']);
    expect(preflight.headers['access-control-allow-methods']).toContain('DELETE');
    const plain = await http(apiPort, '/api/v1/versions');
    expect(plain.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('HEAD has the length of GET, and no body', async () => {
    const head = await http(apiPort, '/api/v1/versions', { method: 'HEAD' });
    expect([head.status, head.text, head.headers['content-type']]).toEqual([200, '', 'application/json']);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(50);
  });

  test('versions are served on the port of the HTTP server, too; the rest of the API is not', async () => {
    const { text } = await http(server.httpPort, '/api/v1/versions');
    expect(JSON.parse(text)).toMatchObject({ code: 0, data: { major: expect.any(Number) } });
    expect((await http(server.httpPort, '/api/v1/streams/')).status).toBe(404);
  });

  test('reload over the raw API', async () => {
    const before = (await ask('/api/v1/raw?rpc=reload-fetch')).data as { rid: string };
    expect(await ask('/api/v1/raw?rpc=reload')).toEqual({ code: 0 });
    const after = await waitFor('the reload', async () => {
      const { data } = (await ask('/api/v1/raw?rpc=reload-fetch')) as {
        data: { rid: string; state: number };
      };
      return data.rid !== before.rid && data.state === 90 ? data : undefined;
    });
    expect(after).toMatchObject({ err: 0, msg: 'Success' });
  });

  test('thousands of requests, many at once, leave no trace', async () => {
    const paths = ['/api/v1/summaries', '/api/v1/streams/', '/api/v1/clients/?count=1000', '/api/v1/nope'];
    const burst = async () => {
      for (let i = 0; i < 20; i++) {
        const answers = await Promise.all(Array.from({ length: 50 }, (_, k) => ask(paths[k % 4] as string)));
        expect(answers.every(({ code }) => code === 0)).toBe(true);
      }
    };
    await burst();
    const before = (await server.memory()).heapUsed;
    await burst();
    await burst();
    expect((await server.memory()).heapUsed - before).toBeLessThan(8e6);
    await waitFor('their connections to be gone', async () => {
      const { data } = (await ask('/api/v1/summaries')) as { data: { system: { conn_srs: number } } };
      return data.system.conn_srs < 20;
    });
  });
});
