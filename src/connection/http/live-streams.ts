// Live streams of `http_remux`: a request that names one makes its socket a viewer of the stream.

import type { FastifyRequest } from 'fastify';
import { CHUNKED_FRAMING, PLAIN_FRAMING } from '../../output/flv/flv-framing.ts';
import type { ClientFacts } from '../../stats/client-statistics.ts';
import type { Stream } from '../../stream/stream.ts';
import type { VhostOptions } from '../vhost.ts';
import type { HttpConnection } from './http-connection.ts';
import type { HttpHost, HttpServer } from './http-server.ts';
import { type LiveMatch, matchLiveMount } from './live-mount.ts';
import { encodeLiveHead } from './live-response.ts';

/** Adds the live streams of `http_remux` to a server. Requests that name none go on to the other routes. */
export function serveLiveStreams(server: HttpServer, host: HttpHost, hasCors: () => boolean): void {
  server.fastify.addHook('preHandler', async (request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const vhost = host.findVhost(requestVhost(request));
    const match =
      vhost === undefined
        ? undefined
        : matchLiveMount(path, vhost, (id) => host.streams.find(id)?.isPublishing === true);
    const connection = server.connectionOf(request);
    if (vhost === undefined || match === undefined || connection === undefined) return;
    if (request.method === 'HEAD') {
      reply.code(200).header('Content-Type', 'video/x-flv').send('');
      return;
    }
    reply.hijack();
    startLive(request, connection, match, vhost, host, hasCors());
  });
}

function startLive(
  request: FastifyRequest,
  connection: HttpConnection,
  match: LiveMatch,
  vhost: VhostOptions,
  host: HttpHost,
  hasCors: boolean,
): void {
  const isChunked = request.raw.httpVersionMajor > 1 || request.raw.httpVersionMinor >= 1;
  const stream = host.streams.fetchOrCreate(match.id, vhost.stream);
  const framing = isChunked ? CHUNKED_FRAMING : PLAIN_FRAMING;
  const fanout = host.outputs.flv(stream, vhost, isChunked ? 'chunked' : 'plain', framing);
  const head = encodeLiveHead({
    contentType: 'video/x-flv',
    server: `${host.identity.name}/${host.identity.version}`,
    isChunked,
    hasCors: hasCors && request.headers.origin !== undefined,
  });
  connection.log.trace(
    `FLV ${stream.url}, encoder=FLV, nodelay=${Number(vhost.tcpNodelay)}, mw_sleep=${vhost.play.mergedWriteMs}ms`,
  );
  request.raw.socket.setNoDelay(vhost.tcpNodelay);
  const client = host.statistics.addClient(clientFacts(request, connection, stream), request.raw.socket);
  connection.startLive(fanout, vhost.name, head, () => host.statistics.removeClient(client));
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

/** Query `vhost`, else query `domain`, else the Host header without its port (spec of SRS's HTTP server). */
function requestVhost(request: FastifyRequest): string {
  const query = request.query as Readonly<Record<string, string | string[] | undefined>>;
  for (const value of [query.vhost, query.domain]) {
    if (typeof value === 'string' && value !== '') return value;
  }
  return request.hostname;
}
