// HLS on an edge whose conf says nothing about HLS, as in the Kubernetes guide: what is asked for is fetched, cut in
// memory and served; what nobody asks for costs nothing.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffprobePath } from '../helpers/ffmpeg.ts';
import { isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { type ServerOptions, serverConf, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { TsChecker } from '../unit/container/mpegts/ts-checker.ts';
import { type Playlist, parsePlaylist } from './hls-folder.ts';

let origin: TestServer;
let edge: TestServer;
let apiPort: number;

/** The vhost of the guide's `srs-edge-config`, letter by letter but for the origin. */
const guideVhost = (more = '') => `vhost __defaultVhost__ {
    cluster {
        mode            remote;
        origin          127.0.0.1:${origin.rtmpPort};
    }
    http_remux {
        enabled     on;
    }
${more}}
`;
const guideEdge = (more = '', root = ''): ServerOptions => ({
  hasNoDefaultVhost: true,
  vhosts: guideVhost(more),
  root,
});
const noWatching = 'auto_reload_for_docker off; inotify_auto_reload off;';

beforeAll(async () => {
  origin = await TestServer.start();
  apiPort = await freePort();
  edge = await TestServer.start(guideEdge('', `http_api { enabled on; listen ${apiPort}; }`));
});
afterAll(async () => {
  await edge.stop();
  await origin.stop();
});

async function publisher(stream: string): Promise<FfmpegPublisher> {
  const encoder = new FfmpegPublisher(await mediaFile('h264-aac.flv'), origin.rtmpUrl(stream), {
    isLooping: true,
  });
  await encoder.waitUntilPublished(1000);
  return encoder;
}

const get = (server: TestServer, path: string) => http(server.httpPort, path);

/** The media playlist behind a master playlist. */
async function mediaPlaylist(server: TestServer, stream: string): Promise<Playlist> {
  const master = await get(server, `/live/${stream}.m3u8`);
  expect([master.status, master.text]).toEqual([200, expect.stringContaining('hls_ctx=')]);
  return parsePlaylist((await get(server, master.text.trim().split('\n').at(-1)!)).text);
}

/** How often somebody asked the origin to play the stream. */
function playsOf(stream: string): number {
  return [...origin.log.matchAll(new RegExp(`type=rtmp-play, \\S+ \\S+ stream=${stream},`, 'g'))].length;
}

async function api<T>(path: string): Promise<T> {
  return JSON.parse((await http(apiPort, path)).text) as T;
}

describe.concurrent('an edge without hls { }', () => {
  test('plays HLS from memory by one pull, which ends after the last request', async () => {
    const stream = uniqueName('guide');
    const encoder = await publisher(stream);
    const url = `http://127.0.0.1:${edge.httpPort}/live/${stream}.m3u8`;
    const played = await run(ffprobePath(), [
      ...['-v', 'error', '-read_intervals', '%+4', '-show_entries', 'packet=codec_type', '-of', 'csv=p=0'],
      url,
    ]);
    expect([played.stderr, played.stdout.includes('video'), played.stdout.includes('audio')]).toEqual([
      '',
      true,
      true,
    ]);
    const { segments, targetSec } = await mediaPlaylist(edge, stream);
    expect(targetSec).toBeLessThanOrEqual(3);
    const checker = new TsChecker();
    for (const { uri, isDiscontinuity } of segments) {
      checker.check((await get(edge, `/live/${uri}`)).bytes, uri, { isDiscontinuity });
    }
    expect(checker.problems).toEqual([]);
    expect(playsOf(stream)).toBe(1);
    const { vhosts } = await api<{ vhosts: { hls: unknown }[] }>('/api/v1/vhosts/');
    expect(vhosts.map(({ hls }) => hls)).toEqual([{ enabled: true, fragment: 1.5 }]);
    const isPulled = async () => {
      const { streams } = await api<{ streams: { name: string; publish: { active: boolean } }[] }>(
        '/api/v1/streams/?count=100',
      );
      return streams.some(({ name, publish }) => name === stream && publish.active);
    };
    expect(await isPulled()).toBe(true);
    expect(existsSync(join(edge.folder, 'html'))).toBe(false);
    await waitFor('the pull to end', async () => !(await isPulled()));
    expect((await get(edge, `/live/${segments.at(-1)?.uri}`)).status).toBe(404);
    await encoder.stop();
  });

  test('does nothing for viewers of other protocols, and joins them when it is asked', async () => {
    const other = await TestServer.start(guideEdge('', noWatching));
    const stream = uniqueName('others');
    const encoder = await publisher(stream);
    const flv = await FlvViewer.start(other, stream);
    await waitFor('four groups of pictures', () => flv.tags.filter(isKeyFrame).length >= 4);
    expect(other.log).not.toContain('hls: ');
    const first = await mediaPlaylist(other, stream);
    await other.waitForLog(/hls: win=30000ms, frag=1500ms/);
    expect(playsOf(stream)).toBe(1);
    const frames = mediaFrames(flv.tags).length;

    const reload = async (more: string) => {
      const from = other.log.length;
      const conf = serverConf(other.rtmpPort, other.httpPort, guideEdge(more, noWatching));
      writeFileSync(join(other.folder, 'srs.conf'), conf);
      other.child.kill('SIGHUP');
      await waitFor('the reload', () => other.log.slice(from).includes('reload config success.'));
    };
    await reload('    hls { enabled off; }\n');
    expect((await get(other, `/live/${stream}.m3u8`)).status).toBe(404);
    await reload('');
    const again = await mediaPlaylist(other, stream);
    expect(again.sequence).toBeGreaterThanOrEqual(first.sequence + first.segments.length);
    await waitFor('the other viewer to go on', () => mediaFrames(flv.tags).length > frames);
    flv.destroy();
    await encoder.stop();
    await other.stop();
  });

  test('lets go of names that nobody publishes as soon as nobody waits', async () => {
    const stream = uniqueName('nobody');
    const gone = new AbortController();
    const waiting = fetch(`http://127.0.0.1:${edge.httpPort}/live/${stream}.m3u8`, { signal: gone.signal });
    const [, id] = await edge.waitForLog(
      new RegExp(`\\[(\\w+)\\] edge-pull publish url \\S+/live/${stream},`),
    );
    const startMs = Date.now();
    gone.abort();
    await expect(waiting).rejects.toThrow();
    await edge.waitForLog(new RegExp(`\\[${id}\\] edge change from \\d+ to 300 then 0`));
    // The pull lingers for 3 s; a stream that is there would be kept for 15 s.
    expect(Date.now() - startMs).toBeLessThan(12_000);
  });

  test('answers 404 when nobody has published within 5 s, however long its segments are', async () => {
    const other = await TestServer.start(
      guideEdge('    hls { enabled on; hls_memory on; hls_fragment 20; }\n'),
    );
    const startMs = Date.now();
    expect((await get(other, `/live/${uniqueName('nobody')}.m3u8`)).status).toBe(404);
    const waitedMs = Date.now() - startMs;
    expect(waitedMs).toBeGreaterThan(4900);
    expect(waitedMs).toBeLessThan(30_000);
    await other.waitForLog(/serve error code=4040 : no stream within 5000ms, ip=127\.0\.0\.1/);
    await other.stop();
  });

  test('serves playlists that lie on its disk as before', async () => {
    const name = uniqueName('movie');
    const other = await TestServer.start(guideEdge());
    mkdirSync(join(other.folder, 'html/vod'), { recursive: true });
    writeFileSync(join(other.folder, `html/vod/${name}.m3u8`), '#EXTM3U\n#EXT-X-ENDLIST\n');
    const { status, text } = await get(other, `/vod/${name}.m3u8`);
    expect([status, text]).toEqual([200, '#EXTM3U\n#EXT-X-ENDLIST\n']);
    expect(playsOf(name)).toBe(0);
    await other.stop();
  });
});

test('hls { enabled off; } on an edge: no playlist, and nobody asks the origin', async () => {
  const off = await TestServer.start(guideEdge('    hls { enabled off; }\n'));
  const stream = uniqueName('off');
  const encoder = await publisher(stream);
  expect((await get(off, `/live/${stream}.m3u8`)).status).toBe(404);
  expect(playsOf(stream)).toBe(0);
  await encoder.stop();
  await off.stop();
});
