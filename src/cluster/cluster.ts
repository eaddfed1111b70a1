// This server among others: everything that dials them, in one place for server.ts.
//
//   connection/ --(ClusterGate)--> Cluster -+-> edge/     streams of origins for viewers here, publishers here for origins
//                                           +-> forward/  streams of this server for others
//                                           +-> origin/   which of several origins has a stream

import type { Logger } from '../log/logger.ts';
import type { ServerIdentity } from '../media/metadata.ts';
import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import type { Stream, StreamOptions } from '../stream/stream.ts';
import type { StreamId } from '../stream/stream-id.ts';
import { NameResolver } from './client/name-resolver.ts';
import { RtmpClient } from './client/rtmp-client.ts';
import type { EdgeEnvironment, EdgeOptions } from './edge/edge-options.ts';
import type { EdgePull } from './edge/edge-pull.ts';
import { EdgePulls } from './edge/edge-pulls.ts';
import type { EdgePush } from './edge/edge-push.ts';
import { EdgePushes, type PublishRoute } from './edge/edge-pushes.ts';
import { OriginHealth } from './edge/origin-health.ts';

export interface ClusterOptions {
  /** By exact name of the vhost; read at each use, so that a reload counts. */
  readonly edgeOf: (vhost: string) => EdgeOptions | undefined;
  readonly identity: ServerIdentity;
  /** An address of this machine, for the logs of others. */
  readonly serverIp: string;
  readonly log: Logger;
}

export class Cluster {
  readonly #pulls: EdgePulls;
  readonly #pushes: EdgePushes;

  constructor(options: ClusterOptions) {
    const now = () => performance.now();
    const edge: EdgeEnvironment = {
      optionsOf: options.edgeOf,
      dial: (client, events) => new RtmpClient(client, events),
      resolver: new NameResolver(),
      health: new OriginHealth(now),
      identity: options.identity,
      serverIp: options.serverIp,
      log: options.log,
      now,
      random: Math.random,
    };
    this.#pulls = new EdgePulls(edge);
    this.#pushes = new EdgePushes(edge);
  }

  /** The streams that come from origins right now. */
  get pulls(): readonly EdgePull[] {
    return [...this.#pulls.values()];
  }

  /** The streams that go to origins right now. */
  get pushes(): readonly EdgePush[] {
    return [...this.#pushes.values()];
  }

  joinViewer(stream: Stream, url: RtmpUrl): () => void {
    return this.#pulls.join(stream, url);
  }

  routePublish(
    id: StreamId,
    url: RtmpUrl,
    options: StreamOptions,
    connectionId: string,
  ): PublishRoute | undefined {
    return this.#pushes.route(id, url, options, connectionId);
  }

  /** May be called twice. */
  close(): void {
    this.#pulls.close();
    this.#pushes.close();
  }
}
