// Which HTTP ports a configuration asks for, and what each of them serves: the API, live streams and files, or all
// on one port; each plain and, if wanted, over TLS.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { staticMounts } from '../config/options/static-mounts.ts';
import type { TlsFiles } from '../connection/http/certificate.ts';
import { HlsStreams } from '../connection/http/hls/hls-streams.ts';
import { type HttpHost, HttpServer } from '../connection/http/http-server.ts';
import type { PlainService } from '../connection/http/http-service.ts';
import { LiveStreams } from '../connection/http/live-streams.ts';
import { OwnerRedirects } from '../connection/http/owner-redirects.ts';
import { PlayGate } from '../connection/http/play-gate.ts';
import { StaticFiles } from '../connection/http/static-files.ts';
import type { StaticMount } from '../connection/http/static-mount.ts';
import type { Port } from '../lifecycle/listener-set.ts';
import { addProbeRoutes, PROBE_PATHS, type Readiness } from '../lifecycle/readiness.ts';
import type { ApiContext } from './api-context.ts';
import { mountApi, mountPorts, mountRootListing, mountVersions } from './api-server.ts';
import { Metrics } from './metrics/metrics.ts';
import { METRICS_PATH, mountMetrics } from './metrics/metrics-route.ts';

/** What a port serves. */
interface Content {
  /** As SRS names it in its log, behind `HTTP-` or `HTTPS-`. */
  readonly name: string;
  readonly hasApi: boolean;
  /** Live streams and files. */
  readonly hasMedia: boolean;
}

/** Console and player, as the build puts them together. */
const PAGES = fileURLToPath(new URL('../pages/', import.meta.url));

/** Asked all the time. */
const QUIET_PATHS = [...PROBE_PATHS, METRICS_PATH];

/** What the API's own port serves of them, as in SRS. */
const CONSOLE_PATHS = ['/console', '/console/*', '/assets/*'];

const API: Content = { name: 'API', hasApi: true, hasMedia: false };
const MEDIA: Content = { name: 'Server', hasApi: false, hasMedia: true };
const ALL: Content = { name: 'Server', hasApi: true, hasMedia: true };
/** Metrics and probes alone: whoever may scrape need not be one who may kick off. */
const EXPORTER: Content = { name: 'Exporter', hasApi: false, hasMedia: false };

export class HttpPorts {
  readonly #host: HttpHost;
  readonly #api: ApiContext;
  readonly #readiness: Readiness;
  readonly #files: StaticFiles;
  readonly #metrics: Metrics;
  /** One for all ports: a viewer may come back through another one. */
  readonly #hls: HlsStreams;
  #mounts: { readonly config: Config; readonly mounts: readonly StaticMount[] } | undefined;

  constructor(host: HttpHost, api: ApiContext, readiness: Readiness) {
    this.#host = host;
    this.#api = api;
    this.#readiness = readiness;
    this.#metrics = new Metrics({ context: api, readiness });
    const builtIn = existsSync(PAGES) ? PAGES : undefined;
    this.#files = new StaticFiles({ mounts: () => this.#staticMounts(), builtIn });
    this.#hls = new HlsStreams(host, this.#files);
  }

  /** May be called twice. */
  close(): void {
    this.#hls.close();
  }

  /** In the order in which they open. The API shares the media's port if both name the same endpoint. */
  ports({ http_api: api, http_server: media, exporter }: Config): readonly Port[] {
    const isShared = api.enabled && media.enabled && api.listen.text === media.listen.text;
    const isTlsShared = isShared && media.https.enabled && api.https.listen.text === media.https.listen.text;
    const content = isShared ? ALL : MEDIA;
    const ports: Port[] = [];
    if (api.enabled && !isShared) ports.push(this.#port(API, 'http_api', api));
    if (api.https.enabled && !isTlsShared) ports.push(this.#tlsPort(API, 'http_api', api));
    if (media.enabled) ports.push(this.#port(content, 'http_server', media));
    if (media.https.enabled) ports.push(this.#tlsPort(content, 'http_server', media));
    if (exporter.enabled) ports.push(this.#port(EXPORTER, 'exporter', exporter));
    return ports;
  }

  #port(content: Content, block: string, { listen }: Config['http_api' | 'http_server' | 'exporter']): Port {
    return {
      kind: `HTTP-${content.name}`,
      directive: `${block} listen`,
      endpoint: listen,
      isMedia: content.hasMedia,
      variant: content.hasApi ? 'api' : '',
      create: () => (content === EXPORTER ? this.#createExporter() : this.#create(content, undefined)),
    };
  }

  #tlsPort(
    content: Content,
    block: 'http_api' | 'http_server',
    { https }: Config['http_api' | 'http_server'],
  ): Port {
    const create = () => {
      // A port opens with the configuration that asks for it, which is in force only a moment later.
      let settings = () => https;
      const tls = () => {
        const { cert, key } = settings();
        settings = () => this.#api.config()[block].https;
        return { cert: readFileSync(cert), key: readFileSync(key) };
      };
      return this.#create(content, tls);
    };
    return {
      kind: `HTTPS-${content.name}`,
      directive: `${block} https listen`,
      endpoint: https.listen,
      isMedia: content.hasMedia,
      variant: content.hasApi ? 'api' : '',
      create,
    };
  }

  #create({ hasApi, hasMedia }: Content, tls: (() => TlsFiles) | undefined): HttpServer {
    const { config } = this.#api;
    const hasCors = () => (hasMedia ? config().http_server : config().http_api).crossdomain;
    const kind = hasMedia ? 'http' : 'api';
    const server = new HttpServer(this.#host, { kind, hasCors, tls, quietPaths: QUIET_PATHS });
    const { fastify } = server;
    if (hasApi) mountApi(fastify, this.#api);
    else mountVersions(fastify, this.#api);
    if (hasApi) {
      addProbeRoutes(fastify, this.#readiness);
      mountMetrics(fastify, this.#metrics, config);
    }
    mountPorts(fastify, hasMedia ? (hasApi ? 'all' : 'media') : 'api', this.#api);
    if (hasMedia) {
      const findAccess = (vhost: string) => this.#host.findVhost(vhost)?.access;
      const gate = new PlayGate({ findAccess, statistics: this.#host.statistics });
      const redirects = new OwnerRedirects(this.#host);
      const live = new LiveStreams(this.#host, this.#files);
      const plainLive: PlainService = { serve: (exchange) => live.servePlain(exchange) };
      const kept: PlainService = {
        serve: (exchange) => !live.mayBeLive(exchange) && this.#files.serveKept(exchange),
      };
      server.serve(
        [gate, redirects, this.#hls, live, this.#files],
        ['/*'],
        [gate, redirects, this.#hls, plainLive, kept],
      );
    } else {
      server.serve([this.#files], CONSOLE_PATHS);
      mountRootListing(fastify, this.#api);
    }
    return server;
  }

  #createExporter(): HttpServer {
    const options = { kind: 'api', hasCors: () => false, quietPaths: QUIET_PATHS } as const;
    const server = new HttpServer(this.#host, options);
    addProbeRoutes(server.fastify, this.#readiness);
    mountMetrics(server.fastify, this.#metrics, this.#api.config);
    return server;
  }

  #staticMounts(): readonly StaticMount[] {
    const config = this.#api.config();
    if (this.#mounts?.config !== config) this.#mounts = { config, mounts: staticMounts(config) };
    return this.#mounts.mounts;
  }
}
