// This server as one of several origins: where a stream is that a player wants and nobody publishes here, and what the
// others are told when they ask.

import type { Logger } from '../../log/logger.ts';
import type { RedirectTarget } from '../../protocol/rtmp/server-replies.ts';
import { encodeStreamWithQuery, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import { endpointText } from '../client/endpoint.ts';
import type { StreamOwner } from './coworker-question.ts';
import type { Coworkers } from './coworkers.ts';

export interface OriginOptions {
  /** `host[:port]` of the other origins' APIs. */
  readonly coworkers: readonly string[];
}

/** By exact name of the vhost, read at each use; undefined if it is no part of an origin cluster. */
export type FindOrigin = (vhost: string) => OriginOptions | undefined;

/** Where a player is sent. */
export interface PlayTarget extends RedirectTarget {
  readonly owner: StreamOwner;
}

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
  findOwner(id: StreamId, url: RtmpUrl): Promise<PlayTarget | undefined> | undefined {
    const options = this.#find(id.vhost);
    return options === undefined ? undefined : this.#ask(id, url, options);
  }

  close(): void {
    this.#coworkers.close();
  }

  async #ask(id: StreamId, url: RtmpUrl, { coworkers }: OriginOptions): Promise<PlayTarget | undefined> {
    const owner = await this.#coworkers.find({ ...id, host: url.host }, coworkers);
    if (owner === undefined) return undefined;
    const target = redirectTo(owner, id, url);
    this.#log.info(`http: cluster redirect ${endpointText(owner)} ok, url=${target.url}`);
    return { ...target, owner };
  }
}

/** The port is always written, as SRS does it. */
function redirectTo(owner: StreamOwner, { vhost, app, stream }: StreamId, url: RtmpUrl): RedirectTarget {
  const tcUrl = `rtmp://${endpointText(owner)}/${app}`;
  return { tcUrl, url: `${tcUrl}/${encodeStreamWithQuery(url.host, vhost, stream, url.param)}` };
}
