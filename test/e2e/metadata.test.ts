// onMetaData as viewers get it: the publisher's, without its duration, signed by the server.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAmf, encodeAmf } from '../helpers/amf0.ts';
import { run } from '../helpers/child.ts';
import { HeldPublisher } from '../helpers/held-publisher.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { mainPath, TestServer } from '../helpers/server.ts';
import { FlvViewer, flvProber, RtmpViewer } from '../helpers/viewer.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe.concurrent('metadata', () => {
  test('names the server and its version, in ffprobe as in `-v`', async () => {
    const stream = uniqueName('meta');
    const viewer = await RtmpViewer.start(server.target, stream);
    const file = await mediaFile('h264-aac.flv');
    const publisher = await HeldPublisher.start(file, server.target, stream, 1000);
    const prober = await flvProber(server, stream);
    await publisher.finish();
    const rtmp = await viewer.finish();
    const http = await prober.result();

    const version = (await run(process.execPath, [mainPath, '-v'])).output.trim();
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    for (const tags of [rtmp.tags, http.tags]) {
      expect(tags.server_version).toBe(version);
      expect(tags.server).toBeTruthy();
    }
  });

  test('is one AMF0 object: everything else kept in order, duration removed, server fields last', async () => {
    const stream = uniqueName('meta');
    const player = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const sent = { zoom: 2, duration: 10, nested: { a: [1, 'x', null] }, server: 'mine', stereo: true };
    publisher.send({
      typeId: 18,
      streamId: 1,
      timestamp: 0,
      payload: encodeAmf('@setDataFrame', 'onMetaData', sent),
    });
    for (const tag of (await mediaTags('aac.flv')).slice(1, 60)) publisher.sendTag(tag);

    const message = await player.waitForMessage(
      'onMetaData',
      ({ typeId, payload }) => typeId === 18 && payload.includes('onMetaData'),
    );
    expect(message.timestamp).toBe(0);
    expect(message.payload[13], 'AMF0 marker of an object, not of an ECMA array').toBe(3);
    const [name, values] = decodeAmf(message.payload);
    expect(name).toBe('onMetaData');
    expect(Object.keys(values as object)).toEqual(['zoom', 'nested', 'stereo', 'server', 'server_version']);
    expect(values).toMatchObject({ zoom: 2, nested: { a: [1, 'x', null] }, stereo: true });
    expect((values as { server: string }).server).not.toBe('mine');
    publisher.destroy();
    player.destroy();
  });

  test('that changes in mid-stream reaches the viewers, the latest one a late viewer', async () => {
    const stream = uniqueName('meta');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const early = await FlvViewer.start(server, stream);
    const [first, second] = [{ title: 'one' }, { title: 'two' }];
    const media = (await mediaTags('aac.flv')).slice(1);
    const sendMetadata = (value: { title: string }) =>
      publisher.send({
        typeId: 18,
        streamId: 1,
        timestamp: 0,
        payload: encodeAmf('@setDataFrame', 'onMetaData', value),
      });
    sendMetadata(first);
    for (const tag of media.slice(0, 60)) publisher.sendTag(tag);
    await early.waitForTags(20);
    sendMetadata(second);
    for (const tag of media.slice(60, 120)) publisher.sendTag(tag);
    await early.waitForTags(100);
    const late = await FlvViewer.start(server, stream);
    for (const tag of media.slice(120)) publisher.sendTag(tag);
    await late.waitForTags(20);

    const titles = ({ tags }: FlvViewer) =>
      tags.filter((tag) => tag.type === 18).map((tag) => (decodeAmf(tag.body)[1] as { title: string }).title);
    expect(titles(early)).toEqual(['one', 'two']);
    expect(titles(late)).toEqual(['two']);
    publisher.destroy();
    early.destroy();
    late.destroy();
  });
});
