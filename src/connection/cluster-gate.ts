// What connections ask of the servers around this one: where streams come from that nobody publishes here, and
// where they go. cluster/ implements it, server.ts hands it over.

import type { Amf0Object } from '../protocol/amf0/value.ts';
import type { RedirectTarget } from '../protocol/rtmp/server-replies.ts';
import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import type { Stream, StreamOptions } from '../stream/stream.ts';
import type { StreamId } from '../stream/stream-id.ts';

export interface ClusterGate {
  /**
   * Asks another server whether this client may play or publish (`token_traverse`).
   * @returns undefined if nobody is to be asked
   */
  checkClient(vhost: string, client: ClientConnect): Promise<ClientVerdict> | undefined;
  /**
   * A viewer of any protocol begins to wait for a stream. On an edge it is fetched as long as somebody does.
   * @param url what the viewer asked for: its parameters go upstream
   * @returns what to call when the viewer is gone; twice is fine
   */
  joinViewer(stream: Stream, url: RtmpUrl): () => void;
  /**
   * Where a stream is that a player wants and nobody publishes here.
   * @returns undefined if no other server is asked: the player waits here; resolves with undefined if nobody has it
   */
  findOwner(id: StreamId, url: RtmpUrl): Promise<OwnerAnswer | undefined> | undefined;
  /**
   * Where an HTTP viewer finds a stream that nobody publishes here.
   * @param host that the viewer came to
   * @returns undefined if viewers are not sent elsewhere; resolves with `host:port`, or undefined if there is no such
   * place
   */
  findHttpOwner(id: StreamId, host: string): Promise<string | undefined> | undefined;
  /**
   * Other servers may connect only to ask whether a stream is published here.
   * @returns undefined for all other clients, which are let in
   */
  answerOwnerQuestion(args: Amf0Object | undefined): boolean | undefined;
  /**
   * Whether a publisher may have a stream: perhaps another origin has it, or a hook says where it is forwarded.
   * @returns undefined if nobody is to be asked; resolves with why not, or undefined
   */
  checkPublish(id: StreamId, publisher: PublisherFacts): Promise<string | undefined> | undefined;
  /**
   * Somebody wants to publish a stream. On an edge it goes to an origin.
   * @param options of the streams of the vhost
   * @param connectionId of the publisher, for the log
   * @returns undefined if it is published here, for the viewers here
   */
  routePublish(
    id: StreamId,
    url: RtmpUrl,
    options: StreamOptions,
    connectionId: string,
  ): PublishRoute | undefined;
}

/** Who wants to publish. */
export interface PublisherFacts {
  readonly connectionId: string;
  readonly ip: string;
  readonly tcUrl: string;
  readonly url: RtmpUrl;
}

/** What a client said in its `connect`. */
export interface ClientConnect {
  readonly tcUrl: string;
  readonly app: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly args: Amf0Object | undefined;
}

export type ClientVerdict =
  | { readonly type: 'admitted' }
  | { readonly type: 'refused'; readonly reason: string };

/** Who has a stream. */
export interface OwnerAnswer {
  readonly target: RedirectTarget;
  /** Players who do not follow redirects may play it here. */
  readonly canRelay: boolean;
}

/** The way of a publisher to another server. */
export interface PublishRoute {
  /** To publish into; it has a publisher if somebody else publishes the stream through this server. */
  readonly stream: Stream;
  /** Call it once the stream is published: it goes on from there until that publish ends. */
  start(owner: PublishRouteOwner): void;
}

export interface PublishRouteOwner {
  /** The other server takes the stream. */
  accepted(): void;
  /** No other server takes it. `code` is what the refusing one said, '' if it said nothing. */
  refused(refusal: { readonly code: string; readonly description: string }): void;
  /** It was taken, and is no more. */
  lost(reason: string): void;
}
