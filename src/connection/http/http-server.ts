// One HTTP listener: counts and logs its sockets, answers preflights, and gives every answer SRS's headers. What
// it serves is added from outside (live streams, files, the API).

import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { connectionId } from '../../log/connection-id.ts';
import type { Logger } from '../../log/logger.ts';
import type { HlsOutput } from '../../output/hls/hls-output.ts';
import type { ConnectionHost } from '../connection-host.ts';
import type { ConnectionKind, ConnectionRegistry } from '../connection-registry.ts';
import { LISTEN_BACKLOG } from '../listen-backlog.ts';
import { listeningFd } from '../listening-fd.ts';
import { readShared } from '../shared-read.ts';
import { Certificate, type TlsFiles } from './certificate.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpExchange, HttpService, PlainService } from './http-service.ts';
import { ignoreBodies } from './ignored-bodies.ts';
import { CORS_HEADERS } from './live-response.ts';
import { createListener } from './node-listener.ts';
import { PlainResponder, type PlainResponderHost, SocketFeed } from './plain-responder.ts';
import { requestLine } from './request-log.ts';
import { decodePath, requestVhost } from './request-path.ts';

/** What the HTTP side needs from the server around it. */
export interface HttpHost extends ConnectionHost {
  /** What lies in memory, and what is cut on demand. */
  readonly hls: Pick<HlsOutput, 'memory' | 'want'>;
  readonly connections: ConnectionRegistry;
  readonly log: Logger;
}

export interface HttpServerOptions {
  readonly kind: ConnectionKind;
  /** `crossdomain`: browsers of other origins may read the answers. Asked at each request: a reload changes it. */
  readonly hasCors: () => boolean;
  /** Reads the certificate, when the port opens and every few seconds; undefined for plain HTTP. */
  readonly tls?: (() => TlsFiles) | undefined;
  /** Paths that are asked all the time (probes): no log line at the usual level. */
  readonly quietPaths?: readonly string[];
}

/** What fastify and its plugins throw. */
type HttpFailure = Error & { readonly statusCode?: number; readonly headers?: Record<string, string> };

/** No route has a schema for fastify to compile: without this, it loads two compilers at every start. */
const NO_SCHEMAS = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } };
/** Error codes of Node's HTTP parser that have a status of their own. */
const CLIENT_ERROR_STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** A fastify instance whose sockets are counted, logged and answered with SRS's headers. */
export class HttpServer {
  readonly fastify: FastifyInstance;
  readonly #host: HttpHost;
  readonly #options: HttpServerOptions;
  readonly #certificate: Certificate | undefined;
  readonly #connections = new WeakMap<Socket, HttpConnection>();
  readonly #plain: PlainResponderHost;
  #plainServices: readonly PlainService[] = [];

  constructor(host: HttpHost, options: HttpServerOptions) {
    this.#host = host;
    this.#options = options;
    this.#certificate = options.tls && new Certificate(options.tls, host.log);
    this.fastify = Fastify({
      logger: false,
      serverFactory: (onRequest) => createListener(onRequest, options.tls !== undefined),
      forceCloseConnections: false,
      clientErrorHandler: (error, socket) => this.#clientFailed(error, socket),
      schemaController: NO_SCHEMAS,
    });
    const accepted = options.tls === undefined ? 'connection' : 'secureConnection';
    const toNode = takeConnections(this.fastify.server, accepted, (socket) => this.#accepted(socket));
    this.#plain = {
      server: this.#serverName,
      hasCors: options.hasCors,
      isTls: options.tls !== undefined,
      services: () => this.#plainServices,
      handOver: toNode,
    };
    this.fastify.server.on('upgrade', (request, socket, head) =>
      this.#upgrade(request, socket as Socket, head),
    );
    this.fastify.addHook('onRequest', (request, reply) => this.#onRequest(request, reply));
    this.fastify.setNotFoundHandler((_request, reply) => {
      reply.code(404).header('Content-Type', 'text/plain; charset=utf-8').send('Not Found');
    });
    this.fastify.setErrorHandler((error: HttpFailure, request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) this.#requestFailed(request, error);
      if (error.headers !== undefined) reply.headers(error.headers);
      reply.code(status).header('Content-Type', 'text/plain; charset=utf-8').send(error.message);
    });
  }

  /**
   * Asks `services` in order for the paths that no other route answers; what none of them takes is 404.
   * @param plainServices are asked before all that for what players of HLS want; what none of them takes goes on there
   */
  serve(
    services: readonly HttpService[],
    paths: readonly string[],
    plainServices: readonly PlainService[] = [],
  ): void {
    this.#plainServices = plainServices;
    ignoreBodies(this.fastify);
    for (const path of paths) {
      this.fastify.all(path, (request, reply) => this.#dispatch(request, reply, services));
    }
  }

  /** Rejects with the system's error if the endpoint cannot be bound, or a certificate not be read. */
  async listen(host: string, port: number): Promise<void> {
    this.#certificate?.start(this.fastify.server);
    await this.fastify.listen({ host, port, backlog: LISTEN_BACKLOG });
  }

  get fd(): number {
    return listeningFd(this.fastify.server);
  }

  /** Stops listening; open connections stay until they end or are closed through the registry. May be called twice. */
  close(): void {
    this.#certificate?.close();
    const { server } = this.fastify;
    if (!server.listening) return;
    // Node's own close of an HTTP server ends idle connections as well, such as those of HLS players between two
    // requests. It comes when the last connection has ended, for the timer that it stops.
    server.once('close', () => server.close());
    NetServer.prototype.close.call(server);
  }

  /** The counted connection behind a request. */
  connectionOf(request: FastifyRequest): HttpConnection | undefined {
    return this.#connections.get(request.raw.socket);
  }

  async #dispatch(request: FastifyRequest, reply: FastifyReply, services: readonly HttpService[]) {
    const connection = this.connectionOf(request);
    const path = decodePath(request.url);
    if (connection === undefined || path === undefined) return reply.callNotFound();
    const hasCors = this.#options.hasCors() && request.headers.origin !== undefined;
    const exchange: HttpExchange = {
      request,
      reply,
      connection,
      path,
      vhost: requestVhost(request),
      takesChunks: request.raw.httpVersion !== '1.0',
      hasCors,
      whenSent: (listener) => reply.raw.once('finish', () => listener(bodyBytes(request, reply))),
      whenOver: (listener) => {
        if (reply.raw.closed) listener();
        else reply.raw.once('close', listener);
      },
      whileWaiting: (onGone) => {
        request.raw.socket.once('close', onGone);
        return () => request.raw.socket.off('close', onGone);
      },
    };
    for (const service of services) if (await service.serve(exchange)) return reply;
    return reply.callNotFound();
  }

  /**
   * A request that wants another protocol. It goes the way of all others: who serves WebSockets takes its socket,
   * and everybody else answers it in HTTP, since an upgrade is no more than an offer (RFC 9110, 7.8).
   */
  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    socket.once('end', () => socket.destroySoon());
    if (head.length > 0) socket.unshift(head);
    this.fastify.routing(request, response);
  }

  /** What is no HTTP. A live stream's socket is past that: whatever its client still sends is dropped, as in SRS. */
  #clientFailed(error: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#connections.get(socket)?.isLive === true) return;
    if (error.code !== 'ECONNRESET') this.#host.statistics.counts.errors++;
    if (error.code !== 'ECONNRESET' && socket.writable) {
      const status = CLIENT_ERROR_STATUS[error.code ?? ''] ?? '400 Bad Request';
      socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
    socket.destroySoon();
  }

  #requestFailed({ method, url }: FastifyRequest, error: Error): void {
    this.#host.statistics.counts.errors++;
    this.#host.log.error(`http: ${method} ${url} failed: ${error.message}`);
  }

  #accepted(accepted: Socket): void {
    const { connections, log } = this.#host;
    const { remoteAddress, remotePort } = accepted;
    if (!connections.hasRoomFor(this.#options.kind)) {
      const { limit, size } = connections;
      log.warn(
        `accept client failed, err is code=1074 : fd to resource : drop fd=-1, ip=${remoteAddress}:${remotePort}, max=${limit}, cur=${size} for exceed connection limits`,
      );
      this.#host.statistics.counts.refusedConnections++;
      accepted.destroy();
      return;
    }
    const isPlain = this.#plainServices.length > 0;
    const feed = isPlain && !this.#plain.isTls ? new SocketFeed() : undefined;
    const socket = feed === undefined ? accepted : readShared(accepted, feed);
    const id = connectionId();
    const connection = new HttpConnection(socket, {
      kind: this.#options.kind,
      id,
      log: log.child(id),
      counts: this.#host.statistics.counts,
      onClosed: () => connections.remove(connection),
    });
    connections.add(connection);
    this.#connections.set(socket, connection);
    if (isPlain) new PlainResponder(socket, connection, this.#plain, feed);
    else this.#plain.handOver(socket);
  }

  get #serverName(): string {
    const { name, version } = this.#host.identity;
    return `${name}/${version}`;
  }

  async #onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const connection = this.connectionOf(request);
    if (connection === undefined || connection.isLive) {
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    const isQuiet = this.#options.quietPaths?.includes(request.url) === true;
    connection.noteRequest((index) => requestLine(request, index), isQuiet);
    reply.header('Server', this.#serverName);
    const hasCors = this.#options.hasCors();
    const hasOrigin = hasCors && request.headers.origin !== undefined;
    if (hasOrigin) reply.headers(CORS_HEADERS);
    if (request.method === 'OPTIONS') {
      reply
        .code(hasCors ? 200 : 405)
        .header('Content-Length', '0')
        .send();
    }
  }
}

/** Hands accepted sockets to `take`. @returns what hands one on to Node's own server */
function takeConnections(server: Server, event: string, take: (socket: Socket) => void) {
  const listeners = server.listeners(event);
  server.removeAllListeners(event);
  server.on(event, take);
  return (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

function bodyBytes({ method }: FastifyRequest, { raw }: FastifyReply): number {
  return method === 'HEAD' ? 0 : Number(raw.getHeader('Content-Length') ?? 0);
}

function noCompiler(): never {
  throw new Error('a route has a schema, and nothing is there to compile it');
}
