// This server among others: everything that dials them, in one place for server.ts.
//
//   connection/ --(ClusterGate)--> Cluster -+-> edge/     streams of origins for viewers here, publishers here for origins
//                                           +-> forward/  streams of this server for others
//                                           +-> origin/   which of several origins has a stream

import { randomUUID } from 'node:crypto';
import type { Logger } from '../log/logger.ts';
import type { ServerIdentity } from '../media/metadata.ts';
import type { Amf0Object } from '../protocol/amf0/value.ts';
import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import type { Stream, StreamOptions } from '../stream/stream.ts';
import type { StreamId } from '../stream/stream-id.ts';
import { type DialHttpFlv, HttpFlvClient } from './client/http-flv-client.ts';
import { NameResolver } from './client/name-resolver.ts';
import { nameServer } from './client/name-server.ts';
import { type DialClient, RtmpClient } from './client/rtmp-client.ts';
import type { EdgeOptions } from './edge/edge-options.ts';
import type { EdgePull } from './edge/edge-pull.ts';
import { EdgePulls } from './edge/edge-pulls.ts';
import type { EdgePush } from './edge/edge-push.ts';
import { EdgePushes, type PublishRoute } from './edge/edge-pushes.ts';
import { OriginHealth } from './edge/origin-health.ts';
import { type ClientConnect, checkToken, type TokenVerdict } from './edge/token-check.ts';
import type { BackendIdentity } from './forward/forward-backend.ts';
import { type FindForward, Forwards, type PublisherFacts } from './forward/forwards.ts';
import { askCoworker, type OwnerQuestion, type PublishClaim } from './origin/coworker-question.ts';
import { askCoworkerByRtmp, ownerQuestionOf } from './origin/coworker-rtmp.ts';
import { type AskCoworker, Coworkers } from './origin/coworkers.ts';
import { type FindOrigin, OriginCluster, type OwnerAnswer } from './origin/origin-cluster.ts';
import { PublishClaims } from './origin/publish-claims.ts';
import { Relays } from './origin/relays.ts';
import { ViewerSeats } from './viewer-seats.ts';

/** The vhosts are asked for by their exact name, at each use, so that a reload counts. */
export interface ClusterOptions {
  readonly edgeOf: (vhost: string) => EdgeOptions | undefined;
  readonly forwardOf: FindForward;
  readonly originOf: FindOrigin;
  /** Name servers to ask instead of the system's, `IP[:port]` each. */
  readonly nameServers: () => readonly string[];
  /** Port of this server's own API, 0 if it has none. */
  readonly ownApiPort: () => number;
  /** First port at which it listens for RTMP. */
  readonly ownRtmpPort: () => number;
  /** The stream, if it is published here. The vhost may be one that this server does not have. */
  readonly findOwnStream: (id: StreamId) => Stream | undefined;
  /** Is this address one of this machine? */
  readonly isOwnAddress: (address: string) => boolean;
  readonly identity: ServerIdentity;
  /** What hooks are told of this server. */
  readonly hookIdentity: () => Omit<BackendIdentity, 'userAgent'>;
  /** An address of this machine, for the logs of others. */
  readonly serverIp: string;
  readonly log: Logger;
}

interface Dialer {
  readonly dial: DialClient;
  readonly dialHttpFlv: DialHttpFlv;
  readonly resolver: NameResolver;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #dialer: Dialer;
  readonly #pulls: EdgePulls;
  readonly #pushes: EdgePushes;
  readonly #forwards: Forwards;
  readonly #origin: OriginCluster;
  readonly #relays: Relays;
  readonly #claims: PublishClaims;
  readonly #seats = new ViewerSeats((stream, url) => this.#join(stream, url));

  constructor(options: ClusterOptions) {
    const { edgeOf, forwardOf, originOf, identity, serverIp, log } = options;
    this.#options = options;
    this.#dialer = {
      dial: (client, events) => new RtmpClient(client, events),
      dialHttpFlv: (client, events) => new HttpFlvClient(client, events),
      resolver: new NameResolver(nameServer(options.nameServers)),
    };
    const now = () => performance.now();
    const { dial, dialHttpFlv, resolver } = this.#dialer;
    const shared = {
      dial,
      identity,
      serverIp,
      log,
      now,
      random: Math.random,
    };
    const upstream = { ...shared, dialHttpFlv, resolver, health: new OriginHealth(now) };
    const edge = { ...upstream, optionsOf: edgeOf, isRelay: false };
    this.#pulls = new EdgePulls(edge);
    this.#pushes = new EdgePushes(edge);
    const userAgent = `${identity.name}/${identity.version}`;
    const backend = () => ({ ...options.hookIdentity(), userAgent });
    this.#forwards = new Forwards(forwardOf, { ...shared, lookup: resolver.lookup, backend });
    const { ownApiPort, ownRtmpPort, isOwnAddress } = options;
    const ask = this.#askCoworker(userAgent);
    const coworkers = new Coworkers({ resolver, ask, isOwnAddress, ownApiPort, ownRtmpPort, log, now });
    this.#origin = new OriginCluster(originOf, coworkers, log);
    this.#claims = new PublishClaims({ find: originOf, coworkers, log, now: Date.now, newId: randomUUID });
    this.#relays = new Relays({
      edge: upstream,
      optionsOf: (vhost) => this.#origin.relayOptions(vhost),
      findOwner: (question) => this.#origin.find(question),
    });
  }

  /** The streams that come from origins right now. */
  get pulls(): readonly EdgePull[] {
    return [...this.#pulls.values(), ...this.#relays.values()];
  }

  /** The streams that go to origins right now. */
  get pushes(): readonly EdgePush[] {
    return [...this.#pushes.values()];
  }

  /** @returns undefined if clients of this vhost are served without asking anybody */
  checkClient(vhost: string, client: ClientConnect): Promise<TokenVerdict> | undefined {
    const edge = this.#options.edgeOf(vhost);
    if (edge?.traversesTokens !== true) return undefined;
    const { dial, resolver } = this.#dialer;
    const { origins } = edge;
    return checkToken(client, { origins, dial, lookup: resolver.lookup, log: this.#options.log });
  }

  joinViewer(stream: Stream, url: RtmpUrl): () => void {
    return this.#seats.take(stream, url);
  }

  /** A reload has changed the cluster settings of a vhost. */
  reload(vhost: string): void {
    const isEdge = this.#options.edgeOf(vhost) !== undefined;
    if (!isEdge) this.#pushes.closeVhost(vhost);
    this.#pulls.reload(vhost);
    this.#relays.reload(vhost);
    this.#seats.reseat(vhost);
  }

  #join(stream: Stream, url: RtmpUrl): () => void {
    const isEdge = this.#options.edgeOf(stream.id.vhost) !== undefined;
    return isEdge ? this.#pulls.join(stream, url) : this.#relays.join(stream, url);
  }

  /** @returns undefined if the client is an ordinary one, else whether the stream that it looks for is ours */
  answerOwnerQuestion(args: Amf0Object | undefined): boolean | undefined {
    const question = ownerQuestionOf(args);
    return question === undefined ? undefined : this.answerOwner(question) !== undefined;
  }

  /**
   * What another server is told that asks whether a stream is published here.
   * @returns undefined if it is not, or a publisher may have it elsewhere
   */
  answerOwner(question: Omit<OwnerQuestion, 'host'>): { readonly claim?: PublishClaim } | undefined {
    const stream = this.#options.findOwnStream(question);
    if (stream === undefined) return undefined;
    if (question.isPublish === true) return this.#claims.asked(stream, question.claim);
    const claim = this.#claims.claimOf(stream);
    return claim === undefined ? {} : { claim };
  }

  /** See ClusterGate. A stream that is not ours to have is forwarded nowhere: the other origins are asked first. */
  checkPublish(id: StreamId, publisher: PublisherFacts): Promise<string | undefined> | undefined {
    if (this.#options.edgeOf(id.vhost) !== undefined) return undefined;
    const claim = this.#claims.check(id, publisher.url.host);
    if (claim === undefined) return this.#forwards.check(id, publisher);
    return claim.then((refusal) => refusal ?? this.#forwards.check(id, publisher));
  }

  /** A stream is published here. */
  published(stream: Stream): void {
    this.forward(stream);
    this.#claims.published(stream);
  }

  /** This server is about to end. */
  leave(): void {
    this.#claims.leave();
  }

  routePublish(
    id: StreamId,
    url: RtmpUrl,
    options: StreamOptions,
    connectionId: string,
  ): PublishRoute | undefined {
    return this.#pushes.route(id, url, options, connectionId);
  }

  findOwner(id: StreamId, url: RtmpUrl): Promise<OwnerAnswer | undefined> | undefined {
    return this.#origin.findOwner(id, url);
  }

  findHttpOwner(id: StreamId, host: string): Promise<string | undefined> | undefined {
    return this.#origin.findHttpOwner(id, host);
  }

  /** A stream that is published here has other settings: it goes where the vhost's `forward` says. */
  forward(stream: Stream): void {
    this.#forwards.attach(stream);
  }

  /** May be called twice. */
  close(): void {
    this.#pulls.close();
    this.#pushes.close();
    this.#forwards.close();
    this.#relays.close();
    this.#claims.close();
    this.#origin.close();
  }

  #askCoworker(userAgent: string): AskCoworker {
    const { dial, resolver } = this.#dialer;
    const rtmp = { dial, lookup: resolver.lookup, identity: this.#options.identity };
    return (protocol, address, question, signal) =>
      protocol === 'http'
        ? askCoworker(address, question, userAgent, signal)
        : askCoworkerByRtmp(address, question, rtmp, signal);
  }
}
