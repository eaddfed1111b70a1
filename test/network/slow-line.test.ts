// A poor line between an edge and its origin: it loses packets, it has hardly more room than the stream needs, and
// what waits for it waits long.

import { expect, test } from 'vitest';
import { mediaFrames } from '../helpers/flv.ts';
import { mediaTags } from '../helpers/media.ts';
import { uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Encoder, expectStreamWithGap } from './encoder.ts';
import { VirtualHost } from './virtual-network.ts';

const MEGABYTE = 1024 * 1024;

test('viewers of the edge get every frame in order, and neither server hoards', async () => {
  const tags = await mediaTags('h264-aac.flv');
  const [above, below] = await Promise.all([VirtualHost.create(), VirtualHost.create()]);
  // The stream has 560 kbps. A connection that loses one packet in 50 each way gets some of the rate.
  await above.slowDown({ rateKbps: 2000, queueMs: 300, loss: 0.02 });
  const origin = await above.server();
  const edge = await below.server({
    vhost: `cluster { mode remote; origin ${origin.host}:${origin.rtmpPort}; }`,
  });
  const stream = uniqueName('slow');
  const encoder = await Encoder.start([origin], stream, tags);
  const rtmp = await RtmpPeer.player(edge.target, edge.tcUrl(), stream);
  const http = await FlvViewer.start(edge, stream);
  await waitFor('pictures', () => [rtmp, http].every((viewer) => mediaFrames(viewer.tags).length > 100));
  const servers = [origin, edge];
  const before = await Promise.all(servers.map((server) => server.memory()));

  await waitFor('15 s of it', () =>
    [rtmp, http].every((viewer) => mediaFrames(viewer.tags).length > 15 * 68),
  );
  for (const viewer of [rtmp, http]) expect(expectStreamWithGap(viewer.tags, encoder.sent, 0)).toBe(0);
  // It was one connection all along.
  expect(edge.log.match(/comes from/g)).toHaveLength(1);
  for (const [index, server] of servers.entries()) {
    const { heapUsed, arrayBuffers } = await server.memory();
    const used = (before[index]?.heapUsed ?? 0) + (before[index]?.arrayBuffers ?? 0);
    expect(heapUsed + arrayBuffers - used).toBeLessThan(8 * MEGABYTE);
  }
  for (const viewer of [rtmp, http]) viewer.destroy();
  await encoder.stop();
  for (const server of servers) await server.stop();
  await Promise.all([above.remove(), below.remove()]);
});
