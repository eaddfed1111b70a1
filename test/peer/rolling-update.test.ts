// Edges behind a load balancer, replaced one by one with the grace settings of the Kubernetes guide: nobody who
// watches is cut before he leaves or the deadline comes, and whoever comes meanwhile finds an open port.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { flvViewer } from '../../bench/viewer/flv-viewer.ts';
import { rtmpViewer } from '../../bench/viewer/rtmp-viewer.ts';
import { Viewer } from '../../bench/viewer/viewer.ts';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { http } from '../helpers/http.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { TestServer } from '../helpers/server.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type Backend, Haproxy } from './haproxy.ts';

/** Of each protocol. */
const VIEWERS = Number(process.env.TSRS_TEST_VIEWERS ?? 20);
/** What the guide sets. */
const GRACE = 'grace_start_wait 700; grace_final_wait 800; force_grace_quit on;';
/** terminationGracePeriodSeconds, shorter than the guide's two minutes. */
const DEADLINE_MS = 12_000;
/** How long those stay who leave by themselves. */
const STAY_MS = 4000;

interface Edge {
  readonly place: Backend;
  readonly server: TestServer;
}

/** Its connection ended, and not because it left. */
const isCut = (viewer: Viewer) => viewer.failure !== undefined;

class Site {
  readonly origin: TestServer;
  readonly balancer: Haproxy;
  readonly stream: string;
  readonly #publisher: FfmpegPublisher;

  private constructor(origin: TestServer, balancer: Haproxy, stream: string, publisher: FfmpegPublisher) {
    this.origin = origin;
    this.balancer = balancer;
    this.stream = stream;
    this.#publisher = publisher;
  }

  static async start(places: readonly Backend[]): Promise<Site> {
    const origin = await TestServer.start({ root: 'auto_reload_for_docker off;' });
    const stream = uniqueName('rolling');
    const file = await mediaFile('h264-small-aac.flv');
    const publisher = new FfmpegPublisher(file, origin.rtmpUrl(stream), { isLooping: true });
    await publisher.waitUntilPublished(500);
    return new Site(origin, await Haproxy.start(places), stream, publisher);
  }

  /** Ready, in its own eyes and the balancer's. */
  async startEdge(place: Backend): Promise<Edge> {
    const server = await TestServer.start({
      rtmpPort: place.rtmpPort,
      httpPort: place.httpPort,
      root: `${GRACE} http_api { enabled on; listen ${place.apiPort}; } exporter { enabled on; listen ${await freePort()}; }`,
      vhost: `cluster { mode remote; origin 127.0.0.1:${this.origin.rtmpPort}; }`,
    });
    await this.balancer.waitUntilReady(place);
    return { place, server };
  }

  /** Somebody who watches through the balancer; resolves with the first key frame. */
  async watch(protocol: 'rtmp' | 'flv'): Promise<Viewer> {
    const viewer = new Viewer({
      ...{ host: '127.0.0.1', localAddress: '127.0.0.1', checkLimits: undefined, slowBytesPerSec: undefined },
      ...(protocol === 'rtmp' ? this.#rtmp() : this.#flv()),
    });
    await waitFor(
      () => `the first picture over ${protocol}, after ${viewer.receivedBytes} bytes`,
      () => {
        if (viewer.failure) throw new Error(`a new ${protocol} viewer was turned away: ${viewer.failure}`);
        return viewer.isPlaying;
      },
    );
    return viewer;
  }

  /** Everybody, over both protocols; a few at a time. */
  async watchAll(): Promise<Viewer[]> {
    const viewers: Viewer[] = [];
    for (let i = 0; i < VIEWERS; i += 10) {
      const some = Array.from({ length: Math.min(10, VIEWERS - i) }, () => [
        this.watch('rtmp'),
        this.watch('flv'),
      ]);
      viewers.push(...(await Promise.all(some.flat())));
    }
    return viewers;
  }

  async stop(): Promise<void> {
    await this.#publisher.stop();
    await this.balancer.stop();
    await this.origin.stop();
  }

  #rtmp() {
    const { rtmpPort: port } = this.balancer;
    const tcUrl = `rtmp://127.0.0.1:${port}/live`;
    return { port, createProtocol: rtmpViewer({ app: 'live', tcUrl, stream: this.stream }) };
  }

  #flv() {
    const { httpPort: port } = this.balancer;
    const authority = `127.0.0.1:${port}`;
    return { port, createProtocol: flvViewer({ authority, path: `/live/${this.stream}.flv` }) };
  }
}

async function newPlace(): Promise<Backend> {
  return { rtmpPort: await freePort(), httpPort: await freePort(), apiPort: await freePort() };
}

/** Connections of viewers that the edge serves now. */
async function served({ place }: Edge): Promise<number> {
  const { text } = await http(place.apiPort, '/metrics');
  return Number(/^tsrs_connections_served (\d+)$/m.exec(text)?.[1]);
}

/** What Kubernetes does to a pod: preStop, then SIGTERM, and SIGKILL at the deadline. */
async function terminate({ server }: Edge): Promise<'by itself' | 'killed'> {
  server.child.kill('SIGQUIT');
  await delay(150);
  server.child.kill('SIGTERM');
  const exited = server.child.exited(60_000);
  const first = await Promise.race([exited, delay(DEADLINE_MS, undefined)]);
  if (first === undefined) {
    server.child.kill('SIGKILL');
    await exited;
    return 'killed';
  }
  expect(first, server.child.describe()).toEqual({ code: 0, signal: null });
  return 'by itself';
}

/** Somebody comes all the time, sees a picture, and goes. */
function newcomers(site: Site): {
  readonly stop: () => Promise<{ count: number; failures: readonly string[] }>;
} {
  let isOver = false;
  let count = 0;
  const failures: string[] = [];
  const come = async (protocol: 'rtmp' | 'flv') => {
    while (!isOver) {
      try {
        (await site.watch(protocol)).close();
        count++;
      } catch (error) {
        failures.push(String(error));
      }
      await delay(20);
    }
  };
  const all = Promise.all([come('rtmp'), come('flv')]);
  return {
    stop: async () => {
      isOver = true;
      await all;
      return { count, failures };
    },
  };
}

test('a rolling update of two edges cuts nobody who leaves in time, and refuses nobody who comes', async () => {
  const places = await Promise.all([newPlace(), newPlace(), newPlace(), newPlace()]);
  const site = await Site.start(places);
  const old = [await site.startEdge(places[0]!), await site.startEdge(places[1]!)];
  const viewers = await site.watchAll();
  const before = await Promise.all(old.map(served));
  expect(Math.min(...before), 'both edges have their share').toBeGreaterThan(VIEWERS * 0.8);
  const visitors = newcomers(site);
  let cut = 0;
  const leaveSlowly = async (all: readonly Viewer[]) => {
    for (const [i, viewer] of all.entries()) {
      await delay(STAY_MS / all.length);
      if (isCut(viewer)) cut++;
      // One stays until the deadline.
      if (i > 0) viewer.close();
    }
  };

  const fresh: Edge[] = [];
  const ends: Promise<'by itself' | 'killed'>[] = [];
  for (const [i, edge] of old.entries()) {
    fresh.push(await site.startEdge(places[2 + i]!));
    ends.push(terminate(edge));
    await edge.server.waitForLog(/listeners closed/);
  }
  await leaveSlowly(viewers);
  expect(cut, 'viewers that were cut').toBe(0);
  const [stubborn] = viewers;
  const outcomes = await Promise.all(ends);
  expect(outcomes.toSorted()).toEqual(['by itself', 'killed']);
  await waitFor('the deadline to cut whoever stayed', () => isCut(stubborn!));
  const again = await site.watch('rtmp');
  again.close();

  const { count, failures } = await visitors.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(20);
  process.stdout.write(
    `rolling update: ${viewers.length} viewers on ${before.join(' + ')} connections, ${cut} cut; ${count} newcomers, ${failures.length} turned away; edges ended ${outcomes.join(', ')}\n`,
  );
  for (const edge of fresh) await edge.server.stop();
  await site.stop();
}, 120_000);

test('one canary of four gets a quarter of the new connections, and goes without cutting anybody', async () => {
  const places = await Promise.all([newPlace(), newPlace(), newPlace(), newPlace()]);
  const site = await Site.start(places);
  const stable = await Promise.all(places.slice(0, 3).map((place) => site.startEdge(place)));
  const before = await site.watchAll();
  const canary = await site.startEdge(places[3]!);
  expect(await served(canary)).toBe(0);
  const after = await site.watchAll();
  const share = (await served(canary)) / after.length;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.3);

  const end = terminate(canary);
  await canary.server.waitForLog(/listeners closed/);
  const count = (await Promise.all(stable.map(served))).reduce((sum, one) => sum + one, 0);
  const late = await site.watch('flv');
  const all = [...before, ...after, late];
  expect(all.filter(isCut)).toEqual([]);
  for (const viewer of all) viewer.close();
  expect(await end).toBe('by itself');
  process.stdout.write(
    `canary: share of ${after.length} new connections ${(share * 100).toFixed(1)} %, ${count} stay on the stable edges, 0 cut\n`,
  );
  for (const edge of stable) await edge.server.stop();
  await site.stop();
}, 120_000);
