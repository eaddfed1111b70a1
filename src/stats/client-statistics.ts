// What is known and counted about one client: a connection that plays or publishes a stream, or an HLS viewer.

import type { StreamStatistics } from './stream-statistics.ts';
import type { Traffic } from './traffic.ts';

/** The words of SRS's API; those for HTTP and HLS viewers came with SRS 5, before that all were `rtmp-play`. */
export type ClientType =
  | 'rtmp-play'
  | 'flv-play'
  | 'hls-play'
  | 'fmle-publish'
  | 'flash-publish'
  | 'haivision-publish';

/** The byte counts of a socket; net.Socket and tls.TLSSocket have them. */
export interface ByteCounter {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What a connection says about itself when it starts to play or publish. */
export interface ClientFacts {
  /** Context id of the connection; for HLS the session's. */
  readonly id: string;
  readonly type: ClientType;
  readonly isPublisher: boolean;
  readonly ip: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** The stream's key, as in `StreamStatistics.url`. */
  readonly url: string;
  /** Ends the client's connection, as an operator asks for it through the API. */
  readonly kickOff: () => void;
}

export class ClientStatistics {
  readonly facts: ClientFacts;
  readonly stream: StreamStatistics;
  readonly traffic: Traffic;
  /** On the monotonic clock, ms. */
  readonly createdMs: number;
  readonly #socket: ByteCounter | undefined;

  /** @param socket undefined for a client without a socket of its own, whose bytes are added to `traffic` */
  constructor(
    facts: ClientFacts,
    stream: StreamStatistics,
    traffic: Traffic,
    socket: ByteCounter | undefined,
    createdMs: number,
  ) {
    this.facts = facts;
    this.stream = stream;
    this.traffic = traffic;
    this.createdMs = createdMs;
    this.#socket = socket;
  }

  get id(): string {
    return this.facts.id;
  }

  /** Takes over what the socket has counted. */
  update(): void {
    if (this.#socket !== undefined) this.traffic.update(this.#socket.bytesRead, this.#socket.bytesWritten);
  }
}
