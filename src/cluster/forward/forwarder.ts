// One stream on its way to one other server, for as long as it is published here. A destination that is down, or has
// another publisher, is asked again and again: so it may be a standby.

import type { LookupFunction } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { ServerIdentity } from '../../media/metadata.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import { Bitrate } from '../../stats/bitrate.ts';
import type { Stream } from '../../stream/stream.ts';
import { retryDelayMs } from '../client/backoff.ts';
import { endpointText, parseEndpoint } from '../client/endpoint.ts';
import { identityArguments } from '../client/identity.ts';
import { type PushEnd, PushLink } from '../client/push-link.ts';
import type { DialClient } from '../client/rtmp-client.ts';
import { type UpstreamUrl, upstreamUrl } from '../client/upstream-url.ts';

export interface ForwardEnvironment {
  readonly dial: DialClient;
  readonly lookup: LookupFunction;
  readonly identity: ServerIdentity;
  readonly serverIp: string;
  readonly log: Logger;
  readonly now: () => number;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
}

export interface ForwarderOptions {
  readonly stream: Stream;
  /** What the destination is asked for: as a rule what the publisher asked for here. */
  readonly url: RtmpUrl;
  /** The vhost that this names. */
  readonly vhost: string;
  /** `host[:port]` */
  readonly destination: string;
  /** Tell the destination who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
}

const CONNECT_TIMEOUT_MS = 3000;
/** SRS: 30 s for each step. */
const SETUP_TIMEOUT_MS = 10_000;
/** A link that lasted so long was good: the next loss is a new one, ms. */
const STEADY_MS = 3000;
const REPORT_MS = 10_000;
const FAILURE_LOG_MS = 3000;
const RTMP_PORT = 1935;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #env: ForwardEnvironment;
  readonly #log: Logger;
  readonly #failures: RateLimitedLog;
  readonly #startMs: number;
  #link: PushLink | undefined;
  #linkedMs = 0;
  #lostMs: number;
  #failedTries = 0;
  #wasLinked = false;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #reporter: NodeJS.Timeout;
  #isClosed = false;

  /** Connects at once. */
  constructor(options: ForwarderOptions, env: ForwardEnvironment) {
    this.#options = options;
    this.#env = env;
    this.#log = env.log.child();
    this.#failures = new RateLimitedLog((text) => this.#log.warn(text), FAILURE_LOG_MS);
    this.#startMs = env.now();
    this.#lostMs = this.#startMs;
    this.#reporter = setInterval(() => this.#report(), REPORT_MS);
    this.#connect();
  }

  get destination(): string {
    return this.#options.destination;
  }

  /** The destination takes the stream. */
  get isForwarding(): boolean {
    return this.#link?.isPublishing === true;
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#reporter);
    this.#link?.close();
    this.#failures.close();
  }

  #connect(): void {
    const { stream, url: asked, vhost, destination, hasIdentity, chunkSize } = this.#options;
    const { dial, lookup, identity, serverIp } = this.#env;
    const endpoint = parseEndpoint(destination, RTMP_PORT);
    const url = upstreamUrl({ url: asked, vhost, vhostTemplate: '[vhost]', endpoint });
    const args = hasIdentity ? { args: identityArguments(identity, this.#log.connectionId, serverIp) } : {};
    const text = `rtmp://${endpointText(endpoint)}/${url.app}/${url.stream}`;
    this.#link = new PushLink(
      {
        stream,
        client: {
          endpoint,
          session: { ...url, chunkSize, ...args },
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
          setupTimeoutMs: SETUP_TIMEOUT_MS,
          lookup,
        },
        dial,
        log: this.#log,
      },
      {
        asked: () => this.#asked(url, text),
        started: () => {
          this.#wasLinked = true;
          this.#linkedMs = this.#env.now();
        },
        // There is no other destination for this forward: it waits for this one to come back.
        leaving: () => {},
        ended: (end) => this.#ended(end, text),
      },
    );
  }

  #asked({ stream }: UpstreamUrl, text: string): void {
    this.#log.trace(`forward publish url ${text}, stream=${stream} as ${stream}`);
  }

  #ended({ stage, error }: PushEnd, text: string): void {
    const now = this.#env.now();
    const where =
      stage === 'unreached'
        ? `sdk connect url=${text}, cto=${CONNECT_TIMEOUT_MS}ms, sto=${SETUP_TIMEOUT_MS}ms. : connect`
        : 'forward : receive control message';
    this.#failures.add(stage, `Forwarder: Ignore error, code=${error.code} : ${where} : ${error.message}`);
    if (stage === 'lost') {
      this.#lostMs = now;
      if (now - this.#linkedMs > STEADY_MS) this.#failedTries = 0;
    }
    const state = {
      rounds: this.#failedTries++,
      outageMs: now - this.#lostMs,
      hadMedia: this.#wasLinked,
    };
    this.#link = undefined;
    this.#retryTimer = setTimeout(() => this.#connect(), retryDelayMs(state, this.#env.random()));
  }

  #report(): void {
    const link = this.#link;
    if (link?.isPublishing !== true) return;
    const now = this.#env.now();
    const sent = new Bitrate(this.#linkedMs);
    sent.sample(link.sentBytes, now);
    this.#log.trace(`<- FWR time=${Math.round(now - this.#startMs)}, msgs=${link.messages}, okbps=${sent}`);
  }
}
