// cluster { } and forward { }: this server as edge, origin or source of others (spec config 3.6, cluster 0).

import { block, flag, list, text, url, word } from './row.ts';

export const cluster = block(
  {
    says: 'Edge of other servers, or one of several origins.',
    since: '3',
    reload: 'new',
    env: false,
  },
  {
    mode: word(['local', 'remote'], 'local', 'local', {
      says: 'local serves its own streams (origin), remote fetches from and pushes to origins (edge).',
      reload: 'applied',
      since: '1',
    }),
    origin: list({
      says: 'Edge: origins as host[:port], port 1935 unless said; the next one is tried when one fails.',
      reload: 'applied',
      since: '1',
      example: '127.0.0.1:19350',
    }),
    token_traverse: flag(false, {
      says: 'Edge: ask an origin before a client is served.',
      reload: 'new',
      since: '1',
    }),
    vhost: text('[vhost]', { says: 'Edge: vhost to ask the origin for.', reload: 'new', since: '1' }),
    debug_srs_upnode: flag(true, {
      says: 'Tell the other server who connects (ids in its log).',
      reload: 'new',
      since: '1',
    }),
    origin_cluster: flag(false, {
      says: 'Origin: send a viewer to the origin that has the stream.',
      reload: 'applied',
      since: '3',
    }),
    coworkers: list({
      says: 'Origin: HTTP APIs of the other origins, host[:port].',
      reload: 'live',
      since: '3',
      example: '127.0.0.1:9091 127.0.0.1:9092',
    }),
    relay: flag(true, {
      says: 'Origin: serve the streams of other origins to viewers who cannot be sent there, such as those of HTTP.',
      reload: 'applied',
      since: 'tsrs',
    }),
    publish_conflict: word(['first', 'newest', 'both'], 'first', 'first', {
      says: 'Origin: who keeps a stream that two origins get: the first publisher, the newest, or (as SRS) both.',
      reload: 'new',
      since: 'tsrs',
    }),
    http_redirect: flag(false, {
      says: 'Origin: send viewers of HTTP-FLV and HLS to the HTTP server of the origin that has the stream (302).',
      reload: 'live',
      since: 'tsrs',
    }),
    protocol: word(['rtmp', 'flv', 'flvs'], 'rtmp', 'rtmp', {
      says: 'Edge: how streams are fetched: RTMP, HTTP-FLV (port 80 unless said) or HTTPS-FLV (443).',
      reload: 'applied',
      since: '5',
    }),
    follow_client: flag(false, {
      says: 'Edge: fetch by the protocol of the first viewer.',
      reload: 'new',
      since: '5',
    }),
  },
);

export const forward = block(
  {
    says: 'Publish every stream to other servers as well.',
    since: '1',
    reload: 'applied',
    env: false,
  },
  {
    enabled: flag(false, { says: 'Forward.', reload: 'applied', since: '3' }),
    destination: list({
      says: 'RTMP servers, host[:port].',
      reload: 'applied',
      since: '3',
      example: '127.0.0.1:19350',
    }),
    backend: url('', {
      says: 'HTTP hook that is asked where to forward a stream; it takes the place of `destination`, and refuses the publisher if it fails.',
      reload: 'applied',
      since: '5',
      example: 'http://127.0.0.1:8085/api/v1/forward',
    }),
  },
);
