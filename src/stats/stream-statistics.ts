// What is known and counted about one stream and about one virtual host. Their ids are those of the API: random,
// and new when a stream comes back after everybody has left it.

import { Traffic } from './traffic.ts';

export class VhostStatistics {
  readonly id: string;
  readonly name: string;
  readonly traffic: Traffic;
  /** Players and publishers now. */
  clients = 0;

  constructor(id: string, name: string, nowMs: number, server: Traffic) {
    this.id = id;
    this.name = name;
    this.traffic = new Traffic(nowMs, server);
  }
}

export interface StreamName {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

export class StreamStatistics {
  readonly id: string;
  readonly vhost: VhostStatistics;
  readonly app: string;
  readonly name: string;
  /** `/app/stream` on the default vhost, `vhost/app/stream` elsewhere. */
  readonly url: string;
  /** Of the first client, '' when the stream came without one (an edge's pull). */
  readonly tcUrl: string;
  readonly traffic: Traffic;
  /** Players and publishers now. */
  clients = 0;
  /** Client id of the publisher, kept when it has left; '' before the first one. */
  publisherId = '';
  isPublishing = false;
  /** Video messages since the stream is known, sequence headers included. */
  frames = 0;
  #videoMessages = 0;

  constructor(
    id: string,
    vhost: VhostStatistics,
    { app, stream }: StreamName,
    url: string,
    tcUrl: string,
    nowMs: number,
  ) {
    this.id = id;
    this.vhost = vhost;
    this.app = app;
    this.name = stream;
    this.url = url;
    this.tcUrl = tcUrl;
    this.traffic = new Traffic(nowMs, vhost.traffic);
  }

  /** @param videoMessages what the hub has counted; it starts anew when the hub's stream does */
  updateFrames(videoMessages: number): void {
    const isSame = videoMessages >= this.#videoMessages;
    this.frames += isSame ? videoMessages - this.#videoMessages : videoMessages;
    this.#videoMessages = videoMessages;
  }
}
