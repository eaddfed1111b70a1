// Live streams as TS, AAC and MP3: what ffmpeg publishes is in them, frame by frame, and what a request gets whose
// stream is not there.

import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffprobePath } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { fileTags, type MediaName, mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { adtsFrames } from '../unit/container/mpegts/elementary-checks.ts';
import { TsChecker } from '../unit/container/mpegts/ts-checker.ts';
import { framesOf, framesOfTags } from './hls-folder.ts';

const remux = (extension: string, more = '') =>
  `http_remux { enabled on; mount [vhost]/[app]/[stream].${extension}; ${more} }`;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    vhosts: `
      vhost ts.test { ${remux('ts')} }
      vhost aac.test { ${remux('aac')} }
      vhost mp3.test { ${remux('mp3')} }
      vhost cached.test { ${remux('aac', 'fast_cache 1;')} }
      vhost both.test { ${remux('ts')} hls { enabled on; hls_path ./html; } }
      vhost never.test { ${remux('flv', 'wait_for_stream 0;')} }
      vhost soon.test { ${remux('flv', 'wait_for_stream 0.5;')} }`,
  });
});
afterAll(() => server.stop());

/** A viewer that waits for a stream before anybody publishes it. */
async function viewerOf(format: string, stream: string, vhost = `${format}.test`): Promise<FlvViewer> {
  const mark = uniqueName('viewer');
  const path = `/live/${stream}.${format}?vhost=${vhost}&viewer=${mark}`;
  const viewer = new FlvViewer(`http://127.0.0.1:${server.httpPort}${path}`);
  await server.waitForLog(new RegExp(`GET \\S*viewer=${mark}`));
  return viewer;
}

/** All that a viewer gets of a whole publish. */
async function published(format: string, source: string): Promise<FlvViewer> {
  const stream = uniqueName(format);
  const viewer = await viewerOf(format, stream);
  const url = `${server.rtmpUrl(stream)}?vhost=${format}.test`;
  await new FfmpegPublisher(source, url, { isRealTime: false }).finish();
  expect(await viewer.waitForEnd()).toBe('end');
  return viewer;
}

/** @param level what ffprobe is to say: it always warns that AAC by itself has no duration */
async function probedWithoutComplaint(bytes: Buffer, format: string, level = 'warning'): Promise<string> {
  const path = join(newFolder('live'), `stream.${format}`);
  writeFileSync(path, bytes);
  const ffprobe = await run(ffprobePath(), ['-v', level, '-show_streams', path]);
  expect(ffprobe.stderr, format).toBe('');
  return ffprobe.stdout;
}

describe.concurrent('HTTP-TS', () => {
  test.each<MediaName>([
    'h264-aac.flv',
    'h264-bframes-aac.flv',
    'h264-mp3.flv',
    'h264.flv',
    'aac.flv',
    'mp3.flv',
  ])('has every frame of %s', async (name) => {
    const viewer = await published('ts', await mediaFile(name));
    expect(viewer.response?.headers).toMatchObject({
      'content-type': 'video/MP2T',
      'transfer-encoding': 'chunked',
    });
    const checker = new TsChecker();
    const { pes } = checker.check(viewer.bytes, name, { isDiscontinuity: true });
    expect(checker.problems).toEqual([]);
    expect(framesOf(pes)).toEqual(framesOfTags(await mediaTags(name)));
    await probedWithoutComplaint(viewer.bytes, 'ts');
  });

  test('starts with tables and a key frame for who comes later', async () => {
    const stream = uniqueName('late');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), `${stream}?vhost=ts.test`);
    const tags = await mediaTags('h264-aac.flv');
    const witness = await RtmpPeer.player(server.target, server.tcUrl('live?vhost=ts.test'), stream);
    for (const tag of tags.filter(({ timestampMs }) => timestampMs < 2500)) peer.sendTag(tag);
    await waitFor('the first half', () => (witness.tags.at(-1)?.timestampMs ?? 0) >= 2400);
    const viewer = await viewerOf('ts', stream);
    await waitFor('half a second', () => viewer.byteCount > 20_000);
    for (const tag of tags.filter(({ timestampMs }) => timestampMs >= 2500)) peer.sendTag(tag);
    peer.end();
    await viewer.waitForEnd();
    witness.destroy();
    const checker = new TsChecker();
    const { pes } = checker.check(viewer.bytes, stream, { isDiscontinuity: true });
    expect(checker.problems).toEqual([]);
    const all = framesOfTags(tags).video.map((line) => line.replace(/^\S+ /, ''));
    const got = framesOf(pes).video.map((line) => line.replace(/^\S+ /, ''));
    expect(got).toEqual(all.slice(-got.length));
    expect(got.length).toBeGreaterThan(50);
    expect(got.length, 'it comes in the middle').toBeLessThan(all.length);
  });
});

describe.concurrent('sound alone', () => {
  const soundOf = (name: MediaName, tags = mediaTags(name)) =>
    tags.then((all) => framesOfTags(all).audio.map((line) => line.split(' ').slice(1).join(' ')));

  test('HTTP-AAC has every frame behind an MPEG-4 ADTS header', async () => {
    const viewer = await published('aac', await mediaFile('h264-aac.flv'));
    expect(viewer.response?.headers['content-type']).toBe('audio/x-aac');
    expect(viewer.bytes.toString('hex', 0, 2)).toBe('fff1');
    const frames = adtsFrames(viewer.bytes).map((frame) => frame.length - 7);
    const source = (await soundOf('h264-aac.flv')).map((line) => Number(line.split(' ')[0]));
    expect(frames).toEqual(source);
    expect(await probedWithoutComplaint(viewer.bytes, 'aac', 'error')).toMatch(/codec_name=aac/);
  });

  test('HTTP-MP3 has an ID3 tag and every frame', async () => {
    const viewer = await published('mp3', await mediaFile('h264-mp3.flv'));
    expect(viewer.response?.headers['content-type']).toBe('audio/mpeg');
    expect(viewer.bytes.toString('hex', 0, 20)).toBe('4944330300000000000a00000000000000000000');
    const tags = fileTags(await mediaFile('h264-mp3.flv'));
    const frames = tags.filter(({ type }) => type === 8).map(({ body }) => body.subarray(1));
    expect(viewer.bytes.subarray(20).equals(Buffer.concat(frames))).toBe(true);
  });

  test('fast_cache gives a late listener the last second', async () => {
    const stream = uniqueName('cached');
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), `${stream}?vhost=cached.test`);
    const first = await viewerOf('aac', stream, 'cached.test');
    const tags = await mediaTags('aac.flv');
    for (const tag of tags) peer.sendTag(tag);
    const frameCount = (viewer: FlvViewer) => adtsFrames(viewer.bytes).length;
    await waitFor('all sound', () => frameCount(first) >= tags.length - 3);
    const late = await viewerOf('aac', stream, 'cached.test');
    // 44100 / 1024 frames are a second.
    await waitFor('the last second', () => frameCount(late) >= 42);
    peer.end();
    await late.waitForEnd();
    expect(frameCount(late)).toBeLessThanOrEqual(46);
    first.destroy();
  });
});

describe.concurrent('a stream that nobody publishes', () => {
  test('is 404 at once with wait_for_stream 0', async () => {
    const { status, text } = await http(server.httpPort, `/live/${uniqueName('no')}.flv?vhost=never.test`);
    expect([status, text]).toEqual([404, 'Not Found']);
  });

  test('is 404 where it would be a segment of HLS', async () => {
    const { status } = await http(server.httpPort, `/live/${uniqueName('no')}-7.ts?vhost=both.test`);
    expect(status).toBe(404);
  });

  test('is 404 after wait_for_stream, and not before', async () => {
    const startMs = Date.now();
    const { status, text } = await http(server.httpPort, `/live/${uniqueName('no')}.flv?vhost=soon.test`);
    expect([status, text]).toEqual([404, 'Not Found']);
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(490);
  });

  test('is waited for without limit by default, and seen when it comes', async () => {
    const stream = uniqueName('waits');
    const viewer = await viewerOf('ts', stream);
    const refused = http(server.httpPort, `/live/${stream}.flv?vhost=soon.test`);
    expect((await refused).status).toBe(404);
    expect(viewer.response).toBeUndefined();
    const peer = await RtmpPeer.publisher(server.target, server.tcUrl(), `${stream}?vhost=ts.test`);
    for (const tag of await mediaTags('h264-aac.flv')) peer.sendTag(tag);
    await waitFor('media', () => viewer.byteCount > 1000);
    peer.destroy();
    viewer.destroy();
  });
});

test('HEAD gets the content type alone', async () => {
  const answer = await new Promise<string | undefined>((resolve) => {
    const path = `/live/${uniqueName('head')}.ts?vhost=ts.test`;
    const sent = get({ port: server.httpPort, method: 'HEAD', path, agent: false }, (response) => {
      resolve(response.headers['content-type']);
      response.resume();
    });
    sent.on('error', () => resolve(undefined));
  });
  expect(answer).toBe('video/MP2T');
});
