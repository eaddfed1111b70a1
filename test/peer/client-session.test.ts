// Our client session, which edges and forwards use, on a real socket: publishing to and playing from nginx-rtmp,
// a server that is not ours, and from there to our own.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { RtmpClientHandler, RtmpStatus } from '../../src/protocol/rtmp/client-handler.ts';
import { RtmpClientSession } from '../../src/protocol/rtmp/client-session.ts';
import { encodeAmf } from '../helpers/amf0.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, type FlvTag, isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSamePackets, probe } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { NginxRtmp } from './nginx-rtmp.ts';

/** The session with a socket, and what it has told. */
class SessionClient {
  readonly tags: FlvTag[] = [];
  readonly statuses: RtmpStatus[] = [];
  isStarted = false;
  readonly #socket: Socket;
  readonly #session: RtmpClientSession;

  constructor(role: 'play' | 'publish', port: number, stream: string) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const handler: RtmpClientHandler = {
      output: (bytes) => this.#socket.write(bytes),
      connected: () => {},
      started: () => {
        this.isStarted = true;
      },
      media: ({ typeId, timestamp, payload }) => {
        this.tags.push({ type: typeId, timestampMs: timestamp, body: Buffer.from(payload) });
      },
      statusReceived: (status) => this.statuses.push(status),
      refused: (status) => this.statuses.push(status),
      redirected: () => {},
      notice: () => {},
    };
    const tcUrl = `rtmp://127.0.0.1:${port}/live`;
    this.#session = new RtmpClientSession(
      { role, stream, tcUrl, app: 'live', chunkSize: 60_000, randomBytes },
      handler,
    );
    this.#socket.on('connect', () => this.#session.start(0));
    this.#socket.on('data', (bytes) => this.#session.receive(bytes));
    this.#socket.on('error', () => {});
  }

  async started(): Promise<this> {
    await waitFor(
      () => `the server to agree; it said ${JSON.stringify(this.statuses)}`,
      () => this.isStarted,
    );
    return this;
  }

  send({ type, timestampMs, body }: FlvTag): void {
    const payload = type === 18 ? Buffer.concat([encodeAmf('@setDataFrame'), body]) : body;
    this.#session.sendMedia(type as 8 | 9 | 18, timestampMs, payload);
  }

  close(): void {
    this.#session.stop();
    this.#socket.end();
  }
}

test('publishes to nginx-rtmp: ffprobe gets every packet from there', async () => {
  const nginx = await NginxRtmp.start();
  const stream = uniqueName('session');
  const viewer = await RtmpViewer.start(nginx, stream);
  const client = await new SessionClient('publish', nginx.port, stream).started();
  for (const tag of await mediaTags('h264-bframes-aac.flv')) client.send(tag);
  const { packets } = await viewer.finish();
  expectSamePackets(packets, (await probe(await mediaFile('h264-bframes-aac.flv'))).packets);
  client.close();
  await nginx.stop();
});

test.for(['nginx-rtmp', 'our server'] as const)('plays from %s what ffmpeg publishes there', async (name) => {
  const server = name === 'nginx-rtmp' ? await NginxRtmp.start() : await TestServer.start();
  const port = 'port' in server ? server.port : server.rtmpPort;
  const stream = uniqueName('session');
  // nginx says that playing starts only to those who come after the publisher; the session sends play at once.
  const client = new SessionClient('play', port, stream);
  await new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream)).finish();
  await client.started();
  const source = mediaFrames(await mediaTags('h264-aac.flv'));
  await waitFor(
    () => `${source.length} frames, got ${mediaFrames(client.tags).length}`,
    () => mediaFrames(client.tags).length >= source.length,
  );
  expect(digests(mediaFrames(client.tags))).toEqual(digests(source));
  client.close();
  await server.stop();
});

test('is told by our server that a stream is busy', async () => {
  const server = await TestServer.start();
  const stream = uniqueName('session');
  const first = await new SessionClient('publish', server.rtmpPort, stream).started();
  const second = new SessionClient('publish', server.rtmpPort, stream);
  await waitFor('the refusal', () => second.statuses.length > 0);
  expect(second.statuses[0]).toMatchObject({ code: 'NetStream.Publish.BadName', level: 'error' });
  for (const tag of await mediaTags('h264-aac.flv')) first.send(tag);
  const player = await new SessionClient('play', server.rtmpPort, stream).started();
  await waitFor('a picture', () => player.tags.some(isKeyFrame));
  for (const client of [first, second, player]) client.close();
  await server.stop();
});
