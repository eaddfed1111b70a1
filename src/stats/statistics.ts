// Who plays and publishes what, with byte counts and rates: vhosts, streams and clients as the API lists them.
// Connections add and remove clients; nothing here is called per message. Sockets are asked for their counts
// by a tick every few seconds, and when somebody asks the API.

import { type ByteCounter, type ClientFacts, ClientStatistics } from './client-statistics.ts';
import { EventCounts } from './event-counts.ts';
import { type StreamName, StreamStatistics, VhostStatistics } from './stream-statistics.ts';
import { Traffic } from './traffic.ts';

/** The hub as the statistics see it; StreamRegistry is one. */
export interface LiveStreams {
  values(): Iterable<LiveStream>;
}

export interface LiveStream {
  readonly id: StreamName;
  readonly url: string;
  readonly isPublishing: boolean;
  readonly videoMessages: number;
}

export interface StatisticsOptions {
  readonly live: LiveStreams;
  /** A new random id for a vhost or a stream. */
  readonly newId: () => string;
  /** Monotonic clock, ms. */
  readonly now: () => number;
}

/** Sockets are asked again after so long, however often somebody looks, ms. */
const UPDATE_INTERVAL_MS = 500;
/** The rhythm of SRS's bit rates, ms. */
const SAMPLE_INTERVAL_MS = 3000;

export class Statistics {
  readonly #options: StatisticsOptions;
  readonly #vhosts = new Map<string, VhostStatistics>();
  readonly #streams = new Map<string, StreamStatistics>();
  readonly #clients = new Map<string, ClientStatistics>();
  /** Sums of the whole server. */
  readonly traffic: Traffic;
  readonly counts = new EventCounts();
  #clientsTotal = 0;
  #updatedMs = Number.NEGATIVE_INFINITY;
  #sampler: NodeJS.Timeout | undefined;

  constructor(options: StatisticsOptions) {
    this.#options = options;
    this.traffic = new Traffic(options.now());
  }

  /** Without it nothing is sampled: rates stay 0. */
  start(): void {
    this.#sampler ??= setInterval(() => this.sample(), SAMPLE_INTERVAL_MS).unref();
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#sampler);
    this.#sampler = undefined;
  }

  get vhosts(): readonly VhostStatistics[] {
    return [...this.#vhosts.values()];
  }

  get streams(): readonly StreamStatistics[] {
    return [...this.#streams.values()];
  }

  get clients(): readonly ClientStatistics[] {
    return [...this.#clients.values()];
  }

  /** Clients since the start, those that have left included. */
  get clientsTotal(): number {
    return this.#clientsTotal;
  }

  findClient(id: string): ClientStatistics | undefined {
    return this.#clients.get(id);
  }

  /** Milliseconds that a client is there. */
  ageMs(client: ClientStatistics): number {
    return this.#options.now() - client.createdMs;
  }

  /** A new count for a connection; it may serve for several clients, one after the other. */
  newTraffic(): Traffic {
    return new Traffic(this.#options.now());
  }

  /** Whoever adds a client removes it when it ends. */
  addClient(facts: ClientFacts, socket?: ByteCounter, traffic = this.newTraffic()): ClientStatistics {
    const stream = this.#fetchOrCreateStream(facts, facts.url, facts.tcUrl);
    const client = new ClientStatistics(facts, stream, traffic, socket, this.#options.now());
    traffic.parent = stream.traffic;
    this.#clients.set(facts.id, client);
    this.#clientsTotal++;
    stream.clients++;
    stream.vhost.clients++;
    if (facts.isPublisher) stream.publisherId = facts.id;
    if (facts.isPublisher) this.counts.publishes++;
    else this.counts.plays++;
    return client;
  }

  /** May be called twice. */
  removeClient(client: ClientStatistics): void {
    if (this.#clients.get(client.facts.id) !== client) return;
    client.update();
    client.traffic.parent = undefined;
    this.#clients.delete(client.facts.id);
    client.stream.clients--;
    client.stream.vhost.clients--;
  }

  /** Brings all counts up to date, for somebody who looks. */
  update(): void {
    this.#updateStreams();
    const nowMs = this.#options.now();
    if (nowMs - this.#updatedMs < UPDATE_INTERVAL_MS) return;
    this.#updatedMs = nowMs;
    for (const client of this.#clients.values()) client.update();
  }

  /** Brings counts and rates up to date; every 3 s. */
  sample(): void {
    this.#updatedMs = Number.NEGATIVE_INFINITY;
    this.update();
    const nowMs = this.#options.now();
    for (const client of this.#clients.values()) client.traffic.sample(nowMs);
    for (const stream of this.#streams.values()) stream.traffic.sample(nowMs);
    for (const vhost of this.#vhosts.values()) vhost.traffic.sample(nowMs);
    this.traffic.sample(nowMs);
  }

  /** Streams come from the hub, too (an edge's pull has no client), and go when nobody is left. */
  #updateStreams(): void {
    for (const stream of this.#streams.values()) stream.isPublishing = false;
    for (const live of this.#options.live.values()) {
      const known = this.#streams.get(live.url);
      if (known === undefined && !live.isPublishing) continue;
      const stream = known ?? this.#fetchOrCreateStream(live.id, live.url, '');
      stream.isPublishing = live.isPublishing;
      stream.updateFrames(live.videoMessages);
    }
    for (const [url, stream] of this.#streams) {
      if (!stream.isPublishing && stream.clients === 0) this.#streams.delete(url);
    }
  }

  #fetchOrCreateStream(name: StreamName, url: string, tcUrl: string): StreamStatistics {
    const found = this.#streams.get(url);
    if (found !== undefined) return found;
    const { newId, now } = this.#options;
    let vhost = this.#vhosts.get(name.vhost);
    if (vhost === undefined) {
      vhost = new VhostStatistics(newId(), name.vhost, now(), this.traffic);
      this.#vhosts.set(name.vhost, vhost);
    }
    const stream = new StreamStatistics(newId(), vhost, name, url, tcUrl, now());
    this.#streams.set(url, stream);
    return stream;
  }
}
