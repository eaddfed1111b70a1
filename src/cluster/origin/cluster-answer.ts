// What `/api/v1/clusters` says: whether a stream is published here, and how players get to it.

import { isIP } from 'node:net';
import type { Stream } from '../../stream/stream.ts';
import { type Endpoint, endpointText } from '../client/endpoint.ts';

export interface OriginAddress {
  readonly ip: string;
  /** RTMP */
  readonly port: number;
  readonly vhost: string;
  /** `host:port` of the HTTP API. */
  readonly api: string;
  readonly routers: readonly string[];
  /** `host:port` of its HTTP server, for HTTP viewers; SRS has no such field. */
  readonly http?: string | undefined;
}

export interface OriginAddressOptions {
  /** Name of the vhost that has the stream. */
  readonly vhost: string;
  /** What the asker calls this server, as it stands in its list of coworkers. */
  readonly coworker: string;
  /** First RTMP endpoint of this server. */
  readonly rtmp: Endpoint;
  /** `http_api listen` as written. */
  readonly api: string;
  /** Its HTTP server, undefined if there is none. */
  readonly http: Endpoint | undefined;
  /** An address of this machine, for askers that do not call it anything. */
  readonly ownAddress: string;
}

/** A copy that this server has fetched for its own viewers is not its to offer; a stream held for its publisher is. */
export function isOwnStream(stream: Stream | undefined): boolean {
  return stream?.isPublishing === true && stream.publisher?.giveWay === undefined;
}

/** Addresses that mean every one of this machine, or only itself. */
const UNREACHABLE: readonly string[] = ['', '0.0.0.0', '::', '127.0.0.1', '::1'];

/**
 * Where players find this server: the address that it listens at, else what the asker calls it (behind NAT and in
 * Kubernetes nobody else knows), else an address of the machine.
 */
export function originAddress(options: OriginAddressOptions): OriginAddress {
  const { vhost, coworker, rtmp, api, http, ownAddress } = options;
  const ip = UNREACHABLE.includes(rtmp.host) ? hostOf(coworker) || ownAddress : rtmp.host;
  const address = api.includes(':') ? api : `${ip}:${api}`;
  const answer = { ip, port: rtmp.port, vhost, api: address, routers: [address] };
  if (http === undefined) return answer;
  const httpHost = UNREACHABLE.includes(http.host) ? ip : http.host;
  return { ...answer, http: endpointText({ host: httpHost, port: http.port }) };
}

/** `host:port`, `[ipv6]:port`, or either without port. */
function hostOf(text: string): string {
  if (isIP(text) === 6) return text;
  return text.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
