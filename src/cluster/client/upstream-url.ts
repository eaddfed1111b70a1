// How a stream is called at another server: tcUrl and stream name from what the client asked here. The rules are
// SRS's (spec cluster 1.5), which users' origins are configured for.

import {
  DEFAULT_VHOST,
  encodeStreamWithQuery,
  encodeTcUrl,
  isIpv4,
  type RtmpUrl,
} from '../../protocol/rtmp/url.ts';
import type { Endpoint } from './endpoint.ts';

export interface UpstreamUrl {
  readonly tcUrl: string;
  readonly app: string;
  /** Stream name with its parameters, without `vhost=`. */
  readonly stream: string;
}

export interface UpstreamUrlOptions {
  /** What the client asked for. */
  readonly url: RtmpUrl;
  /** The vhost that serves the client here. */
  readonly vhost: string;
  /** Vhost to ask for, `[vhost]` stands for the one here (`cluster.vhost`). */
  readonly vhostTemplate: string;
  /** The server that is asked. */
  readonly endpoint: Endpoint;
}

/** The host of tcUrl names the vhost, whatever address is connected. */
export function upstreamUrl({ url, vhost, vhostTemplate, endpoint }: UpstreamUrlOptions): UpstreamUrl {
  const asked = url.vhost === url.host || url.vhost === DEFAULT_VHOST ? '' : url.vhost;
  const transformed = vhostTemplate.replaceAll('[vhost]', vhost);
  const named = transformed === DEFAULT_VHOST ? hostName(url.host) : transformed;
  return {
    tcUrl: encodeTcUrl(endpoint.host, asked || named || DEFAULT_VHOST, url.app, endpoint.port),
    app: url.app,
    stream: encodeStreamWithQuery(url.host, url.vhost, url.stream, url.param, false),
  };
}

/** The host if it is a name: an address says nothing about vhosts. */
function hostName(host: string): string {
  return isIpv4(host) || host.includes(':') ? '' : host;
}
