// Live streams of `http_remux`: a request that names one makes its socket a viewer of the stream.

import type { FastifyRequest } from 'fastify';
import { CHUNKED_FRAMING, PLAIN_FRAMING } from '../../output/flv/flv-framing.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { ClientFacts } from '../../stats/client-statistics.ts';
import type { Stream } from '../../stream/stream.ts';
import type { VhostOptions } from '../vhost.ts';
import type { HttpConnection } from './http-connection.ts';
import type { HttpHost } from './http-server.ts';
import type { HttpExchange, HttpService } from './http-service.ts';
import { type LiveMatch, matchLiveMount } from './live-mount.ts';
import { encodeLiveHead } from './live-response.ts';

/** Says whether a path names a file; StaticFiles is one. */
export interface FileFinder {
  has(exchange: Pick<HttpExchange, 'vhost' | 'path'>): Promise<boolean>;
}

export class LiveStreams implements HttpService {
  readonly #host: HttpHost;
  readonly #files: FileFinder;

  /** @param files a file beats a stream that nobody publishes: recordings may lie where live streams appear */
  constructor(host: HttpHost, files: FileFinder) {
    this.#host = host;
    this.#files = files;
  }

  async serve(exchange: HttpExchange): Promise<boolean> {
    const { streams, findVhost } = this.#host;
    const vhost = findVhost(exchange.vhost);
    if (vhost === undefined) return false;
    const isPublished = (id: LiveMatch['id']) => streams.find(id)?.isPublishing === true;
    const match = matchLiveMount(exchange.path, vhost, isPublished);
    if (match === undefined) return false;
    if (!isPublished(match.id) && (await this.#files.has(exchange))) return false;
    if (exchange.request.method === 'HEAD') exchange.reply.header('Content-Type', 'video/x-flv').send('');
    else this.#start(exchange, match, vhost);
    return true;
  }

  #start(exchange: HttpExchange, match: LiveMatch, vhost: VhostOptions): void {
    const { request, reply, connection, hasCors } = exchange;
    reply.hijack();
    const { streams, outputs, identity, statistics, cluster } = this.#host;
    const isChunked = request.raw.httpVersionMajor > 1 || request.raw.httpVersionMinor >= 1;
    const stream = streams.fetchOrCreate(match.id, vhost.stream);
    const framing = isChunked ? CHUNKED_FRAMING : PLAIN_FRAMING;
    const fanout = outputs.flv(stream, vhost, isChunked ? 'chunked' : 'plain', framing);
    const head = encodeLiveHead({
      contentType: 'video/x-flv',
      server: `${identity.name}/${identity.version}`,
      isChunked,
      hasCors,
    });
    connection.log.trace(
      `FLV ${stream.url}, encoder=FLV, nodelay=${Number(vhost.tcpNodelay)}, mw_sleep=${vhost.play.mergedWriteMs}ms`,
    );
    const { socket } = request.raw;
    socket.setNoDelay(vhost.tcpNodelay);
    const client = statistics.addClient(clientFacts(request, connection, stream), socket);
    const leaveCluster = cluster.joinViewer(stream, liveUrl(exchange, match.id));
    connection.startLive(fanout, vhost.name, head, () => {
      leaveCluster();
      statistics.removeClient(client);
    });
  }
}

/** What the viewer asks for, as an RTMP player would ask: the query is for the origin. */
function liveUrl({ request, vhost }: HttpExchange, { app, stream }: LiveMatch['id']): RtmpUrl {
  const query = request.url.indexOf('?');
  const param = query < 0 ? '' : request.url.slice(query);
  return { schema: request.protocol, host: request.hostname, port: 0, vhost, app, stream, param };
}

function clientFacts(request: FastifyRequest, connection: HttpConnection, stream: Stream): ClientFacts {
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
