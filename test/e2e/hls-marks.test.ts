// HLS of several edges behind a balancer that spreads single requests: the edges cut where the origin says, so that
// their segments are the same, and a player may get each from another edge.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Balancer } from '../helpers/balancer.ts';
import { run } from '../helpers/child.ts';
import { FfmpegPublisher, ffmpegPath } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { type MediaName, mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { TsChecker } from '../unit/container/mpegts/ts-checker.ts';
import { type Playlist, parsePlaylist } from './hls-folder.ts';

const edgeOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `cluster { mode remote; origin ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

/** The media playlist of an edge for a player that has a name already. */
async function playlistOf(edge: TestServer, stream: string): Promise<Playlist> {
  const { status, text } = await http(
    edge.httpPort,
    `/live/${stream}.m3u8?hls_ctx=${stream.replace('-', '')}`,
  );
  expect([status, text]).toEqual([200, expect.stringContaining('#EXTINF')]);
  return parsePlaylist(text);
}

/** Number, length and name of each segment. */
const listOf = ({ sequence, segments }: Playlist) =>
  new Map(segments.map(({ durationSec, uri }, index) => [sequence + index, `${durationSec} ${uri}`]));

async function untilListed(edge: TestServer, stream: string, count: number): Promise<Playlist> {
  return waitFor(
    `${count} segments`,
    async () => {
      const playlist = await playlistOf(edge, stream);
      return playlist.segments.length >= count ? playlist : undefined;
    },
    { intervalMs: 200 },
  );
}

async function publisher(origin: TestServer, stream: string, file: MediaName = 'h264-aac.flv') {
  const encoder = new FfmpegPublisher(await mediaFile(file), origin.rtmpUrl(stream), { isLooping: true });
  await encoder.waitUntilPublished(500);
  return encoder;
}

let origin: TestServer;
/** Between the origin and the second edge, which fetches from it over HTTP-FLV. */
let middle: TestServer;
let edges: readonly [TestServer, TestServer];

beforeAll(async () => {
  origin = await TestServer.start();
  middle = await edgeOf(origin.rtmpPort);
  const vhost = `cluster { mode remote; protocol flv; origin 127.0.0.1:${middle.httpPort}; }`;
  edges = await Promise.all([edgeOf(origin.rtmpPort), TestServer.start({ vhost })]);
});
afterAll(async () => {
  for (const edge of edges) await edge.stop();
  await middle.stop();
  await origin.stop();
});

/** What both edges have, beginning with the first that the second one has; it comes later. */
async function expectSame(stream: string): Promise<void> {
  await untilListed(edges[0], stream, 2);
  await untilListed(edges[1], stream, 3);
  const playlists = [await playlistOf(edges[0], stream), await playlistOf(edges[1], stream)] as const;
  const [first, second] = [listOf(playlists[0]), listOf(playlists[1])];
  const shared = [...second.keys()].filter((sequence) => first.has(sequence));
  expect(shared.length).toBeGreaterThanOrEqual(2);
  expect(shared.map((sequence) => second.get(sequence))).toEqual(
    shared.map((sequence) => first.get(sequence)),
  );
  const checker = new TsChecker();
  for (const [index, sequence] of shared.entries()) {
    const { uri, isDiscontinuity } = playlists[1].segments[sequence - playlists[1].sequence]!;
    const [own, other] = await Promise.all(edges.map((edge) => http(edge.httpPort, `/live/${uri}`)));
    expect([own?.status, own?.bytes.equals(other!.bytes)], uri).toEqual([200, true]);
    // One segment of this edge, the next of that.
    checker.check((index % 2 === 0 ? own : other)!.bytes, uri, { isDiscontinuity });
  }
  expect(checker.problems).toEqual([]);
}

describe.concurrent('edges at different distances', () => {
  test.each(['h264-bframes-aac.flv', 'aac.flv'] as const)('have the same segments of %s', async (file) => {
    const stream = uniqueName('same');
    const encoder = await publisher(origin, stream, file);
    await expectSame(stream);
    await encoder.stop();
  });

  test('have the same segments of two publishers, one after the other', async () => {
    const stream = uniqueName('again');
    const first = await publisher(origin, stream);
    await Promise.all(edges.map((edge) => untilListed(edge, stream, 1)));
    await first.stop();
    const second = await publisher(origin, stream, 'h264-small-aac.flv');
    const lastFew = (edge: TestServer) =>
      waitFor('segments of the second', async () => {
        const { segments } = await playlistOf(edge, stream);
        const at = segments.findIndex(({ isDiscontinuity }) => isDiscontinuity);
        return at > 0 && segments.length >= at + 2;
      });
    await Promise.all(edges.map(lastFew));
    await expectSame(stream);
    await second.stop();
  });

  test('behind a balancer of requests are one to ffmpeg', async () => {
    const stream = uniqueName('one');
    const encoder = await publisher(origin, stream);
    await Promise.all(edges.map((edge) => untilListed(edge, stream, 3)));
    const balancer = await Balancer.start(edges);
    const played = await run(ffmpegPath(), [
      ...['-hide_banner', '-nostdin', '-v', 'warning', '-i', balancer.url(stream), '-t', '15'],
      ...['-map', '0:v', '-map', '0:a', '-f', 'framecrc', '-c', 'copy', '-'],
      // Decodes all of it, too.
      ...['-t', '15', '-map', '0:v', '-map', '0:a', '-f', 'null', '-'],
    ]);
    expect([played.stderr, balancer.failures]).toEqual(['', []]);
    const times = (track: number) =>
      [...played.stdout.matchAll(new RegExp(`^${track}, +(-?\\d+),`, 'gm'))].map(([, dts]) => Number(dts));
    const steps = (values: readonly number[]) =>
      values.slice(1).map((value, index) => value - values[index]!);
    expect(times(0).length).toBeGreaterThanOrEqual(15 * 25 - 2);
    // 56 ms lie between the end of the file and its start: that is where ffmpeg begins again.
    expect(Math.max(...steps(times(0)))).toBeLessThanOrEqual(56 * 90);
    expect(Math.min(...steps(times(0)))).toBe(3600);
    expect(Math.max(...steps(times(1)))).toBeLessThanOrEqual(25 * 90);
    balancer.close();
    await encoder.stop();
  });

  test('a segment that another edge has listed is worth waiting for, also where nobody has asked yet', async () => {
    const stream = uniqueName('cold');
    const encoder = await publisher(origin, stream);
    const { sequence, segments } = await untilListed(edges[0], stream, 2);
    const next = `/live/${stream}-${sequence + segments.length + 1}.ts`;
    const [late, early] = await Promise.all([http(edges[1].httpPort, next), http(edges[0].httpPort, next)]);
    expect([late.status, early.status, late.bytes.equals(early.bytes)]).toEqual([200, 200, true]);
    // What is gone, or far ahead, is not.
    for (const number of [sequence, sequence + 100]) {
      expect((await http(edges[1].httpPort, `/live/${stream}-${number}.ts`)).status).toBe(404);
    }
    await encoder.stop();
  });

  test('an origin that is killed: its edges go on with the numbers and the times at another', async () => {
    const ports = [await freePort(), await freePort()] as const;
    const first = await TestServer.start({ rtmpPort: ports[0] });
    const second = await TestServer.start({ rtmpPort: ports[1] });
    const own = await Promise.all([edgeOf(...ports), edgeOf(...ports)]);
    const stream = uniqueName('moved');
    const before = await publisher(first, stream);
    const [last] = await Promise.all(own.map((edge) => untilListed(edge, stream, 2)));
    const balancer = await Balancer.start(own);
    const player = run(ffmpegPath(), [
      ...['-hide_banner', '-nostdin', '-v', 'error', '-i', balancer.url(stream), '-t', '12', '-map', '0:v'],
      ...['-f', 'framecrc', '-c', 'copy', '-'],
    ]);
    await first.child.destroy();
    await before.child.destroy();
    const after = await publisher(second, stream);
    const lastNumber = last!.sequence + last!.segments.length - 1;
    for (const edge of own) {
      const playlist = await waitFor(
        'segments of the other origin',
        async () => {
          const found = await playlistOf(edge, stream);
          return found.sequence + found.segments.length > lastNumber + 4 ? found : undefined;
        },
        { intervalMs: 200 },
      );
      expect(playlist.sequence).toBeGreaterThanOrEqual(last!.sequence);
      expect(playlist.sequence).toBeLessThanOrEqual(lastNumber + 3);
      const moved = playlist.segments.findIndex(({ isDiscontinuity }) => isDiscontinuity);
      expect(moved).toBeGreaterThanOrEqual(0);
      let lastPts = 0;
      for (const { uri } of playlist.segments) {
        const { bytes } = await http(edge.httpPort, `/live/${uri}`);
        const times = new TsChecker().check(bytes, uri).pes.map(({ pts }) => pts);
        expect(Math.min(...times)).toBeGreaterThan(lastPts - 90_000);
        lastPts = Math.max(...times);
      }
    }
    const { stderr, stdout } = await player;
    expect(stderr).toBe('');
    // 12 s, of which the time between the origins may be missing.
    expect(stdout.match(/^0,/gm)?.length).toBeGreaterThan(200);
    balancer.close();
    await after.stop();
    for (const edge of own) await edge.stop();
    await second.stop();
  });
});
