// rtmpdump (librtmp) as a player: its own handshake, FCSubscribe, fmt 1 control messages.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Child } from '../helpers/child.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { digests, mediaFrames, parseFlv } from '../helpers/flv.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { newFolder, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, expectTailOf, probe } from '../helpers/packets.ts';
import { TestServer } from '../helpers/server.ts';
import { Tap } from '../helpers/tap.ts';
import { debianProgram } from './debian.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

class Rtmpdump {
  readonly tap: Tap;
  readonly child: Child;
  readonly path = join(newFolder('rtmpdump'), 'out.flv');

  private constructor(tap: Tap, stream: string, app: string) {
    this.tap = tap;
    const url = `rtmp://127.0.0.1:${tap.port}/${app}/${stream}`;
    this.child = new Child(debianProgram('rtmpdump', 'rtmpdump'), ['--live', '-r', url, '-o', this.path]);
  }

  static async start(stream: string, app = 'live'): Promise<Rtmpdump> {
    const tap = await Tap.open(server.rtmpPort);
    const rtmpdump = new Rtmpdump(tap, stream, app);
    await tap.waitForText('NetStream.Play.Start');
    return rtmpdump;
  }

  /** rtmpdump ends with code 2, "incomplete", when a live stream is cut: that is how this one ends. */
  async finish(): Promise<string> {
    await this.tap.closeWhenQuiet();
    await this.child.exited();
    expect(this.child.stderr).toMatch(/Connected|Download/);
    return this.path;
  }
}

test.for(['h264-aac.flv', 'h264-bframes-aac.flv', 'h264.flv', 'aac.flv', 'mp3.flv'] as const)(
  'writes every packet of %s',
  async (name) => {
    const stream = uniqueName('dump');
    const file = await mediaFile(name);
    const viewer = await Rtmpdump.start(stream);
    await new FfmpegPublisher(file, server.rtmpUrl(stream)).finish();
    const path = await viewer.finish();
    expectSamePackets((await probe(path)).packets, (await probe(file)).packets);
    const written = digests(mediaFrames(parseFlv(readFileSync(path)).tags));
    expect(written).toEqual(digests(mediaFrames(await mediaTags(name))));
  },
);

test('comes later and starts with a key frame', async () => {
  const stream = uniqueName('dump');
  const file = await mediaFile('h264-aac.flv');
  const publisher = await HeldPublisher.start(file, server.target, stream, 2500);
  const viewer = await Rtmpdump.start(stream);
  await publisher.finish();
  expectTailOf((await probe(await viewer.finish())).packets, (await probe(file)).packets);
});

test('follows a publisher that comes back', async () => {
  const stream = uniqueName('dump');
  const file = await mediaFile('h264-aac.flv');
  const viewer = await Rtmpdump.start(stream);
  for (let round = 0; round < 2; round++) {
    await new FfmpegPublisher(file, server.rtmpUrl(stream), { isRealTime: false }).finish();
  }
  const { packets } = await probe(await viewer.finish());
  expect(packets.length).toBe(2 * (await probe(file)).packets.length);
});
