// HLS over HTTP: viewers are clients, playlists name them, memory is as good as a disk, an edge fetches what is asked
// for, and a playlist may be waited for.

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffprobePath } from '../helpers/ffmpeg.ts';
import { type HttpAnswer, http } from '../helpers/http.ts';
import { type MediaName, mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { TsChecker } from '../unit/container/mpegts/ts-checker.ts';
import { parsePlaylist } from './hls-folder.ts';

const hls = (folder = 'html', more = '', windowSec = 10) =>
  `hls { enabled on; hls_path ./${folder}; hls_fragment 1; hls_window ${windowSec}; ${more} }
   http_static { enabled on; mount [vhost]/; dir ./${folder}; }`;

let origin: TestServer;
let edge: TestServer;
let apiPort: number;
let edgeApiPort: number;
beforeAll(async () => {
  [apiPort, edgeApiPort] = [await freePort(), await freePort()];
  origin = await TestServer.start({
    root: `http_api { enabled on; listen ${apiPort}; }`,
    vhost: hls(),
    vhosts: `
      vhost plain.test { ${hls('plain', 'hls_ctx off;')} }
      vhost nots.test { ${hls('nots', 'hls_ts_ctx off;')} }
      vhost short.test { ${hls('short', '', 1)} }
      vhost memory.test { ${hls('memory', 'hls_memory on;')} }
      vhost demand.test { ${hls('demand', 'hls_memory on; hls_on_demand on;')} }
      vhost endless.test { ${hls('endless', 'hls_memory on; hls_wait_for_stream 300;')} }
      vhost patient.test { ${hls('patient', 'hls_memory on; hls_wait_for_stream 30;')} }`,
  });
  edge = await TestServer.start({
    root: `http_api { enabled on; listen ${edgeApiPort}; }`,
    vhost: `cluster { mode remote; origin 127.0.0.1:${origin.rtmpPort}; } ${hls()}`,
  });
});
afterAll(async () => {
  await edge.stop();
  await origin.stop();
});

async function publisher(
  stream: string,
  vhost = '',
  name: MediaName = 'h264-aac.flv',
): Promise<FfmpegPublisher> {
  const query = vhost === '' ? '' : `?vhost=${vhost}`;
  return new FfmpegPublisher(await mediaFile(name), `${origin.rtmpUrl(stream)}${query}`, { isLooping: true });
}

const get = (path: string, server = origin) => http(server.httpPort, path);

const withoutDate = ({ headers: { date: _, ...others } }: HttpAnswer) => others;

const playlistRequest = (stream: string, vhost: string, fields = '') =>
  `GET /live/${stream}.m3u8?vhost=${vhost} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;

/** The path that a master playlist names. */
function mediaPath({ status, headers, text }: HttpAnswer): string {
  expect([status, headers['content-type']]).toEqual([200, 'application/vnd.apple.mpegurl']);
  const found = /^#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n(\S+)\n$/.exec(text)?.[1];
  if (found === undefined) throw new Error(`no master playlist: ${text}`);
  return found;
}

async function untilListed(path: string, server = origin): Promise<HttpAnswer> {
  return waitFor(`a playlist at ${path}`, async () => {
    const answer = await get(path, server);
    return answer.status === 200 ? answer : undefined;
  });
}

interface ApiClient {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly url: string;
  readonly ip: string;
  readonly pageUrl: string;
  readonly send_bytes: number;
}

async function hlsClients(stream: string, port = apiPort): Promise<ApiClient[]> {
  const { text } = await http(port, '/api/v1/clients/?count=1000');
  const { clients } = JSON.parse(text) as { clients: ApiClient[] };
  return clients.filter(({ name, type }) => name === stream && type === 'hls-play');
}

describe.concurrent('a viewer of HLS', () => {
  test('is a client from its first playlist on, by the name that its URLs carry', async () => {
    const stream = uniqueName('session');
    const encoder = await publisher(stream);
    const path = `/live/${stream}.m3u8`;
    await waitFor('the playlist', () => existsSync(join(origin.folder, `html${path}`)));
    const first = await http(origin.httpPort, `${path}?token=abc&x=1`, {
      headers: { Referer: 'http://page/', 'X-Forwarded-For': '192.0.2.7, 10.0.0.1' },
    });
    const named = mediaPath(first);
    const id = /^\S+\?hls_ctx=([0-9a-z]{8})&token=abc&x=1$/.exec(named)?.[1];
    expect(named.startsWith(`${path}?hls_ctx=${id}`)).toBe(true);
    const { text } = await get(named);
    const [segment] = parsePlaylist(text).segments;
    expect(segment?.uri).toBe(`${stream}-0.ts?hls_ctx=${id}`);
    const media = await get(`/live/${segment?.uri}`);
    expect(media.headers['content-type']).toBe('video/MP2T');
    const [client, ...others] = await hlsClients(stream);
    expect(others).toEqual([]);
    expect(client).toMatchObject({
      id,
      url: `/live/${stream}`,
      ip: '192.0.2.7',
      pageUrl: 'http://page/',
    });
    expect(client?.send_bytes).toBeGreaterThanOrEqual(media.bytes.length);
    await encoder.stop();
  });

  test('goes on with a name that it brings along, say from another server; a second one is another client', async () => {
    const stream = uniqueName('adopted');
    const encoder = await publisher(stream);
    const path = `/live/${stream}.m3u8`;
    await waitFor('the playlist', () => existsSync(join(origin.folder, `html${path}`)));
    const name = uniqueName('')
      .replace(/[^0-9a-z]/g, '')
      .slice(0, 20);
    for (const _ of ['first', 'second'])
      expect((await get(`${path}?hls_ctx=${name}`)).text).toContain(`.ts?hls_ctx=${name}\n`);
    const answer = await get(path);
    const head = await http(origin.httpPort, path, { method: 'HEAD' });
    expect((await hlsClients(stream)).length).toBe(2);
    expect(withoutDate(head)).toEqual(withoutDate(answer));
    await encoder.stop();
  });

  test('is kicked off by the API, and its player hears of it', async () => {
    const stream = uniqueName('kicked');
    const encoder = await publisher(stream);
    const path = `/live/${stream}.m3u8`;
    await waitFor('the playlist', () => existsSync(join(origin.folder, `html${path}`)));
    const named = mediaPath(await get(path));
    const [client] = await hlsClients(stream);
    const answer = await http(apiPort, `/api/v1/clients/${client?.id}`, { method: 'DELETE' });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 0 });
    expect(await hlsClients(stream)).toEqual([]);
    const { status, text } = await get(named);
    expect([status, text]).toEqual([404, `HLS stream ${client?.id} is EOF`]);
    await encoder.stop();
  });

  test('leaves by asking no more for two windows', async () => {
    const stream = uniqueName('gone');
    const encoder = await publisher(stream, 'short.test');
    const path = `/live/${stream}.m3u8?vhost=short.test`;
    const named = mediaPath(await untilListed(path));
    await get(named);
    expect((await hlsClients(stream)).length).toBe(1);
    await waitFor('the session to end', async () => (await hlsClients(stream)).length === 0);
    await encoder.stop();
  });

  test('gets plain segments without hls_ts_ctx, and plain playlists without hls_ctx', async () => {
    const [one, two] = [uniqueName('nots'), uniqueName('plain')];
    const encoders = [await publisher(one, 'nots.test'), await publisher(two, 'plain.test')];
    const named = mediaPath(await untilListed(`/live/${one}.m3u8?vhost=nots.test`));
    expect((await get(named)).text).toMatch(/\.ts\n/);
    expect((await untilListed(`/live/${two}.m3u8?vhost=plain.test`)).text).toMatch(/\.ts\n/);
    expect([(await hlsClients(one)).length, (await hlsClients(two)).length]).toEqual([1, 0]);
    for (const encoder of encoders) await encoder.stop();
  });

  test('finds no playlist that is not there, and is nobody then', async () => {
    const stream = uniqueName('none');
    const { status, text } = await get(`/live/${stream}.m3u8`);
    expect([status, text]).toEqual([404, 'Not Found']);
    expect(await hlsClients(stream)).toEqual([]);
  });
});

describe.concurrent('HLS in memory', () => {
  test('is served whole, and nothing is written', async () => {
    const stream = uniqueName('memory');
    const encoder = await publisher(stream, 'memory.test');
    const path = `/live/${stream}.m3u8?vhost=memory.test`;
    const named = mediaPath(await untilListed(path));
    const { text } = await get(named);
    const checker = new TsChecker();
    for (const { uri, isDiscontinuity } of parsePlaylist(text).segments) {
      const { status, headers, bytes } = await get(`/live/${uri}&vhost=memory.test`);
      expect([status, headers['content-type']]).toEqual([200, 'video/MP2T']);
      checker.check(bytes, uri, { isDiscontinuity });
    }
    expect(checker.problems).toEqual([]);
    expect(existsSync(join(origin.folder, `html/live/${stream}.m3u8`))).toBe(false);
    await encoder.stop();
  });

  test('a playlist is waited for as long as hls_wait_for_stream says', async () => {
    const stream = uniqueName('patient');
    const waiting = get(`/live/${stream}.m3u8?vhost=patient.test`);
    const encoder = await publisher(stream, 'patient.test');
    mediaPath(await waiting);
    await encoder.stop();
  });

  test('on demand what is published is waited for, and what is not is not there', async () => {
    const stream = uniqueName('demand');
    const path = `/live/${stream}.m3u8?vhost=demand.test`;
    expect((await get(path)).status).toBe(404);
    const encoder = await publisher(stream, 'demand.test');
    await encoder.waitUntilPublished(1000);
    mediaPath(await get(path));
    await encoder.stop();
  });

  test('who asks for more while a playlist is waited for gets all, one after the other', async () => {
    const stream = uniqueName('patient');
    const socket = connect(origin.httpPort, '127.0.0.1').setEncoding('latin1');
    let answers = '';
    socket.on('data', (text: string) => {
      answers += text;
    });
    const request = playlistRequest(stream, 'patient.test');
    socket.write(request);
    await origin.waitForLog(new RegExp(`HTTP #0 .*${stream}\\.m3u8`));
    socket.write(request);
    socket.write(request);
    const encoder = await publisher(stream, 'patient.test');
    await waitFor('three answers', () => answers.match(/HTTP\/1\.1 200 /g)?.length === 3);
    socket.destroy();
    await encoder.stop();
  });

  test.each([
    ['the short way', ''],
    ['the way of the complete server', 'Content-Length: 0\r\n'],
  ])('who gives up waiting for a playlist is let go at once: %s', async (_, fields) => {
    const stream = uniqueName('gone');
    const socket = connect(origin.httpPort, '127.0.0.1');
    socket.resume().write(playlistRequest(stream, 'endless.test', fields));
    await origin.waitForLog(new RegExp(`HTTP #0 .*${stream}\\.m3u8`));
    socket.end();
    await waitFor('the end', () => socket.closed, { timeoutMs: 20_000 });
  });
});

describe('an edge', () => {
  const pulled = async (stream: string) => {
    const { text } = await http(edgeApiPort, '/api/v1/streams/?count=100');
    const { streams } = JSON.parse(text) as { streams: { name: string; publish: { active: boolean } }[] };
    return streams.some(({ name, publish }) => name === stream && publish.active);
  };

  test('fetches a stream because its playlist is asked for, and stops when nobody asks any more', async () => {
    const stream = uniqueName('edge');
    const encoder = await publisher(stream);
    await encoder.waitUntilPublished(1000);
    const path = `/live/${stream}.m3u8`;
    const named = mediaPath(await get(path, edge));
    const played = await run(ffprobePath(), [
      ...['-v', 'error', '-read_intervals', '%+2', '-show_entries', 'packet=codec_type', '-of', 'csv=p=0'],
      `http://127.0.0.1:${edge.httpPort}${named}`,
    ]);
    expect([played.stderr, played.stdout.includes('video'), played.stdout.includes('audio')]).toEqual([
      '',
      true,
      true,
    ]);
    expect(await pulled(stream)).toBe(true);
    expect((await hlsClients(stream, edgeApiPort)).length).toBe(1);
    await waitFor('the pull to end', async () => !(await pulled(stream)));
    await waitFor('old files to go', () => !existsSync(join(edge.folder, `html${path}`)));
    await encoder.stop();
  });
});
