// Two origins and two edges under fire. The default suite fires for half a minute; `npm run test:kills` for as long as
// KILL_MINUTES says, with the blows that KILL_SEED makes.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mediaTags } from '../helpers/media.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { BLOWS, FlvWatcher, LoopPublisher, Node, RtmpWatcher, seededRandom } from './kill-run.ts';

const minutes = Number(process.env.KILL_MINUTES ?? 0.3);
const seed = Number(process.env.KILL_SEED ?? 7);
const STREAMS = 3;
/** A cluster that is not at rest by then never will be, ms. */
const REST_MS = 30_000;

interface Clients {
  readonly clients: readonly { readonly name: string; readonly type: string; readonly publish: boolean }[];
}
interface Owner {
  readonly data: { readonly origin: object | null };
}

test(`the cluster comes back to rest after every blow (seed ${seed})`, {
  timeout: minutes * 60_000 + 180_000,
}, async () => {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const origins: Node[] = [];
  const coworkers = () => origins.map(({ ports }) => `127.0.0.1:${ports.api}`).join(' ');
  const upstreams = () => origins.map(({ ports }) => `127.0.0.1:${ports.rtmp}`).join(' ');
  for (const name of ['origin 1', 'origin 2']) {
    origins.push(await Node.create(name, () => `cluster { origin_cluster on; coworkers ${coworkers()}; }`));
  }
  const edges = [
    await Node.create('edge 1', () => `cluster { mode remote; origin ${upstreams()}; }`),
    await Node.create('edge 2', () => `cluster { mode remote; origin ${upstreams()}; }`),
  ];
  const nodes = [...origins, ...edges];
  await Promise.all(nodes.map((node) => node.start()));
  const tags = await mediaTags('h264-aac.flv');
  const publishers = Array.from({ length: STREAMS }, (_, index) => new LoopPublisher(edges, index, tags));
  const rtmp = edges.flatMap((edge) => publishers.map(({ stream }) => new RtmpWatcher(edge, stream)));
  const http = edges.flatMap((edge) => publishers.map(({ stream }) => new FlvWatcher(edge, stream)));
  const watchers = [...rtmp, ...http];

  /** What is not as it should be, '' when all is well. */
  const unrest = async (before: readonly number[]): Promise<string> => {
    const stuck = watchers.filter((watcher, index) => watcher.bytes <= (before[index] ?? 0) + 20_000);
    if (stuck.length > 0) return `${stuck.length} viewers wait: ${stuck.map(({ edge }) => edge.name)}`;
    for (const { stream } of publishers) {
      const question = `/api/v1/clusters?vhost=__defaultVhost__&app=live&stream=${stream}`;
      const answers = await Promise.all(origins.map((origin) => origin.api<Owner>(question)));
      const owners = answers.filter(({ data }) => data.origin !== null).length;
      if (owners !== 1) return `${owners} origins publish ${stream}`;
      const lists = await Promise.all(
        origins.map((origin) => origin.api<Clients>('/api/v1/clients?count=1000')),
      );
      const pulls = lists
        .flatMap(({ clients }) => clients)
        .filter(({ name, publish }) => name === stream && !publish);
      if (pulls.length !== edges.length) return `${pulls.length} pulls of ${stream}`;
    }
    return '';
  };
  const comeToRest = async (after: string): Promise<number> => {
    const startMs = Date.now();
    const before = watchers.map(({ bytes }) => bytes);
    let reason = '';
    await waitFor(
      () => `rest after ${after}: ${reason}`,
      async () => {
        reason = await unrest(before).catch((error: Error) => error.message);
        return reason === '';
      },
      { timeoutMs: REST_MS, intervalMs: 200 },
    );
    return Date.now() - startMs;
  };

  await comeToRest('the start');
  const blows: Record<string, number> = {};
  let longestMs = 0;
  const endMs = Date.now() + minutes * 60_000;
  while (Date.now() < endMs) {
    const node = pick(nodes);
    const blow = pick(BLOWS);
    blows[blow] = (blows[blow] ?? 0) + 1;
    const what = `${blow} of ${node.name}`;
    await node.suffer(blow, 200 + random() * 2500);
    longestMs = Math.max(longestMs, await comeToRest(what));
    await delay(random() * 1000);
  }

  expect(rtmp.flatMap(({ stepsBack }) => stepsBack)).toEqual([]);
  await Promise.all([...publishers, ...watchers].map((client) => client.stop()));
  await waitFor('all connections to end', async () => {
    const lists = await Promise.all(nodes.map((node) => node.api<Clients>('/api/v1/clients?count=1000')));
    return lists.every(({ clients }) => clients.length === 0);
  });
  for (const node of nodes) {
    expect((await node.server.memory()).heapUsed, `heap of ${node.name}`).toBeLessThan(64 * 1024 * 1024);
    expect(node.log).not.toMatch(/uncaught|unhandled|TypeError|RangeError|ReferenceError|ERR_ASSERTION/i);
    await node.stop();
  }
  const reconnects = watchers.reduce((sum, watcher) => sum + watcher.reconnects, 0);
  console.log(
    `random kills: seed ${seed}, ${minutes} minutes, ${JSON.stringify(blows)}, longest way back to rest ${longestMs} ms, viewers tried to reconnect ${reconnects} times`,
  );
});
