// The forms in which clients name vhost, app and stream: published under one form, played under another.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ vhosts: `vhost v.example.com { ${httpFlv} }` });
});
afterAll(() => server.stop());

/** [what the client puts into tcUrl, suffix of the stream name, where the stream must be]. S is the name. */
const forms: readonly [tcUrl: string, stream: string, vhost: string, app: string][] = [
  ['rtmp://127.0.0.1/live', 'S', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1:1935/live', 'S', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1:0/live', 'S', '__defaultVhost__', 'live'],
  ['rtmp://whoever.example.org/live', 'S', '__defaultVhost__', 'live'],
  ['rtmp://v.example.com/live', 'S', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live?vhost=v.example.com', 'S', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live?domain=v.example.com', 'S', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live...vhost...v.example.com', 'S', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live', 'S?vhost=v.example.com', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live', 'S?vhost=v.example.com&token=1', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live', 'S?token=1&vhost=v.example.com', 'v.example.com', 'live'],
  ['rtmp://127.0.0.1/live?vhost=__defaultVhost__', 'S', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1/live', 'S?token=1', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1/live/sub/app', 'S', '__defaultVhost__', 'live/sub/app'],
  ['rtmp://127.0.0.1/live/_definst_', 'S', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1/live/', 'S', '__defaultVhost__', 'live'],
  ['rtmp://127.0.0.1/', 'S', '__defaultVhost__', '__defaultApp__'],
  ['rtmp://127.0.0.1/live/S', '', '__defaultVhost__', 'live'],
];

describe.concurrent('published and played by', () => {
  test.for(forms)('%s + %s: vhost %s, app %s', async ([tcUrl, stream, vhost, app]) => {
    const name = uniqueName('url');
    const named = (text: string) => text.replace(/\bS\b/, name);
    const publisher = await RtmpPeer.publisher(server.target, named(tcUrl), named(stream));
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);

    const canonical = `rtmp://${vhost === '__defaultVhost__' ? '127.0.0.1' : vhost}/${app}`;
    for (const [playTcUrl, playStream] of [
      [canonical, name],
      [named(tcUrl), named(stream)],
    ] as const) {
      const player = await RtmpPeer.player(server.target, playTcUrl, playStream);
      await waitFor(`a picture at ${playTcUrl} ${playStream}`, () => player.tags.some(isKeyFrame));
      player.destroy();
    }

    const url = server.flvUrl(name, app);
    for (const viewer of [
      new FlvViewer(`${url}?vhost=${vhost}`),
      new FlvViewer(`${url}?domain=${vhost}`),
      new FlvViewer(url, { host: vhost }),
      new FlvViewer(url, { host: `${vhost}:8080` }),
    ]) {
      await viewer.waitForTags(10);
      viewer.destroy();
    }
    publisher.destroy();
  });
});

test('two vhosts keep streams of the same name apart', async () => {
  const stream = uniqueName('same');
  const [one, two] = await Promise.all(
    ['127.0.0.1', 'v.example.com'].map((host) =>
      RtmpPeer.publisher(server.target, `rtmp://${host}/live`, stream),
    ),
  );
  for (const tag of await mediaTags('h264-aac.flv')) one?.sendTag(tag);
  for (const tag of await mediaTags('aac.flv')) two?.sendTag(tag);
  const other = await RtmpPeer.player(server.target, 'rtmp://v.example.com/live', stream);
  await waitFor('audio', () => other.tags.length > 0);
  const first = await RtmpPeer.player(server.target, 'rtmp://127.0.0.1/live', stream);
  await waitFor('a picture', () => first.tags.some(isKeyFrame));
  expect(other.tags.some((tag) => tag.type === 9)).toBe(false);
  for (const peer of [one, two, other, first]) peer?.destroy();
});

test('ffmpeg publishes to an app with a slash and a vhost in the query', async () => {
  const stream = uniqueName('ffmpeg');
  const file = await mediaFile('h264-aac.flv');
  const url = `rtmp://127.0.0.1:${server.rtmpPort}/live/show/${stream}?vhost=v.example.com`;
  const publisher = new FfmpegPublisher(file, url, { isLooping: true });
  await publisher.waitUntilPublished(1000);
  await server.waitForLog(
    new RegExp(`client identified, type=fmle-publish, vhost=v.example.com, .*${stream}`),
  );
  const player = await RtmpPeer.player(server.target, 'rtmp://v.example.com/live/show', stream);
  await waitFor('a picture', () => player.tags.some(isKeyFrame));
  player.destroy();
  await publisher.stop();
});
