// What an edge vhost is told by its configuration, and what the edge needs of the server around it.

import type { LookupFunction } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { ServerIdentity } from '../../media/metadata.ts';
import type { NameResolver } from '../client/name-resolver.ts';
import type { DialClient } from '../client/rtmp-client.ts';
import type { OriginHealth } from './origin-health.ts';

/** Read at each use, so that a reload counts from the next attempt on. */
export interface EdgeOptions {
  /** `host[:port]` each, in order of preference. */
  readonly origins: readonly string[];
  /** Vhost to ask for, `[vhost]` stands for the one here. */
  readonly vhostTemplate: string;
  /** Ask an origin before a client is served (`token_traverse`). */
  readonly traversesTokens: boolean;
  /** Tell origins who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
}

/** Of a vhost that is no edge any more: a reload came between. */
export const NO_EDGE: EdgeOptions = {
  origins: [],
  vhostTemplate: '',
  traversesTokens: false,
  hasIdentity: false,
  chunkSize: 128,
};

export interface EdgeEnvironment {
  /** undefined if the vhost is gone or is no edge any more. */
  readonly optionsOf: (vhost: string) => EdgeOptions | undefined;
  readonly dial: DialClient;
  readonly resolver: Pick<NameResolver, 'resolve'> & { readonly lookup: LookupFunction };
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
