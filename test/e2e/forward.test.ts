// Forward: what is published at one server is at the others, too.

import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame, mediaFrames } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { expectSamePackets, probe } from '../helpers/packets.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { RtmpViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

const masterOf = (...ports: readonly number[]) =>
  TestServer.start({
    vhost: `forward { enabled on; destination ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}; }`,
  });

/** A hook that gives everybody the same answer; `questions` are the bodies that it got. */
async function startHook(
  status: number,
  answer: string,
): Promise<{ url: string; questions: unknown[]; close(): void }> {
  const questions: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    questions.push(JSON.parse(body));
    response.writeHead(status).end(answer);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}/forward`, questions, close: () => server.close() };
}

const masterWithHook = (url: string) =>
  TestServer.start({ vhost: `forward { enabled on; destination 127.0.0.1:1; backend ${url}; }` });

describe.concurrent('a hook that says where streams go', () => {
  test('names server, app, stream and parameters', async () => {
    const slave = await TestServer.start();
    const target = uniqueName('target');
    const urls = [`rtmp://127.0.0.1:${slave.rtmpPort}/other/${target}?x=1`];
    const hook = await startHook(200, JSON.stringify({ code: 0, data: { urls } }));
    const master = await masterWithHook(hook.url);
    const stream = uniqueName('asked');
    const viewer = await RtmpPeer.player(slave.target, slave.tcUrl('other'), target);
    const publisher = await RtmpPeer.publisher(master.target, master.tcUrl(), `${stream}?token=9`);
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    await waitFor('pictures', () => viewer.tags.some(isKeyFrame));
    await slave.waitForLog(new RegExp(`type=flash-publish, \\S+ app=other, stream=${target}, param=\\?x=1,`));
    expect(hook.questions).toEqual([
      {
        action: 'on_forward',
        server_id: expect.stringMatching(/^vid-\w{7}$/),
        service_id: expect.stringMatching(/^\w{8}$/),
        client_id: expect.stringMatching(/^\w{8}$/),
        ...{ ip: '127.0.0.1', vhost: '__defaultVhost__', app: 'live' },
        ...{ tcUrl: master.tcUrl(), stream, param: '?token=9' },
      },
    ]);
    for (const peer of [viewer, publisher]) peer.destroy();
    hook.close();
    for (const server of [master, slave]) await server.stop();
  });

  test('may name nobody: the stream stays here', async () => {
    const hook = await startHook(200, '{"code":0,"data":{"urls":[]}}');
    const master = await masterWithHook(hook.url);
    const publisher = await RtmpPeer.publisher(master.target, master.tcUrl(), uniqueName('kept'));
    expect(master.log).not.toMatch(/Forwarder|forward publish/);
    publisher.destroy();
    hook.close();
    await master.stop();
  });

  test.each([
    ['says 0 alone, as hooks that allow or refuse do', 200, '0', /no {"code":0,"data":{"urls":\[…\]}} but 0/],
    ['says no', 200, '{"code":1}', /but {"code":1}/],
    ['fails', 500, '{"code":0,"data":{"urls":[]}}', /HTTP status 500/],
    ['names something else', 200, '{"code":0,"data":{"urls":["http://a/b"]}}', /http:\/\/a\/b is no URL/],
  ])('that %s refuses the publisher, who is told why', async (_, status, answer, reason) => {
    const hook = await startHook(status, answer);
    const master = await masterWithHook(hook.url);
    const publisher = await RtmpPeer.connected(master.target, master.tcUrl());
    publisher.requestPublish(uniqueName('refused'));
    const { description } = await publisher.waitForStatus('NetStream.Publish.BadName');
    expect(description).toMatch(reason);
    publisher.destroy();
    hook.close();
    await master.stop();
  });

  test('and is not there refuses the publisher', async () => {
    const master = await masterWithHook(`http://127.0.0.1:${await freePort()}/forward`);
    const publisher = await RtmpPeer.connected(master.target, master.tcUrl());
    publisher.requestPublish(uniqueName('refused'));
    const { description } = await publisher.waitForStatus('NetStream.Publish.BadName');
    expect(description).toMatch(/on_forward failed, url=http:\S+ : .*ECONNREFUSED/);
    publisher.destroy();
    await master.stop();
  });
});

describe.concurrent('forward', () => {
  test('to two servers: viewers there get every packet', async () => {
    const slaves = [await TestServer.start(), await TestServer.start()];
    const master = await masterOf(...slaves.map((slave) => slave.rtmpPort));
    const stream = uniqueName('forward');
    const viewers = await Promise.all(slaves.map((slave) => RtmpViewer.start(slave.target, stream)));
    const file = await mediaFile('h264-bframes-aac.flv');
    await new FfmpegPublisher(file, master.rtmpUrl(`${stream}?token=1`)).finish();
    const source = (await probe(file)).packets;
    for (const viewer of viewers) expectSamePackets((await viewer.finish()).packets, source);
    expect(slaves[0]?.log).toMatch(
      new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream}, param=\\?token=1,`),
    );
    // The stream is free there as soon as its publisher has left here.
    for (const slave of slaves) {
      const peer = await RtmpPeer.publisher(slave.target, slave.tcUrl(), stream);
      peer.destroy();
    }
    for (const server of [master, ...slaves]) await server.stop();
  });

  test('to a server that is killed and comes back starts there with a key frame', async () => {
    const port = await freePort();
    const killed = await TestServer.start({ rtmpPort: port });
    const master = await masterOf(port);
    const stream = uniqueName('forward');
    const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), master.rtmpUrl(stream), {
      isLooping: true,
    });
    await killed.waitForLog(new RegExp(`type=flash-publish, \\S+ \\S+ stream=${stream},`));
    await killed.child.destroy();
    const slave = await TestServer.start({ rtmpPort: port });
    const viewer = await RtmpPeer.player(slave.target, slave.tcUrl(), stream);
    await waitFor('pictures', () => mediaFrames(viewer.tags).length > 25);
    const first = mediaFrames(viewer.tags).find((tag) => tag.type === 9);
    expect(first !== undefined && isKeyFrame(first)).toBe(true);
    expect(publisher.child.status).toBeUndefined();
    viewer.destroy();
    await publisher.stop();
    for (const server of [master, slave]) await server.stop();
  });
});
