// The other origins: which of them has a stream? All are asked at the same time, and the first who has it wins. One
// that is dead, unknown or this server itself costs nothing but a line in the log once in a while.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import { type Endpoint, endpointText, parseEndpoint } from '../client/endpoint.ts';
import type { Location, NameResolver } from '../client/name-resolver.ts';
import type { CoworkerAddress, OwnerQuestion, StreamOwner } from './coworker-question.ts';
import { FirstAnswer } from './first-answer.ts';
import { hedged } from './hedged.ts';

/** How a coworker is asked. */
export interface CoworkerWay {
  readonly protocol: 'http' | 'rtmp';
  readonly port: number;
}

/** Asks one coworker, one way. Resolves with undefined if it does not have the stream, rejects if it does not say. */
export type AskCoworker = (
  protocol: CoworkerWay['protocol'],
  address: CoworkerAddress,
  question: OwnerQuestion,
  signal: AbortSignal,
) => Promise<StreamOwner | undefined>;

export interface CoworkersOptions {
  readonly resolver: Pick<NameResolver, 'locate'>;
  readonly ask: AskCoworker;
  /** Is this address one of this machine? */
  readonly isOwnAddress: (address: string) => boolean;
  /** Port of this server's own API, 0 if it has none: all origins may share one configuration. */
  readonly ownApiPort: () => number;
  /** First port at which this server listens for RTMP: probably that of the others, too. */
  readonly ownRtmpPort: () => number;
  readonly log: Logger;
  readonly now: () => number;
}

/** So long an answer may take, ms (SRS: 30 s, one coworker after the other). */
const TIMEOUT_MS = 1500;
/** A coworker that did not answer is asked, but not waited for, for so long, ms. */
const DOWN_MS = 5000;
/** An owner's name holds for so long, for everybody who asks, ms. */
const FRESH_MS = 500;
/** That nobody has the stream holds shorter, ms: viewers of a lost origin wait for the encoder's next one. */
const UNKNOWN_FRESH_MS = 100;
/** A way that does not lead to an answer by then is perhaps the wrong one, ms. */
const HEDGE_MS = 300;
const LOG_INTERVAL_MS = 60_000;
const HTTP_PORT = 80;
const DEFAULT_API_PORT = 1985;
const MAX_REMEMBERED = 4096;

interface Remembered {
  readonly answer: Promise<StreamOwner | undefined>;
  /** Infinity while it is being asked. */
  expiresMs: number;
}

export class Coworkers {
  readonly #options: CoworkersOptions;
  readonly #failures: RateLimitedLog;
  readonly #answers = new Map<string, Remembered>();
  readonly #downUntilMs = new Map<string, number>();
  /** Of entries without a port: the way that led to an answer. */
  readonly #ways = new Map<string, CoworkerWay>();

  constructor(options: CoworkersOptions) {
    this.#options = options;
    this.#failures = new RateLimitedLog((text) => options.log.warn(text), LOG_INTERVAL_MS);
  }

  /**
   * @param entries `host[:port]` of their APIs
   * @returns undefined if nobody has the stream. Never rejects
   */
  find(question: OwnerQuestion, entries: readonly string[]): Promise<StreamOwner | undefined> {
    const key = `${question.vhost}/${question.app}/${question.stream} ${entries.join(' ')}`;
    const now = this.#options.now();
    const known = this.#answers.get(key);
    if (known !== undefined && known.expiresMs > now) return known.answer;
    if (this.#answers.size >= MAX_REMEMBERED) this.#answers.clear();
    const asked = this.#askAll(question, entries, TIMEOUT_MS);
    const remembered: Remembered = { answer: asked, expiresMs: Number.POSITIVE_INFINITY };
    this.#answers.set(key, remembered);
    void asked.then((owner) => {
      remembered.expiresMs = this.#options.now() + (owner === undefined ? UNKNOWN_FRESH_MS : FRESH_MS);
    });
    return asked;
  }

  /** As `find`, but of this very moment: a publisher is not turned away for a stream that ended just now. */
  ask(
    question: OwnerQuestion,
    entries: readonly string[],
    timeoutMs: number,
  ): Promise<StreamOwner | undefined> {
    return this.#askAll(question, entries, timeoutMs);
  }

  /** May be called twice. */
  close(): void {
    this.#failures.close();
    this.#answers.clear();
  }

  #askAll(
    question: OwnerQuestion,
    entries: readonly string[],
    timeoutMs: number,
  ): Promise<StreamOwner | undefined> {
    const first = new FirstAnswer<StreamOwner>(timeoutMs);
    for (const entry of entries) first.waitFor(this.#askEntry(entry, question, first));
    return first.result();
  }

  async #askEntry(entry: string, question: OwnerQuestion, first: FirstAnswer<StreamOwner>): Promise<void> {
    try {
      const locations = await this.#options.resolver.locate(parseEndpoint(entry, 0));
      for (const location of locations) {
        if (this.#isSelf(location)) continue;
        // It may answer with the name that it is called by: one that stands for many is no answer.
        const isShared = locations.length > 1 && !location.isService;
        const name = isShared ? location.address : location.name;
        const asked = this.#askAddress(location, coworkerText(name), question, first);
        if (this.#isDown(keyOf(location))) void asked;
        else first.waitFor(asked);
      }
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  /** Never rejects. */
  async #askAddress(
    location: Location,
    name: string,
    question: OwnerQuestion,
    first: FirstAnswer<StreamOwner>,
  ): Promise<void> {
    const key = keyOf(location);
    const { ask, now } = this.#options;
    const ways = this.#waysTo(key, location).map((way) => async () => {
      const address = { endpoint: { host: location.address.host, port: way.port }, name };
      const owner = await ask(way.protocol, address, question, first.signal);
      return { owner, way };
    });
    try {
      const answer = await hedged(ways, HEDGE_MS);
      this.#ways.set(key, answer.way);
      this.#downUntilMs.delete(key);
      if (answer.owner !== undefined) first.found(answer.owner);
    } catch (error) {
      if (first.isSettled) return;
      this.#ways.delete(key);
      this.#downUntilMs.set(key, now() + DOWN_MS);
      this.#failed(name, error);
    }
  }

  /** SRS asks port 80 if none is given, where nobody listens. The port of an SRV name may be that of RTMP. */
  #waysTo(key: string, { address: { port }, isService }: Location): readonly CoworkerWay[] {
    if (port > 0 && !isService) return [{ protocol: 'http', port }];
    const learned = this.#ways.get(key);
    if (learned !== undefined) return [learned];
    if (isService) {
      return [
        { protocol: 'http', port },
        { protocol: 'rtmp', port },
      ];
    }
    const { ownApiPort, ownRtmpPort } = this.#options;
    return [
      { protocol: 'http', port: ownApiPort() || DEFAULT_API_PORT },
      { protocol: 'rtmp', port: ownRtmpPort() },
      { protocol: 'http', port: HTTP_PORT },
    ];
  }

  /** All origins share one configuration, this one's name is in it. */
  #isSelf({ address: { host, port } }: Location): boolean {
    const { isOwnAddress, ownApiPort, ownRtmpPort } = this.#options;
    return isOwnAddress(host) && (port === 0 || port === ownApiPort() || port === ownRtmpPort());
  }

  #isDown(key: string): boolean {
    return (this.#downUntilMs.get(key) ?? 0) > this.#options.now();
  }

  #failed(entry: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#failures.add(`coworker ${entry}`, `coworker ${entry} gives no answer: ${text}`);
  }
}

function keyOf({ address: { host, port } }: Location): string {
  return `${host} ${port}`;
}

/** As it stands in a list of coworkers. */
function coworkerText(endpoint: Endpoint): string {
  return endpoint.port === 0 ? endpoint.host : endpointText(endpoint);
}
