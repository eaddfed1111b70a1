// Builds every part from one configuration, starts them in order, closes them in reverse.

import { randomBytes } from 'node:crypto';
import { addVersionsRoute } from './api/routes/versions.ts';
import type { Config } from './config/config.ts';
import type { Endpoint } from './config/endpoint.ts';
import { vhostOptions } from './config/options/vhost-options.ts';
import { ConnectionRegistry } from './connection/connection-registry.ts';
import { type HttpHost, HttpServer } from './connection/http/http-server.ts';
import { serveLiveStreams } from './connection/http/live-streams.ts';
import { RtmpServer } from './connection/rtmp/rtmp-server.ts';
import type { VhostOptions } from './connection/vhost.ts';
import { ViewerOutputs } from './connection/viewer-outputs.ts';
import { connectionId } from './log/connection-id.ts';
import type { Logger } from './log/logger.ts';
import type { ServerIdentity } from './media/metadata.ts';
import { Statistics } from './stats/statistics.ts';
import { StreamRegistry } from './stream/stream-registry.ts';

/** A port that could not be opened: says which, and which directive asks for it. */
export class ListenError extends Error {
  readonly directive: string;
  readonly endpoint: Endpoint;

  constructor(directive: string, endpoint: Endpoint, cause: NodeJS.ErrnoException) {
    super(listenText(directive, endpoint, cause), { cause });
    this.directive = directive;
    this.endpoint = endpoint;
  }
}

function listenText(directive: string, endpoint: Endpoint, cause: NodeJS.ErrnoException): string {
  const where = `${directive} ${endpoint.text};`;
  const place = `${endpoint.host}:${endpoint.port}`;
  if (cause.code === 'EADDRINUSE') {
    return `cannot listen at ${place} (${where}): the port is in use by another process. Stop it, or choose another port.`;
  }
  if (cause.code === 'EACCES') {
    return `cannot listen at ${place} (${where}): not permitted. Choose a port above 1023, or grant CAP_NET_BIND_SERVICE.`;
  }
  if (cause.code === 'EADDRNOTAVAIL') {
    return `cannot listen at ${place} (${where}): this host has no such address.`;
  }
  return `cannot listen at ${place} (${where}): ${cause.message}`;
}

interface Listener {
  close(): void;
}

export class Server {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #identity: ServerIdentity;
  readonly #connections: ConnectionRegistry;
  readonly #streams = new StreamRegistry();
  readonly #outputs = new ViewerOutputs();
  readonly #statistics = new Statistics({
    live: this.#streams,
    newId: () => `vid-${connectionId().slice(0, 7)}`,
    now: () => performance.now(),
  });
  readonly #vhosts: ReadonlyMap<string, VhostOptions>;
  readonly #listeners: Listener[] = [];

  constructor(config: Config, log: Logger, identity: ServerIdentity) {
    this.#config = config;
    this.#log = log;
    this.#identity = identity;
    this.#connections = new ConnectionRegistry(config.root.max_connections);
    this.#vhosts = new Map(config.vhosts.map((vhost) => [vhost.name, vhostOptions(vhost)]));
  }

  get configFile(): string {
    return this.#config.file;
  }

  /** Opens all listeners. Rejects with ListenError if one cannot be opened; the others are closed again. */
  async start(): Promise<void> {
    this.#statistics.start();
    try {
      for (const endpoint of this.#config.root.listen) await this.#startRtmp(endpoint);
      if (this.#config.http_api.enabled) await this.#startApi(this.#config.http_api.listen);
      if (this.#config.http_server.enabled) await this.#startHttp(this.#config.http_server.listen);
    } catch (error) {
      this.close('start failed');
      throw error;
    }
  }

  /** Closes listeners and connections. May be called twice. */
  close(reason: string): void {
    for (const listener of this.#listeners.splice(0).reverse()) listener.close();
    this.#connections.closeAll(reason);
    this.#statistics.close();
  }

  async #startRtmp(endpoint: Endpoint): Promise<void> {
    const host = { ...this.#host(), randomBytes };
    const server = new RtmpServer(host, this.#connections, this.#log);
    await this.#listen(server, 'listen', endpoint);
    this.#log.trace(`RTMP listen at tcp://${endpoint.host}:${endpoint.port}`);
  }

  async #startApi(endpoint: Endpoint): Promise<void> {
    const hasCors = () => this.#config.http_api.crossdomain;
    const server = new HttpServer(this.#host(), { kind: 'api', hasCors });
    addVersionsRoute(server.fastify, `vid-${connectionId().slice(0, 7)}`, this.#identity.version);
    await this.#listen(server, 'http_api listen', endpoint);
    this.#log.trace(`HTTP-API listen at tcp://${endpoint.host}:${endpoint.port}`);
  }

  async #startHttp(endpoint: Endpoint): Promise<void> {
    const hasCors = () => this.#config.http_server.crossdomain;
    const host = this.#host();
    const server = new HttpServer(host, { kind: 'http', hasCors });
    serveLiveStreams(server, host, hasCors);
    await this.#listen(server, 'http_server listen', endpoint);
    this.#log.trace(`HTTP-Server listen at tcp://${endpoint.host}:${endpoint.port}`);
  }

  async #listen(
    server: Listener & { listen(host: string, port: number): Promise<void> },
    directive: string,
    endpoint: Endpoint,
  ): Promise<void> {
    try {
      await server.listen(endpoint.host, endpoint.port);
    } catch (error) {
      throw new ListenError(directive, endpoint, error as NodeJS.ErrnoException);
    }
    this.#listeners.push(server);
  }

  #host(): HttpHost {
    return {
      findVhost: (name) => this.#findVhost(name),
      streams: this.#streams,
      outputs: this.#outputs,
      statistics: this.#statistics,
      identity: this.#identity,
      connections: this.#connections,
      log: this.#log,
    };
  }

  #findVhost(name: string): VhostOptions | undefined {
    const found = this.#config.findVhost(name);
    return found === undefined ? undefined : this.#vhosts.get(found.name);
  }
}
