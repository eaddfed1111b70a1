// Builds every part from one configuration, starts them in order, closes them in reverse. Which part takes over what
// when the configuration is reloaded is listed in `reloadParts`.

import { randomBytes } from 'node:crypto';
import { addVersionsRoute } from './api/routes/versions.ts';
import type { Config } from './config/config.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import { type HttpHost, HttpServer } from './connection/http/http-server.ts';
import { serveLiveStreams } from './connection/http/live-streams.ts';
import { RtmpServer } from './connection/rtmp/rtmp-server.ts';
import { ViewerOutputs } from './connection/viewer-outputs.ts';
import { ListenerSet, type Port } from './lifecycle/listener-set.ts';
import { addProbeRoutes, type Readiness } from './lifecycle/readiness.ts';
import { httpPart } from './lifecycle/reload/http-part.ts';
import { listenPart } from './lifecycle/reload/listen-part.ts';
import type { ReloadPart } from './lifecycle/reload/reload-part.ts';
import { connectionLimitPart } from './lifecycle/reload/root-parts.ts';
import { vhostPart } from './lifecycle/reload/vhost-part.ts';
import { vhostSections } from './lifecycle/reload/vhost-sections.ts';
import type { ReloadControl } from './lifecycle/reload-state.ts';
import { VhostTable } from './lifecycle/vhost-table.ts';
import { connectionId } from './log/connection-id.ts';
import type { Logger } from './log/logger.ts';
import type { ServerIdentity } from './media/metadata.ts';
import { Statistics } from './stats/statistics.ts';
import { StreamRegistry } from './stream/stream-registry.ts';

/** What the process around the server gives it. */
export interface ServerSetup {
  /** The configuration in force: a reload replaces it. */
  readonly config: () => Config;
  readonly identity: ServerIdentity;
  /** `server_id`, or the id that is kept beside the pid file. */
  readonly serverId: () => string;
  readonly reload: ReloadControl;
  readonly readiness: Readiness;
  readonly log: Logger;
}

/** Something that works beside the streams and has files or children to finish: HLS, DVR, transcoders. */
export interface StreamWorker {
  /** Finishes them. May be called twice. */
  close(): Promise<void>;
}

export class Server {
  readonly #setup: ServerSetup;
  readonly #log: Logger;
  readonly #connections: ConnectionRegistry;
  readonly #streams = new StreamRegistry();
  readonly #outputs = new ViewerOutputs();
  readonly #statistics = new Statistics({
    live: this.#streams,
    newId: () => `vid-${connectionId().slice(0, 7)}`,
    now: () => performance.now(),
  });
  readonly #vhosts: VhostTable;
  readonly #listeners: ListenerSet;
  readonly #workers: readonly StreamWorker[] = [];

  constructor(setup: ServerSetup) {
    this.#setup = setup;
    this.#log = setup.log;
    this.#connections = new ConnectionRegistry(setup.config().root.max_connections);
    this.#vhosts = new VhostTable(setup.config());
    this.#listeners = new ListenerSet(setup.log);
  }

  /** What a reload changes, in SRS's order: before the vhosts come the parts of the process (pid file, log). */
  reloadParts(processParts: readonly ReloadPart[]): readonly ReloadPart[] {
    const running = { streams: this.#streams, outputs: this.#outputs, connections: this.#connections };
    return [
      listenPart(this.#listeners, (config) => this.#ports(config), this.#log),
      ...processParts,
      connectionLimitPart(this.#connections, this.#log),
      httpPart(this.#log),
      vhostPart(this.#vhosts, vhostSections(running), this.#log),
    ];
  }

  /** Publishers and viewers: those whom a graceful quit waits for. */
  get servedConnections(): number {
    return this.#connections.servedCount;
  }

  /** Opens all listeners. Rejects with ListenError if one cannot be opened; the others are closed again. */
  async start(): Promise<void> {
    this.#statistics.start();
    await this.#listeners.start(this.#ports(this.#setup.config()));
  }

  /** Nobody new comes in; the API is still asked. May be called twice. */
  closeMediaListeners(): void {
    this.#listeners.closeMedia();
  }

  /** Finishes what is written or run beside the streams, whether their publishers are still there or not. */
  async finishStreams(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  /** Closes listeners and connections. May be called twice. */
  close(reason: string): void {
    this.#listeners.close();
    this.#connections.closeAll(reason);
    this.#statistics.close();
  }

  /** The ports that a configuration asks for, in the order in which they open. */
  #ports({ root, http_api: api, http_server: http }: Config): readonly Port[] {
    const ports: Port[] = root.listen.map((endpoint) => ({
      kind: 'RTMP',
      directive: 'listen',
      endpoint,
      isMedia: true,
      create: () => this.#createRtmp(),
    }));
    const isShared = api.enabled && http.enabled && api.listen.text === http.listen.text;
    if (api.enabled && !isShared) {
      const create = () => this.#createApi();
      ports.push({
        kind: 'HTTP-API',
        directive: 'http_api listen',
        endpoint: api.listen,
        isMedia: false,
        create,
      });
    }
    if (http.enabled) {
      ports.push({
        kind: isShared ? 'HTTP-API and HTTP-Server' : 'HTTP-Server',
        directive: 'http_server listen',
        endpoint: http.listen,
        isMedia: true,
        create: () => this.#createHttp(isShared),
      });
    }
    return ports;
  }

  #createRtmp(): RtmpServer {
    return new RtmpServer({ ...this.#host(), randomBytes }, this.#connections, this.#log);
  }

  #createApi(): HttpServer {
    const hasCors = () => this.#setup.config().http_api.crossdomain;
    const server = new HttpServer(this.#host(), { kind: 'api', hasCors });
    this.#addApi(server);
    return server;
  }

  /** @param isShared the API is on the same port */
  #createHttp(isShared: boolean): HttpServer {
    const hasCors = () => this.#setup.config().http_server.crossdomain;
    const host = this.#host();
    const server = new HttpServer(host, { kind: 'http', hasCors });
    if (isShared) this.#addApi(server);
    serveLiveStreams(server, host, hasCors);
    return server;
  }

  #addApi({ fastify }: HttpServer): void {
    const { identity, readiness, serverId } = this.#setup;
    addVersionsRoute(fastify, serverId(), identity.version);
    addProbeRoutes(fastify, readiness);
  }

  #host(): HttpHost {
    return {
      findVhost: (name) => this.#vhosts.find(name),
      streams: this.#streams,
      outputs: this.#outputs,
      statistics: this.#statistics,
      identity: this.#setup.identity,
      connections: this.#connections,
      log: this.#log,
    };
  }
}
