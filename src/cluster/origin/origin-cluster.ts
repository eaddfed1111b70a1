// This server as one of several origins: where a stream is that a player wants and nobody publishes here, and what the
// others are told when they ask.

import type { Logger } from '../../log/logger.ts';
import type { RedirectTarget } from '../../protocol/rtmp/server-replies.ts';
import { encodeStreamWithQuery, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import { endpointText } from '../client/endpoint.ts';
import type { OwnerQuestion, StreamOwner } from './coworker-question.ts';
import type { Coworkers } from './coworkers.ts';
import type { RelayOptions } from './relays.ts';

export interface OriginOptions {
  /** `host[:port]` of the other origins' APIs. */
  readonly coworkers: readonly string[];
  /** Viewers who cannot be sent to the owner are served here (`cluster.relay`). */
  readonly hasRelay: boolean;
  /** HTTP viewers are sent to the owner (`cluster.http_redirect`). */
  readonly hasHttpRedirect: boolean;
  /** Whose stream it is that two origins get. */
  readonly conflict: 'first' | 'newest' | 'both';
  /** Tell the others who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
}

/** Who has a stream. */
export interface OwnerAnswer {
  readonly target: RedirectTarget;
  /** Players who do not follow redirects may play it here. */
  readonly canRelay: boolean;
}

/** By exact name of the vhost, read at each use; undefined if it is no part of an origin cluster. */
export type FindOrigin = (vhost: string) => OriginOptions | undefined;

export class OriginCluster {
  readonly #find: FindOrigin;
  readonly #coworkers: Coworkers;
  readonly #log: Logger;

  constructor(find: FindOrigin, coworkers: Coworkers, log: Logger) {
    this.#find = find;
    this.#coworkers = coworkers;
    this.#log = log;
  }

  /**
   * Looks for a stream that nobody publishes here.
   * @param url what the player asked for
   * @returns undefined if the vhost is no part of a cluster; resolves with undefined if nobody has the stream
   */
  findOwner(id: StreamId, url: RtmpUrl): Promise<OwnerAnswer | undefined> | undefined {
    const options = this.#find(id.vhost);
    return options === undefined ? undefined : this.#ask(id, url, options);
  }

  /**
   * Where HTTP viewers find a stream that nobody publishes here.
   * @returns undefined if they are not sent anywhere; resolves with undefined if nobody has it, or the owner does not
   * say where its HTTP server is
   */
  findHttpOwner(id: StreamId, host: string): Promise<string | undefined> | undefined {
    const options = this.#find(id.vhost);
    if (options?.hasHttpRedirect !== true) return undefined;
    return this.#coworkers.find({ ...id, host }, options.coworkers).then((owner) => owner?.http);
  }

  /** As Coworkers.find, with the coworkers of now. */
  async find(question: OwnerQuestion): Promise<StreamOwner | undefined> {
    const options = this.#find(question.vhost);
    return options === undefined ? undefined : this.#coworkers.find(question, options.coworkers);
  }

  /** undefined if the vhost relays nothing. */
  relayOptions(vhost: string): RelayOptions | undefined {
    const options = this.#find(vhost);
    return options?.hasRelay === true ? options : undefined;
  }

  close(): void {
    this.#coworkers.close();
  }

  async #ask(id: StreamId, url: RtmpUrl, options: OriginOptions): Promise<OwnerAnswer | undefined> {
    const owner = await this.#coworkers.find({ ...id, host: url.host }, options.coworkers);
    if (owner === undefined) return undefined;
    const target = redirectTo(owner, id, url);
    this.#log.info(`http: cluster redirect ${endpointText(owner)} ok, url=${target.url}`);
    return { target, canRelay: options.hasRelay };
  }
}

/** The port is always written, as SRS does it. */
function redirectTo(owner: StreamOwner, { vhost, app, stream }: StreamId, url: RtmpUrl): RedirectTarget {
  const tcUrl = `rtmp://${endpointText(owner)}/${app}`;
  return { tcUrl, url: `${tcUrl}/${encodeStreamWithQuery(url.host, vhost, stream, url.param)}` };
}
