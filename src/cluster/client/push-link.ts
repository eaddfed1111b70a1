// One try to publish a stream at another server: an edge at its origin, a forward at its destination.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { RtmpPeerIdentity, RtmpStatus } from '../../protocol/rtmp/client-handler.ts';
import type { RtmpClientSessionOptions } from '../../protocol/rtmp/client-session.ts';
import type { Stream } from '../../stream/stream.ts';
import { ClientError, silent } from './client-error.ts';
import { CLIENT_PROPERTIES, connectedLine, RECONNECT_REQUEST } from './identity.ts';
import { PING_TIMEOUT_MS, PingWatch } from './ping-watch.ts';
import { PushSender } from './push-sender.ts';
import type { ClientEnd, DialClient, RtmpClientOptions, UpstreamClient } from './rtmp-client.ts';

export interface PushLinkOptions {
  readonly stream: Stream;
  readonly client: Omit<RtmpClientOptions, 'session' | 'silenceTimeoutMs'> & {
    readonly session: Omit<RtmpClientSessionOptions, 'randomBytes' | 'role'>;
  };
  readonly dial: DialClient;
  readonly log: Logger;
}

/** Why a link has ended. */
export interface PushEnd {
  /** It could not be reached, it said no, or it left after it had said yes. */
  readonly stage: 'unreached' | 'refused' | 'lost';
  /** What it said, if it did. */
  readonly status: RtmpStatus | undefined;
  readonly error: ClientError;
}

export interface PushLinkEvents {
  /** Publish was sent. */
  asked(): void;
  /** The other server takes the stream, and has its beginning. */
  started(): void;
  /** The other server is about to end: the stream had better go elsewhere, and may go on here until it does. */
  leaving(): void;
  /** Called once, unless the link is closed before. */
  ended(end: PushEnd): void;
}

/** A server that was asked has to say yes or no by then, ms: it may have a hook to ask first. */
const VERDICT_TIMEOUT_MS = 10_000;
/** The network takes nothing for so long, or the stream is silent, ms (SRS: 30 s). */
const SILENCE_TIMEOUT_MS = 30_000;

export class PushLink {
  readonly #options: PushLinkOptions;
  readonly #events: PushLinkEvents;
  readonly #skips: RateLimitedLog;
  readonly #client: UpstreamClient;
  #verdictTimer: NodeJS.Timeout | undefined;
  #sender: PushSender | undefined;
  #pings: PingWatch | undefined;
  #wasAsked = false;
  #isClosed = false;

  constructor(options: PushLinkOptions, events: PushLinkEvents) {
    this.#options = options;
    this.#events = events;
    const { client, dial, log } = options;
    this.#skips = new RateLimitedLog((text) => log.warn(text));
    this.#client = dial(
      {
        ...client,
        session: { ...client.session, role: 'publish', properties: CLIENT_PROPERTIES },
        silenceTimeoutMs: SILENCE_TIMEOUT_MS,
      },
      {
        connected: (peer) => this.#connected(peer),
        asked: () => this.#asked(),
        started: () => this.#started(),
        media: () => {},
        statusReceived: (status) => this.#statusReceived(status),
        notice: (text) => log.info(text),
        ended: (end) => this.#ended(end),
      },
    );
  }

  /** Messages sent so far. */
  get messages(): number {
    return this.#sender?.messages ?? 0;
  }

  get receivedBytes(): number {
    return this.#client.receivedBytes;
  }

  get sentBytes(): number {
    return this.#client.sentBytes;
  }

  /** The other server takes the stream. */
  get isPublishing(): boolean {
    return this.#sender !== undefined && !this.#isClosed;
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#verdictTimer);
    this.#sender?.close();
    this.#pings?.close();
    this.#skips.close();
    this.#client.close();
  }

  #connected(peer: RtmpPeerIdentity): void {
    this.#options.log.trace(connectedLine(peer, this.#options.client.session.args !== undefined));
  }

  #statusReceived({ code, description }: RtmpStatus): void {
    if (this.#isClosed) return;
    this.#options.log.trace(`the server says ${code} : ${description}`);
    if (code === RECONNECT_REQUEST) this.#events.leaving();
  }

  #asked(): void {
    this.#wasAsked = true;
    this.#verdictTimer = setTimeout(() => {
      this.#finish(
        'refused',
        undefined,
        ClientError.of('timeout', `publish : timeout ${VERDICT_TIMEOUT_MS} ms`),
      );
    }, VERDICT_TIMEOUT_MS);
    this.#events.asked();
  }

  #started(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#verdictTimer);
    this.#sender = new PushSender({
      stream: this.#options.stream,
      client: this.#client,
      onSkip: (bytes) =>
        this.#skips.add('skip', `shrinking, ${bytes} bytes wait: the server reads too slowly`),
    });
    this.#pings = new PingWatch(this.#client, () => {
      this.#finish('lost', undefined, silent(PING_TIMEOUT_MS));
    });
    this.#events.started();
  }

  #ended(end: ClientEnd): void {
    const stage = this.#sender !== undefined ? 'lost' : this.#wasAsked ? 'refused' : 'unreached';
    if (end.type === 'redirected') {
      // SRS redirects players only, and follows no redirect of a publisher.
      this.#finish(stage, undefined, ClientError.of('refused', `redirected to ${end.target.url}`));
    } else if (end.type === 'refused') {
      this.#finish(stage === 'lost' ? 'lost' : 'refused', end.status, end.error);
    } else {
      this.#finish(stage, undefined, end.error);
    }
  }

  #finish(stage: PushEnd['stage'], status: RtmpStatus | undefined, error: ClientError): void {
    if (this.#isClosed) return;
    this.close();
    this.#events.ended({ stage, status, error });
  }
}
