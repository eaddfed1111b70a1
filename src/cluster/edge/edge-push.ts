// The way of one publisher of an edge to an origin. The publisher's connection publishes into a stream of the push's
// own, so that its headers and latest pictures are at hand when the origin changes: the encoder notices nothing.
// Viewers here get the stream back from the origin, by a pull, as viewers of any other edge do.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import { Bitrate } from '../../stats/bitrate.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import { endpointText } from '../client/endpoint.ts';
import { identityArguments } from '../client/identity.ts';
import { type PushEnd, PushLink } from '../client/push-link.ts';
import { upstreamUrl } from '../client/upstream-url.ts';
import { DEFAULT_PORT, type EdgeEnvironment, type EdgeOptions, NO_EDGE } from './edge-options.ts';
import type { Candidate } from './origin-round.ts';
import { OriginSearch, type Seeker } from './origin-search.ts';

export interface PushRefusal {
  /** NetStream.Publish.BadName, say; '' if the origin said nothing. */
  readonly code: string;
  readonly description: string;
}

/** The publisher's connection. */
export interface PushOwner {
  /** An origin takes the stream. */
  accepted(): void;
  /** No origin takes it. */
  refused(refusal: PushRefusal): void;
  /** It was taken, and is no more, and no other origin could be found. */
  lost(reason: string): void;
}

/** So long the first answer may take, with all origins that are asked, ms. */
const FIRST_TIMEOUT_MS = 12_000;
/** So long the publisher is kept without any origin, ms: then it had better look for another edge. */
const OUTAGE_TIMEOUT_MS = 30_000;
/** An origin that takes the stream and drops it again so often, each time after less than this, means it, ms. */
const SHORT_MS = 10_000;
const MAX_SHORT = 3;
/** An origin that cannot be reached by then is passed, ms (SRS: 150 ms, too short for long lines). */
const CONNECT_TIMEOUT_MS = 1000;
const SETUP_TIMEOUT_MS = 4000;
/** What an origin says that has, or knows, another publisher of the stream. */
const STREAM_TAKEN = 'NetStream.Publish.BadName';
const REPORT_MS = 10_000;
const FAILURE_LOG_MS = 3000;

/** A link that is being tried, or runs. */
class Attempt implements Seeker {
  readonly key: string;
  readonly startMs: number;
  link: PushLink | undefined;

  constructor(key: string, startMs: number) {
    this.key = key;
    this.startMs = startMs;
  }

  close(): void {
    this.link?.close();
  }
}

export class EdgePush {
  readonly stream: Stream;
  readonly #url: RtmpUrl;
  readonly #env: EdgeEnvironment;
  readonly #log: Logger;
  readonly #failures: RateLimitedLog;
  readonly #search: OriginSearch<Attempt>;
  readonly #subscriber: StreamSubscriber;
  readonly #onClosed: () => void;
  #owner: PushOwner | undefined;
  #current: Attempt | undefined;
  #currentMs = 0;
  #shortRuns = 0;
  #isAccepted = false;
  #outageTimer: NodeJS.Timeout | undefined;
  #reporter: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onClosed called once, when the push has ended */
  constructor(stream: Stream, url: RtmpUrl, env: EdgeEnvironment, log: Logger, onClosed: () => void) {
    this.stream = stream;
    this.#url = url;
    this.#log = log;
    this.#env = { ...env, log };
    this.#onClosed = onClosed;
    this.#failures = new RateLimitedLog((text) => log.warn(text), FAILURE_LOG_MS);
    this.#search = this.#newSearch();
    this.#subscriber = {
      published: () => {},
      unpublished: () => this.close(),
      gopStarted: () => {},
      gopCleared: () => {},
      metadata: () => {},
      message: () => {},
    };
  }

  /** The stream is published: now to the origin with it. */
  start(owner: PushOwner): void {
    this.#owner = owner;
    this.stream.subscribe(this.#subscriber);
    this.#log.trace('edge change from 0 to state 200 (push).');
    this.#outageTimer = setTimeout(() => this.giveUp('no origin takes the stream'), FIRST_TIMEOUT_MS);
    const startMs = this.#env.now();
    this.#reporter = setInterval(() => this.#report(startMs), REPORT_MS);
    this.#search.start();
  }

  /** The publisher has left, or is given up. May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#outageTimer);
    clearInterval(this.#reporter);
    this.#search.stop();
    this.#current?.close();
    this.#failures.close();
    this.stream.unsubscribe(this.#subscriber);
    this.#log.trace('edge change from 200 to state 0 (init).');
    this.#onClosed();
  }

  #newSearch(): OriginSearch<Attempt> {
    const { resolver, health, now, random } = this.#env;
    return new OriginSearch<Attempt>({
      maxSeekers: 1,
      patienceMs: Number.POSITIVE_INFINITY,
      origins: () => this.#options().origins,
      defaultPort: () => DEFAULT_PORT.rtmp,
      streamUrl: this.stream.url,
      resolver,
      health,
      now,
      random,
      open: (candidate) => this.#open(candidate),
      isInUse: (key) => this.#current?.key === key,
      isOutage: () => true,
      onUnresolved: (host, error) =>
        this.#failures.add('resolve', `code=1029 : get address info of ${host} : ${error}`),
    });
  }

  #options(): EdgeOptions {
    const { vhost } = this.stream.id;
    return this.#env.optionsOf(vhost) ?? NO_EDGE;
  }

  #open({ origin, address, key }: Candidate): Attempt {
    const { dial, resolver, identity, serverIp, now } = this.#env;
    const { vhostTemplate, hasIdentity, chunkSize } = this.#options();
    const url = upstreamUrl({ url: this.#url, vhost: this.stream.id.vhost, vhostTemplate, endpoint: origin });
    const args = hasIdentity ? { args: identityArguments(identity, this.#log.connectionId, serverIp) } : {};
    const attempt = new Attempt(key, now());
    attempt.link = new PushLink(
      {
        stream: this.stream,
        client: {
          endpoint: address,
          session: { ...url, chunkSize, ...args },
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
          setupTimeoutMs: SETUP_TIMEOUT_MS,
          lookup: resolver.lookup,
        },
        dial,
        log: this.#log,
      },
      {
        asked: () => {
          const asked = `rtmp://${endpointText(origin)}/${url.app}/${url.stream}`;
          this.#log.trace(`edge-fwr publish url ${asked}, stream=${url.stream} as ${url.stream}`);
        },
        started: () => this.#started(attempt),
        leaving: () => {
          if (attempt === this.#current) this.#search.start();
        },
        ended: (end) => this.#ended(attempt, end),
      },
    );
    return attempt;
  }

  #started(attempt: Attempt): void {
    this.#search.found(attempt);
    this.#env.health.reached(attempt.key);
    clearTimeout(this.#outageTimer);
    // One that is about to end has been replaced.
    this.#current?.close();
    this.#current = attempt;
    this.#currentMs = this.#env.now();
    if (this.#isAccepted) return;
    this.#isAccepted = true;
    this.#owner?.accepted();
  }

  #ended(attempt: Attempt, end: PushEnd): void {
    const { code, message } = end.error;
    if (end.stage === 'lost') {
      this.#log.error(`edge push get server control message failed. err=code=${code} : ${message}`);
      // The stream is somebody else's now: to go on elsewhere would be a fight without end.
      if (end.status?.code === STREAM_TAKEN) this.giveUp(end.status.description);
      else this.#lost(attempt);
    } else if (end.stage === 'refused' && !this.#isAccepted) {
      // Another origin might say yes, and then the stream would be on two.
      this.#refused(end);
    } else {
      this.#failures.add('connect', `edge push to ${attempt.key} failed, code=${code} : ${message}`);
      if (end.stage === 'unreached') this.#env.health.failed(attempt.key);
      this.#search.ended(attempt);
    }
  }

  #lost(attempt: Attempt): void {
    this.#current = undefined;
    const isShort = this.#env.now() - this.#currentMs < SHORT_MS;
    this.#shortRuns = isShort ? this.#shortRuns + 1 : 0;
    if (this.#shortRuns >= MAX_SHORT) {
      this.giveUp('origins take the stream and drop it again');
      return;
    }
    if (!isShort) this.#search.proved();
    this.#outageTimer = setTimeout(() => this.giveUp('no origin takes the stream'), OUTAGE_TIMEOUT_MS);
    this.#search.lost(attempt.key);
  }

  #refused({ status, error }: PushEnd): void {
    this.#log.warn(`edge revert from 200 to state 0 (push), error code=${error.code} : ${error.message}`);
    this.close();
    const code = status?.code ?? '';
    this.#owner?.refused({ code, description: status?.description || error.message });
  }

  /** The publisher is told, and had better come again. */
  giveUp(reason: string): void {
    this.#log.warn(`edge revert from 200 to state 0 (push), error code=1018 : ${reason}`);
    this.close();
    if (this.#isAccepted) this.#owner?.lost(reason);
    else this.#owner?.refused({ code: '', description: reason });
  }

  #report(startMs: number): void {
    const link = this.#current?.link;
    if (link === undefined) return;
    const now = this.#env.now();
    const sent = new Bitrate(this.#currentMs);
    const received = new Bitrate(this.#currentMs);
    sent.sample(link.sentBytes, now);
    received.sample(link.receivedBytes, now);
    this.#log.trace(
      `<- EPB time=${Math.round(now - startMs)}, msgs=${link.messages}, okbps=${sent}, ikbps=${received}`,
    );
  }
}
