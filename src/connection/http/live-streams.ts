// Live streams of `http_remux`: a request that names one makes its socket a viewer of the stream.

import { checkHandshake, encodeWsHead, wantsWebSocket } from '../../protocol/websocket/handshake.ts';
import type { ClientFacts } from '../../stats/client-statistics.ts';
import { MARK_HEADER, type MarkRequest, parseMarkHeader } from '../../stream/mark-request.ts';
import type { Stream } from '../../stream/stream.ts';
import type { VhostOptions } from '../vhost.ts';
import type { LiveFormat, LiveTransport } from '../viewer-outputs.ts';
import type { HttpConnection } from './http-connection.ts';
import type { HttpHost } from './http-server.ts';
import type { HttpExchange, HttpService, ServiceExchange, ServiceRequest } from './http-service.ts';
import { type LiveMatch, matchLiveMount } from './live-mount.ts';
import { HttpLivePeer, type LivePeer, WebSocketLivePeer } from './live-peer.ts';
import { encodeLiveHead } from './live-response.ts';
import { rawPath, rtmpUrl } from './request-path.ts';

/** Says whether a path names a file; StaticFiles is one. */
export interface FileFinder {
  has(exchange: Pick<ServiceExchange, 'vhost' | 'path'>): Promise<boolean>;
}

const CONTENT_TYPES: Readonly<Record<LiveFormat, string>> = {
  flv: 'video/x-flv',
  ts: 'video/MP2T',
  aac: 'audio/x-aac',
  mp3: 'audio/mpeg',
};

type LiveStarter = (match: LiveMatch, vhost: VhostOptions) => void;

const TEXT = 'text/plain; charset=utf-8';

export class LiveStreams implements HttpService {
  readonly #host: HttpHost;
  readonly #files: FileFinder;

  /** @param files a file beats a stream that nobody publishes: recordings may lie where live streams appear */
  constructor(host: HttpHost, files: FileFinder) {
    this.#host = host;
    this.#files = files;
  }

  /** Whether a path may be a live stream, published or not. */
  mayBeLive({ vhost: name, path }: Pick<ServiceExchange, 'vhost' | 'path'>): boolean {
    const vhost = this.#host.findVhost(name);
    return vhost !== undefined && matchLiveMount(path, vhost, () => true) !== undefined;
  }

  /** Live streams over HTTP and WebSocket. */
  serve(exchange: HttpExchange): boolean | Promise<boolean> {
    const { headers } = exchange.request;
    return this.#answer(exchange, (match, vhost) => {
      if (wantsWebSocket(headers)) this.#startWebSocket(exchange, match, vhost);
      else this.#startHttp(exchange, match, vhost);
    });
  }

  /** The same for requests that ask for nothing but HTTP. */
  servePlain(exchange: ServiceExchange): boolean | Promise<boolean> {
    return this.#answer(exchange, (match, vhost) => this.#startHttp(exchange, match, vhost));
  }

  #answer(exchange: ServiceExchange, start: LiveStarter): boolean | Promise<boolean> {
    const { streams, findVhost } = this.#host;
    const vhost = findVhost(exchange.vhost);
    if (vhost === undefined) return false;
    const isPublished = (id: LiveMatch['id']) => streams.find(id)?.isPublishing === true;
    const match = matchLiveMount(exchange.path, vhost, isPublished);
    if (match === undefined) return false;
    if (!isPublished(match.id)) return this.#answerUnpublished(exchange, match, vhost, start);
    play(exchange, match, vhost, start);
    return true;
  }

  async #answerUnpublished(
    exchange: ServiceExchange,
    match: LiveMatch,
    vhost: VhostOptions,
    start: LiveStarter,
  ): Promise<boolean> {
    // Beside HLS, what is no running stream is a segment that is no longer there.
    const isSegment = match.format === 'ts' && vhost.hls !== undefined;
    if (isSegment || (await this.#files.has(exchange))) return false;
    const isPublished = this.#host.streams.find(match.id)?.isPublishing === true;
    const mayWait = isPublished || vhost.httpRemux.waitMs !== 0;
    if (mayWait || exchange.request.method === 'HEAD') play(exchange, match, vhost, start);
    else exchange.reply.callNotFound();
    return true;
  }

  #startHttp(exchange: ServiceExchange, match: LiveMatch, vhost: VhostOptions): void {
    const { request, reply, hasCors, takesChunks: isChunked } = exchange;
    reply.hijack();
    const server = this.#serverName;
    const contentType = CONTENT_TYPES[match.format];
    const head = encodeLiveHead({ contentType, server, isChunked, hasCors });
    const peer = new HttpLivePeer(request.socket, head, server);
    this.#start(exchange, match, vhost, isChunked ? 'chunked' : 'plain', peer);
  }

  /** The handshake is answered at once, whether the stream is there or not: browsers do not wait long for it. */
  #startWebSocket(exchange: HttpExchange, match: LiveMatch, vhost: VhostOptions): void {
    const { request, reply, connection } = exchange;
    const handshake = checkHandshake(request.method, request.headers);
    if (handshake.type === 'refused') {
      if (handshake.status === 426)
        reply.header('Sec-WebSocket-Version', '13').header('Upgrade', 'websocket');
      reply.code(handshake.status).header('Content-Type', TEXT).send(handshake.reason);
      return;
    }
    if (!this.#mayConnect(exchange)) {
      reply
        .code(403)
        .header('Content-Type', TEXT)
        .send('crossdomain is off: pages of other origins may not play');
      return;
    }
    reply.hijack();
    const { socket } = request.raw;
    reply.raw.detachSocket(socket);
    socket.write(encodeWsHead(handshake.accept, this.#serverName));
    const peer = new WebSocketLivePeer(socket, (text) => connection.noteViolation(text));
    this.#start(exchange, match, vhost, 'websocket', peer);
  }

  #start(
    exchange: ServiceExchange,
    { format, id }: LiveMatch,
    vhost: VhostOptions,
    transport: LiveTransport,
    peer: LivePeer,
  ): void {
    const { request, connection } = exchange;
    const { streams, outputs, statistics, cluster } = this.#host;
    const { socket } = request;
    if (socket.destroyed) return; // gone while it was looked for
    const stream = streams.fetchOrCreate(id, vhost.stream);
    const marks = format === 'flv' ? markRequest(request) : undefined;
    if (marks !== undefined) stream.markSegments(marks, Date.now());
    const fanout = outputs.live(stream, vhost, format, transport, marks !== undefined);
    connection.log.trace(
      `FLV ${stream.url}, encoder=${format.toUpperCase()}, nodelay=${Number(vhost.tcpNodelay)}, mw_sleep=${vhost.play.mergedWriteMs}ms`,
    );
    socket.setNoDelay(vhost.tcpNodelay);
    const client = statistics.addClient(clientFacts(request, connection, stream), socket);
    const leaveCluster = cluster.joinViewer(
      stream,
      rtmpUrl(exchange, id, request.url.slice(rawPath(request.url).length)),
    );
    connection.startLive({
      fanout,
      vhost: vhost.name,
      peer,
      waitMs: vhost.httpRemux.waitMs,
      onEnd: () => {
        leaveCluster();
        statistics.removeClient(client);
      },
    });
  }

  /** CORS does not hold for WebSockets: a browser connects wherever a page wants, and says only where that is from. */
  #mayConnect({ request, hasCors }: HttpExchange): boolean {
    const { origin } = request.headers;
    if (origin === undefined || hasCors) return true;
    return URL.canParse(origin) && new URL(origin).host === request.host;
  }

  get #serverName(): string {
    const { name, version } = this.#host.identity;
    return `${name}/${version}`;
  }
}

/** An edge of this kind of server wants to hear where segments begin. */
function markRequest({ headers }: ServiceRequest): MarkRequest | undefined {
  return parseMarkHeader(headers[MARK_HEADER]?.toString());
}

function play(
  { request, reply }: ServiceExchange,
  match: LiveMatch,
  vhost: VhostOptions,
  start: LiveStarter,
): void {
  if (request.method === 'HEAD') reply.header('Content-Type', CONTENT_TYPES[match.format]).send('');
  else start(match, vhost);
}

function clientFacts(request: ServiceRequest, connection: HttpConnection, stream: Stream): ClientFacts {
  return {
    id: connection.id,
    type: 'flv-play',
    isPublisher: false,
    ip: connection.remoteAddress,
    tcUrl: `${request.protocol}://${request.host}/${stream.id.app}`,
    pageUrl: request.headers.referer ?? '',
    swfUrl: '',
    ...stream.id,
    url: stream.url,
    kickOff: () => connection.close('kicked off'),
  };
}
