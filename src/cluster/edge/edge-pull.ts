// The publisher of one stream of an edge: gets it from the origins while somebody here watches. Viewers never hear of
// its troubles; they see the picture stand still and go on.
//
//   OriginSearch -> Upstream (one, or some side by side) -> Splice -> Publication -> viewers
//
// `#current` delivers. While there is none, or it is silent or about to leave, the search goes on beside it, and the
// first that has the stream takes over.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { RtmpStatus } from '../../protocol/rtmp/client-handler.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { Traffic } from '../../stats/traffic.ts';
import type { MarkRequest } from '../../stream/mark-request.ts';
import type { Publication, Publisher, Stream, StreamSubscriber } from '../../stream/stream.ts';
import { type ClientError, silent } from '../client/client-error.ts';
import { endpointText, parseEndpoint } from '../client/endpoint.ts';
import { RECONNECT_REQUEST } from '../client/identity.ts';
import {
  DEFAULT_PORT,
  type EdgeEnvironment,
  type EdgeOptions,
  type EdgeProtocol,
  NO_EDGE,
  protocolFor,
} from './edge-options.ts';
import type { Candidate } from './origin-round.ts';
import { OriginSearch } from './origin-search.ts';
import { PullLog } from './pull-log.ts';
import { Splice, type SpliceOutput } from './splice.ts';
import { Upstream, type UpstreamOwner } from './upstream.ts';

/** Zapping viewers come back: the pull waits so long before it ends, ms. */
const LINGER_MS = 3000;
/** Origins that are tried at the same time, at most. */
const MAX_SEEKERS = 3;
/** One that has waited so long for the stream makes room for another, ms (SRS: 5 s). */
const SEEKER_PATIENCE_MS = 5000;
/** While the current upstream is silent for so long, others are asked, too, ms. */
const SILENCE_MS = 2000;
/** … and then it is given up (SRS: 5 s), ms. */
const DEAD_MS = 5000;
/** Media for so long means that an upstream is good: the next loss is a new one, ms. */
const STEADY_MS = 3000;
const TICK_MS = 500;
const FAILURE_LOG_MS = 3000;
/** Length of the segments of an edge about which nobody says anything else, ms. */
const DEFAULT_MARK_FRAGMENT_MS = 1500;

const UNPUBLISH_NOTIFY = 'NetStream.Play.UnpublishNotify';

export class EdgePull implements Publisher, UpstreamOwner {
  readonly #stream: Stream;
  readonly #env: EdgeEnvironment;
  readonly #log: Logger;
  readonly #lines: PullLog;
  readonly #failures: RateLimitedLog;
  readonly #onClosed: () => void;
  readonly #search: OriginSearch<Upstream>;
  readonly #splice: Splice;
  readonly #subscriber: StreamSubscriber;
  readonly giveWay: (() => void) | undefined;
  readonly isCopy = true;
  #publication: Publication | undefined;
  #url: RtmpUrl;
  readonly #firstSchema: string;
  #viewers = 0;
  #lingerTimer: NodeJS.Timeout | undefined;
  #current: Upstream | undefined;
  #adoptedMs = 0;
  /** The current upstream asked to be replaced while it still delivers. */
  #isLeaving = false;
  /** … because it is not among the origins any more. */
  #isUnlisted = false;
  /** When the current upstream said that it has nothing more; media after that takes it back. */
  #emptiedMs = -1;
  /** Runs unless the pull is suspended. */
  #ticker: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onClosed called once, when the pull has ended */
  constructor(stream: Stream, url: RtmpUrl, env: EdgeEnvironment, onClosed: () => void) {
    this.#stream = stream;
    this.#url = url;
    this.#firstSchema = url.schema;
    this.#log = env.log.child();
    this.#env = { ...env, log: this.#log };
    this.#onClosed = onClosed;
    this.giveWay = env.isRelay ? () => this.#endPublish() : undefined;
    this.#lines = new PullLog(this.#log, env.now());
    this.#failures = new RateLimitedLog((text) => this.#log.warn(text), FAILURE_LOG_MS);
    this.#search = this.#newSearch();
    this.#splice = new Splice(
      spliceOutput(stream, () => this.#publication),
      env.now,
    );
    this.#subscriber = {
      published: () => this.#published(),
      unpublished: () => this.#start(),
      gopStarted: () => {},
      gopCleared: () => {},
      metadata: () => {},
      message: () => {},
    };
    // Holds the stream as long as the pull lives, also while nobody publishes it.
    stream.subscribe(this.#subscriber);
    this.#start();
  }

  get stream(): Stream {
    return this.#stream;
  }

  get viewerCount(): number {
    return this.#viewers;
  }

  /** What the latest viewer asked for. */
  get url(): RtmpUrl {
    return this.#url;
  }

  /** The address that the stream comes from, undefined while there is none. */
  get upstreamKey(): string | undefined {
    return this.#current?.key;
  }

  /** Bytes from and to origins. */
  get traffic(): Traffic {
    return this.#lines.traffic;
  }

  /** @returns what to call when the viewer has left; twice is fine */
  join(url: RtmpUrl): () => void {
    this.#url = url;
    this.#viewers++;
    clearTimeout(this.#lingerTimer);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#viewers--;
      if (this.#viewers > 0 || this.#isClosed) return;
      this.#lingerTimer = setTimeout(() => this.close(), LINGER_MS);
    };
  }

  /**
   * The settings have changed. An upstream that is not listed any more delivers until another one has a key frame; one
   * that is listed stays.
   */
  reconfigure(): void {
    const current = this.#current;
    if (this.#ticker === undefined) return;
    if (current === undefined) {
      this.#search.stop();
      this.#search.start();
    } else if (this.#isListed(current)) {
      if (this.#isUnlisted) this.#isLeaving = false;
      this.#isUnlisted = false;
    } else {
      this.#isUnlisted = true;
      this.#isLeaving = true;
      this.#search.stop();
      this.#search.start();
    }
  }

  /** Viewers want the stream whoever ends the publish: it is fetched anew. */
  stop(reason: string): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#log.trace(`the pull starts anew, ${reason}`);
    current.close();
    this.#lost(current);
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    this.#suspend();
    this.#failures.close();
    this.#lines.closed();
    this.#endPublish();
    this.#stream.unsubscribe(this.#subscriber);
    this.#onClosed();
  }

  // --- UpstreamOwner

  /** What edges behind this one have asked for goes on, if there are no segments here. */
  get markRequest(): MarkRequest {
    const { markFragmentMs, markPlace } = this.#stream;
    const fragmentMs = this.#options().markFragmentMs ?? markFragmentMs ?? DEFAULT_MARK_FRAGMENT_MS;
    return { fragmentMs, last: markPlace };
  }

  asked(upstream: Upstream): void {
    this.#lines.asked();
    this.#search.asked(upstream);
  }

  offered(upstream: Upstream, message: MediaMessage): void {
    const current = this.#current;
    if (current === undefined || this.#isSilent(current)) this.#adopt(upstream);
    else if (!this.#isLeaving) this.#search.stop();
    else if (message.isKeyFrame || !this.#stream.hasVideo) this.#adopt(upstream);
  }

  statusReceived(upstream: Upstream, { code, description }: RtmpStatus): void {
    if (upstream !== this.#current) return;
    if (code === RECONNECT_REQUEST) {
      this.#isLeaving = true;
    } else if (code === UNPUBLISH_NOTIFY) {
      this.#emptiedMs = this.#env.now();
      // Whoever publishes there next has nothing to do with what came so far.
      this.#splice.begin();
    } else {
      return;
    }
    this.#log.trace(`${upstream.key} says ${code} : ${description}`);
    this.#search.start();
  }

  ended(upstream: Upstream, { code, message }: ClientError): void {
    if (upstream.askedMs === undefined) {
      this.#failed('connect', code, message);
    } else {
      this.#failures.add('lost', `origin disconnected, retry, error code=${code} : ${message}`);
    }
    if (upstream === this.#current) this.#lost(upstream);
    else this.#search.ended(upstream);
  }

  // --- inside

  /** Somebody publishes the stream: this pull, or a publisher of this server, who goes first. */
  #published(): void {
    if (this.#stream.publisher !== this) this.#suspend();
  }

  #start(): void {
    if (this.#isClosed || this.#ticker !== undefined || this.#stream.isPublishing) return;
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#search.start();
  }

  #endPublish(): void {
    const publication = this.#publication;
    this.#publication = undefined;
    publication?.end();
  }

  #suspend(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#search.stop();
    if (this.#current !== undefined) this.#leave(this.#current);
    this.#current = undefined;
  }

  #tick(): void {
    const now = this.#env.now();
    const current = this.#current;
    if (current !== undefined) this.#watch(current, now);
    this.#lines.tick(now);
  }

  #watch(current: Upstream, nowMs: number): void {
    this.#count(current);
    if (nowMs - this.#adoptedMs > STEADY_MS) this.#search.proved();
    if (this.#isDead(current, nowMs)) {
      current.close();
      this.ended(current, silent(DEAD_MS));
    } else if (this.#isSilent(current)) {
      this.#search.start();
    } else if (!this.#isLeaving) {
      this.#search.stop();
    }
  }

  #isSilent({ lastMediaMs }: Upstream): boolean {
    return lastMediaMs <= this.#emptiedMs || this.#env.now() - lastMediaMs > SILENCE_MS;
  }

  /** One that said that it has nothing more may wait for the next publisher. */
  #isDead({ lastMediaMs }: Upstream, nowMs: number): boolean {
    return lastMediaMs > this.#emptiedMs && nowMs - lastMediaMs > DEAD_MS;
  }

  #adopt(upstream: Upstream): void {
    this.#publication ??= this.#stream.publish(this);
    if (this.#publication === undefined) {
      this.#suspend();
      return;
    }
    const previous = this.#current;
    this.#search.found(upstream);
    this.#current = upstream;
    this.#adoptedMs = this.#env.now();
    this.#isLeaving = false;
    this.#isUnlisted = false;
    this.#emptiedMs = -1;
    if (previous !== undefined) this.#leave(previous);
    this.#log.trace(`edge: stream ${this.#stream.url} comes from ${upstream.key}`);
    this.#splice.begin();
    upstream.adopt(this.#splice);
  }

  #lost(upstream: Upstream): void {
    this.#count(upstream);
    this.#current = undefined;
    this.#isLeaving = false;
    this.#search.lost(upstream.key);
  }

  #leave(upstream: Upstream): void {
    this.#count(upstream);
    upstream.close();
  }

  #count(upstream: Upstream): void {
    const { received, sent } = upstream.takeNewBytes();
    this.traffic.add(received, sent);
  }

  #newSearch(): OriginSearch<Upstream> {
    const { resolver, health, now, random } = this.#env;
    return new OriginSearch<Upstream>({
      maxSeekers: MAX_SEEKERS,
      patienceMs: SEEKER_PATIENCE_MS,
      origins: () => this.#options().origins,
      defaultPort: () => DEFAULT_PORT[this.#protocol(this.#options())],
      streamUrl: this.#stream.url,
      resolver,
      health,
      now,
      random,
      open: (candidate) => this.#open(candidate),
      isInUse: (key) => this.#current?.key === key,
      isOutage: () => this.#publication !== undefined && (this.#current === undefined || this.#isLeaving),
      onUnresolved: (host, error) => this.#failed('resolve', 1029, `get address info of ${host} : ${error}`),
    });
  }

  #protocol(options: EdgeOptions): EdgeProtocol {
    return protocolFor(options, this.#firstSchema);
  }

  #isListed({ candidate, protocol }: Upstream): boolean {
    const options = this.#options();
    if (protocol !== this.#protocol(options)) return false;
    return options.origins.some(
      (text) => endpointText(parseEndpoint(text, DEFAULT_PORT[protocol])) === candidate.entry,
    );
  }

  #open(candidate: Candidate): Upstream {
    const options = this.#options();
    const protocol = this.#protocol(options);
    return new Upstream(this.#stream.id, this.#url, candidate, { ...options, protocol }, this.#env, this);
  }

  /** A vhost that a reload took away has no origins. */
  #options(): EdgeOptions {
    const { vhost } = this.#stream.id;
    const options = this.#env.optionsOf(vhost);
    if (options !== undefined && (options.origins.length > 0 || this.#env.isRelay)) return options;
    this.#failed('none', 3039, `connect upstream : vhost ${vhost} has no origin`);
    return options ?? NO_EDGE;
  }

  #failed(kind: string, code: number, text: string): void {
    this.#failures.add(kind, `EdgeIngester: Ignore error, code=${code} : ${text}`);
  }
}

function spliceOutput(stream: Stream, publication: () => Publication | undefined): SpliceOutput {
  return {
    metadata: (body) => publication()?.metadata(body),
    message: (message) => publication()?.message(message),
    get headers() {
      return stream.headers;
    },
  };
}
