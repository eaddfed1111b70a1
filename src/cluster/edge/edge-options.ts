// What an edge vhost is told by its configuration, and what the edge needs of the server around it.

import type { LookupFunction } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { ServerIdentity } from '../../media/metadata.ts';
import type { DialHttpFlv } from '../client/http-flv-client.ts';
import type { NameResolver } from '../client/name-resolver.ts';
import type { DialClient } from '../client/rtmp-client.ts';
import type { OriginHealth } from './origin-health.ts';

/** RTMP, HTTP-FLV, HTTP-FLV over TLS. */
export type EdgeProtocol = 'rtmp' | 'flv' | 'flvs';

/** Read at each use, so that a reload counts from the next attempt on. */
export interface EdgeOptions {
  /** `host[:port]` each, in order of preference. */
  readonly origins: readonly string[];
  /** Vhost to ask for, `[vhost]` stands for the one here. */
  readonly vhostTemplate: string;
  /** How streams are fetched. */
  readonly protocol: EdgeProtocol;
  /** Fetch over HTTP-FLV what the first viewer asked for over HTTP, else over RTMP (`follow_client`). */
  readonly followsClient: boolean;
  /** Ask an origin before a client is served (`token_traverse`). */
  readonly traversesTokens: boolean;
  /** Tell origins who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
  /** Length of its own segments, which the origin is to say the beginnings of, ms; undefined if it has none. */
  readonly markFragmentMs: number | undefined;
}

/** Of a vhost that is no edge any more: a reload came between. */
export const NO_EDGE: EdgeOptions = {
  origins: [],
  vhostTemplate: '',
  protocol: 'rtmp',
  followsClient: false,
  traversesTokens: false,
  hasIdentity: false,
  chunkSize: 128,
  markFragmentMs: undefined,
};

export interface EdgeEnvironment {
  /** undefined if the vhost is gone or is no edge any more. */
  readonly optionsOf: (vhost: string) => EdgeOptions | undefined;
  readonly dial: DialClient;
  readonly dialHttpFlv: DialHttpFlv;
  readonly resolver: Pick<NameResolver, 'locate'> & { readonly lookup: LookupFunction };
  readonly health: OriginHealth;
  /** The streams are copies for viewers who could as well go elsewhere: a publisher of this server takes their place. */
  readonly isRelay: boolean;
  readonly identity: ServerIdentity;
  /** Address that this server is known by, for the origin's log. */
  readonly serverIp: string;
  readonly log: Logger;
  readonly now: () => number;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
}

/** Of an origin that is configured without one. */
export const DEFAULT_PORT: Readonly<Record<EdgeProtocol, number>> = { rtmp: 1935, flv: 80, flvs: 443 };

/** @param schema of the URL that the first viewer asked for */
export function protocolFor(
  { protocol, followsClient }: Pick<EdgeOptions, 'protocol' | 'followsClient'>,
  schema: string,
): EdgeProtocol {
  if (!followsClient) return protocol;
  if (!schema.startsWith('http')) return 'rtmp';
  return protocol === 'flvs' ? 'flvs' : 'flv';
}
