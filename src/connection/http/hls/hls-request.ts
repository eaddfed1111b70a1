// What a request of HLS is about, and what is made of it: the playlist that it gets, the client that it comes from, the
// URL that an origin is asked for.

import type { RtmpUrl } from '../../../protocol/rtmp/url.ts';
import type { ClientFacts } from '../../../stats/client-statistics.ts';
import { type StreamId, streamUrl } from '../../../stream/stream-id.ts';
import type { VhostOptions } from '../../vhost.ts';
import type { ServiceExchange } from '../http-service.ts';
import { rawPath, rtmpUrl } from '../request-path.ts';
import type { HlsDelivery } from './hls-delivery.ts';
import { masterPlaylist, otherQuery, sessionPlaylist } from './playlist-text.ts';

/** What a request for a playlist, or for a segment that may come, is about. */
export interface HlsRequest {
  readonly exchange: ServiceExchange;
  readonly vhost: VhostOptions;
  readonly hls: HlsDelivery;
  readonly id: StreamId;
  /** `hls_ctx` of its query; '' if there is none. */
  readonly sessionName: string;
}

/** Equal for requests that wait for the same. */
export function waitKey({ exchange, id }: HlsRequest): string {
  return `${streamUrl(id)} ${exchange.path}`;
}

/** What a session gets: first the master playlist that names it, then, as it comes with its name, the segments. */
export function playlistFor(
  { exchange: { request }, hls, sessionName }: HlsRequest,
  bytes: Buffer,
  session: string,
): string | Buffer {
  // Who comes with a name, from another server or from before a restart, is in the middle of playing.
  if (session !== sessionName) return masterPlaylist(rawPath(request.url), session, otherQuery(request.url));
  return hls.countsSegments ? sessionPlaylist(bytes, session) : bytes;
}

/** The client that a session is listed as. */
export function clientFacts(
  { request, connection }: ServiceExchange,
  id: StreamId,
): Omit<ClientFacts, 'id' | 'kickOff'> {
  const { 'x-forwarded-for': forwarded, 'x-real-ip': real, referer = '' } = request.headers;
  const proxied = [forwarded, real].flat().find((value) => value !== undefined && value !== '');
  return {
    type: 'hls-play',
    isPublisher: false,
    ip: proxied?.split(',')[0]?.trim() ?? connection.remoteAddress,
    tcUrl: `${request.protocol}://${request.host}/${id.app}`,
    pageUrl: referer,
    swfUrl: '',
    ...id,
    url: streamUrl(id),
  };
}

/** The query is for the origin, without our own name in it. */
export function playlistUrl(exchange: ServiceExchange, id: StreamId): RtmpUrl {
  const query = otherQuery(exchange.request.url);
  return rtmpUrl(exchange, id, query === '' ? '' : `?${query}`);
}
