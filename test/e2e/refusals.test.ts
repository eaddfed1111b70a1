// Who is refused is told why before the connection closes (SRS just closes), and nobody else notices.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { mediaFile } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { expectSamePackets, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

let server: TestServer;
let strict: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ root: 'max_connections 1000;' });
  strict = await TestServer.start({
    hasNoDefaultVhost: true,
    vhosts: `vhost known.example.com { ${httpFlv} } vhost off.example.com { enabled off; }`,
  });
});
afterAll(async () => {
  await server.stop();
  await strict.stop();
});

/** The code in a level "error" status or `_error`, which is what real clients show to their user. */
async function refusalOf(peer: RtmpPeer): Promise<{ code: unknown; description: string }> {
  const info = await waitFor(
    () => `a refusal; received: ${JSON.stringify(peer.commands)}`,
    () =>
      peer.commands
        .flatMap((command) => command.values)
        .find(
          (value) => value && typeof value === 'object' && !Array.isArray(value) && value.level === 'error',
        ),
  );
  const { code, description } = info as { code: unknown; description: unknown };
  return { code, description: String(description) };
}

describe.concurrent('a stream that is being published', () => {
  test('refuses a second ffmpeg with the reason on its screen; the first one goes on', async () => {
    const stream = uniqueName('busy');
    const file = await mediaFile('h264-aac.flv');
    const viewer = await RtmpViewer.start(server.target, stream);
    const first = await HeldPublisher.start(file, server.target, stream, 1000);

    const second = new FfmpegPublisher(file, server.rtmpUrl(stream));
    const { code } = await second.child.exited();
    expect(code).not.toBe(0);
    expect(second.child.stderr).toMatch(/Server error: .*busy/i);
    await server.waitForLog(/stream \/live\/busy-\w+ is busy/);

    await first.finish();
    expectSamePackets((await viewer.finish()).packets, (await probe(file)).packets);
  });

  test('refuses with NetStream.Publish.BadName, then closes; the name is free again afterwards', async () => {
    const stream = uniqueName('busy');
    const first = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const second = await RtmpPeer.connected(server.target, server.tcUrl());
    second.requestPublish(stream);
    const refusal = await refusalOf(second);
    expect(refusal.code).toBe('NetStream.Publish.BadName');
    expect(refusal.description).toContain(stream);
    await second.waitForClose();
    expect(first.isClosed).toBe(false);
    const statuses = JSON.stringify(second.commands.filter((command) => command.name === 'onStatus'));
    expect(statuses, 'no success before the refusal').not.toContain('NetStream.Publish.Start');

    first.destroy();
    const third = await waitFor('the name to be free', async () => {
      const peer = await RtmpPeer.connected(server.target, server.tcUrl());
      peer.requestPublish(stream);
      return peer.waitForStatus('NetStream.Publish.Start', 'onStatus', 2000).then(
        () => peer,
        () => undefined,
      );
    });
    third.destroy();
  });
});

describe.concurrent('a vhost', () => {
  test.for(['unknown.example.com', 'off.example.com'])(
    '%s that is not served refuses publisher and player',
    async (vhost) => {
      for (const request of ['requestPublish', 'requestPlay'] as const) {
        const peer = await RtmpPeer.open(strict.target);
        await peer.handshake();
        peer.connectApp(`rtmp://${vhost}/live`);
        peer[request]('stream');
        const refusal = await refusalOf(peer);
        expect(refusal.code).toMatch(/^Net(Connection\.Connect\.Rejected|Stream\.(Publish|Play)\.\w+)$/);
        expect(refusal.description).toContain(vhost);
        await peer.waitForClose();
      }
      await strict.waitForLog(new RegExp(`${vhost}`));
    },
  );

  test('that is unknown is shown by ffmpeg, and a known one works on the same server', async () => {
    const file = await mediaFile('h264-aac.flv');
    const url = (vhost: string) => `${strict.tcUrl()}/${uniqueName('v')}?vhost=${vhost}`;
    const refused = new FfmpegPublisher(file, url('unknown.example.com'), { isRealTime: false });
    expect((await refused.child.exited()).code).not.toBe(0);
    expect(refused.child.stderr).toMatch(/Server error: .*unknown\.example\.com/);
    await new FfmpegPublisher(file, url('known.example.com'), { isRealTime: false }).finish();
  });
});

describe.concurrent('a request without a stream name', () => {
  test.for(['requestPublish', 'requestPlay'] as const)('%s is refused', async (request) => {
    const peer = await RtmpPeer.connected(server.target, server.tcUrl());
    peer[request]('');
    expect((await refusalOf(peer)).code).toMatch(/^NetStream\.(Publish|Play)\./);
    await peer.waitForClose();
  });
});

test('a server that is full closes the connection with a log line, and serves again when there is room', async () => {
  const small = await TestServer.start({ root: 'max_connections 2;' });
  const inside = [
    await RtmpPeer.connected(small.target, small.tcUrl()),
    await RtmpPeer.connected(small.target, small.tcUrl()),
  ];
  const outside = await RtmpPeer.open(small.target);
  await outside.waitForClose();
  await small.waitForLog(/code=1074 .*drop .*max=2.*for exceed connection limits/);
  for (const peer of inside) expect(peer.isClosed).toBe(false);

  inside[0]?.destroy();
  const next = await waitFor('room', () =>
    RtmpPeer.connected(small.target, small.tcUrl()).catch(() => undefined),
  );
  next.destroy();
  inside[1]?.destroy();
  await small.stop();
});
