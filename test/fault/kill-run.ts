// A cluster in which nodes are killed, paused and drained at random, under publishers and viewers. Between two blows
// it has to come back to rest: everybody watches, every stream has one publisher, every edge fetches it once.

import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type FlvTag, mediaFrames } from '../helpers/flv.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';

/** Numbers from a seed, so that a run can be repeated (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const BLOWS = ['kill', 'pause', 'drain'] as const;
export type Blow = (typeof BLOWS)[number];

/** A drained node may take so long to end before it is killed, ms. */
const DRAIN_MS = 5000;
const RECONNECT_MS = 300;

/** A server that comes back at the same ports, whatever happened to it. */
export class Node {
  readonly name: string;
  readonly ports: { readonly rtmp: number; readonly http: number; readonly api: number };
  readonly #vhost: () => string;
  #server: TestServer | undefined;
  #logs = '';

  private constructor(name: string, ports: Node['ports'], vhost: () => string) {
    this.name = name;
    this.ports = ports;
    this.#vhost = vhost;
  }

  /** @param vhost asked when it starts, when the ports of all nodes are known */
  static async create(name: string, vhost: () => string): Promise<Node> {
    const ports = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
    return new Node(name, ports, vhost);
  }

  get server(): TestServer {
    if (this.#server === undefined) throw new Error(`${this.name} does not run`);
    return this.#server;
  }

  get target(): { readonly port: number } {
    return { port: this.ports.rtmp };
  }

  get tcUrl(): string {
    return `rtmp://127.0.0.1:${this.ports.rtmp}/live`;
  }

  /** Of all its processes. */
  get log(): string {
    return this.#logs + (this.#server?.log ?? '');
  }

  async start(): Promise<void> {
    this.#server = await TestServer.start({
      rtmpPort: this.ports.rtmp,
      httpPort: this.ports.http,
      root: `http_api { enabled on; listen ${this.ports.api}; } grace_start_wait 200; grace_final_wait 200;`,
      vhost: this.#vhost(),
    });
  }

  async suffer(blow: Blow, durationMs: number): Promise<void> {
    const { child } = this.server;
    if (blow === 'pause') {
      child.kill('SIGSTOP');
      await delay(durationMs);
      child.kill('SIGCONT');
      return;
    }
    if (blow === 'drain') {
      child.kill('SIGQUIT');
      await child.exited(DRAIN_MS).catch(() => {});
    }
    await child.destroy();
    this.#logs += this.server.log;
    await delay(durationMs);
    await this.start();
  }

  async api<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.ports.api}${path}`, {
      signal: AbortSignal.timeout(5000),
    });
    return (await response.json()) as T;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/** Does its work again and again until it is stopped: an encoder or a player that reconnects. */
abstract class Client {
  readonly #ended: Promise<void>;
  protected isStopped = false;
  reconnects = -1;

  constructor() {
    this.#ended = delay(0).then(() => this.#run());
  }

  /** Connects, and resolves when the connection is gone. */
  protected abstract session(): Promise<void>;
  protected abstract disconnect(): void;

  async stop(): Promise<void> {
    this.isStopped = true;
    this.disconnect();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.isStopped) {
      this.reconnects++;
      await this.session().catch(() => {});
      if (!this.isStopped) await delay(RECONNECT_MS);
    }
  }
}

/** Publishes a file in real time, over and over, through one edge after the other. */
export class LoopPublisher extends Client {
  readonly stream = uniqueName('run');
  readonly #edges: readonly Node[];
  readonly #tags: readonly FlvTag[];
  readonly #lengthMs: number;
  #peer: RtmpPeer | undefined;
  #edge: number;

  constructor(edges: readonly Node[], edge: number, tags: readonly FlvTag[]) {
    super();
    this.#edges = edges;
    this.#edge = edge;
    this.#tags = tags;
    this.#lengthMs = (tags.at(-1)?.timestampMs ?? 0) + 40;
  }

  protected disconnect(): void {
    this.#peer?.destroy();
  }

  protected async session(): Promise<void> {
    const edge = this.#edges[this.#edge++ % this.#edges.length] as Node;
    const peer = await within(RtmpPeer.publisher(edge.target, edge.tcUrl, this.stream));
    this.#peer = peer;
    const startMs = Date.now();
    for (let at = 0; !peer.isClosed && !this.isStopped; at++) {
      const tag = this.#tags[at % this.#tags.length] as FlvTag;
      const timestampMs = Math.floor(at / this.#tags.length) * this.#lengthMs + tag.timestampMs;
      while (Date.now() - startMs < timestampMs && !peer.isClosed) await delay(40);
      peer.sendTag(tag, timestampMs);
      peer.messages.length = 0;
    }
    peer.destroy();
  }
}

/** Watches one stream at one edge; its connection ends only with the edge. */
abstract class Watcher extends Client {
  readonly edge: Node;
  readonly stream: string;
  /** Grows while media comes. */
  bytes = 0;

  constructor(edge: Node, stream: string) {
    super();
    this.edge = edge;
    this.stream = stream;
  }
}

export class RtmpWatcher extends Watcher {
  /** Steps back in time within one connection. */
  readonly stepsBack: string[] = [];
  #peer: RtmpPeer | undefined;

  protected disconnect(): void {
    this.#peer?.destroy();
  }

  protected async session(): Promise<void> {
    const peer = await within(RtmpPeer.player(this.edge.target, this.edge.tcUrl, this.stream));
    this.#peer = peer;
    const lastMs = new Map<number, number>();
    while (!peer.isClosed && !this.isStopped) {
      for (const { type, timestampMs, body } of mediaFrames(peer.tags)) {
        this.bytes += body.length;
        const before = lastMs.get(type) ?? 0;
        if (timestampMs < before) {
          const what = `type ${type}, ${body.length} bytes beginning ${body.toString('hex', 0, 5)}`;
          this.stepsBack.push(`${this.edge.name}: ${what}: from ${before} to ${timestampMs}`);
        }
        lastMs.set(type, timestampMs);
      }
      peer.messages.length = 0;
      await delay(100);
    }
    peer.destroy();
  }
}

export class FlvWatcher extends Watcher {
  #abort: (() => void) | undefined;

  protected disconnect(): void {
    this.#abort?.();
  }

  protected session(): Promise<void> {
    return new Promise((resolve) => {
      const url = `http://127.0.0.1:${this.edge.ports.http}/live/${this.stream}.flv`;
      const request = get(url, { agent: false }, (response) => {
        response.on('data', (bytes: Buffer) => {
          this.bytes += bytes.length;
        });
        response.on('error', () => {});
        response.once('close', resolve);
      });
      this.#abort = () => request.destroy();
      request.once('error', () => resolve());
      request.once('close', () => resolve());
    });
  }
}

/** A server that was killed in the middle of a dialogue never answers. */
async function within<T>(dialogue: Promise<T>, timeoutMs = 8000): Promise<T> {
  const abort = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: abort.signal });
  late.catch(() => {});
  try {
    const answer = await Promise.race([dialogue, late]);
    if (answer === undefined) throw new Error('no answer');
    return answer as T;
  } finally {
    abort.abort();
  }
}
