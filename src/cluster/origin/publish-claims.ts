// One stream, one publisher, among all origins. Each publish is a claim: since when, and by whom. A publisher is let in
// when no other origin has the stream, or always, as `cluster.publish_conflict` says; and every origin looks around for
// rivals, who may have come at the same moment or while the network was parted. The loser's publisher is told why.
//
// A rival who announces its claim is only a hint to look around: nobody ends a publish on another's word, but on the
// answer of a coworker of its own list.

import type { Logger } from '../../log/logger.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import { type StreamId, streamUrl } from '../../stream/stream-id.ts';
import { endpointText } from '../client/endpoint.ts';
import type { PublishClaim, StreamOwner } from './coworker-question.ts';
import type { Coworkers } from './coworkers.ts';
import type { FindOrigin, OriginOptions } from './origin-cluster.ts';

export interface PublishClaimsOptions {
  readonly find: FindOrigin;
  readonly coworkers: Pick<Coworkers, 'ask'>;
  readonly log: Logger;
  /** Since the epoch: coworkers compare, ms. */
  readonly now: () => number;
  readonly newId: () => string;
}

/** A publisher who moves away from a dead origin must not wait for that one's answer, ms. */
const CHECK_TIMEOUT_MS = 500;
const LOOK_TIMEOUT_MS = 3000;
/** Two who are let in at the same moment see each other after this, ms. */
const FIRST_LOOK_MS = 1000;
/** … and two halves of a parted network, ms. */
const LOOK_MS = 60_000;
/** A rival's hint counts once in this time, ms. */
const HINT_MS = 1000;
const MAX_FLOORS = 1024;
const REFUSED = 'NetStream.Publish.BadName';

interface Held {
  readonly claim: PublishClaim;
  readonly subscriber: StreamSubscriber;
  timer: NodeJS.Timeout | undefined;
  hintedMs: number;
}

export class PublishClaims {
  readonly #options: PublishClaimsOptions;
  readonly #held = new Map<Stream, Held>();
  /** Of publishers who are about to be let in: when the claim began that theirs is to replace, by stream URL. */
  readonly #floors = new Map<string, number>();
  #isLeaving = false;

  constructor(options: PublishClaimsOptions) {
    this.#options = options;
  }

  /**
   * @param host that the publisher came to
   * @returns undefined if nobody is to be asked; resolves with why the publisher is turned away, or undefined
   */
  check(id: StreamId, host: string): Promise<string | undefined> | undefined {
    const options = this.#optionsOf(id);
    return options === undefined ? undefined : this.#check(id, host, options);
  }

  /** A stream is published here. */
  published(stream: Stream): void {
    const isCopy = stream.publisher?.giveWay !== undefined;
    const options = this.#optionsOf(stream.id);
    if (isCopy || options === undefined || options.coworkers.length === 0) return;
    const floorMs = this.#floors.get(stream.url) ?? 0;
    this.#floors.delete(stream.url);
    const { now, newId } = this.#options;
    const held: Held = {
      claim: { sinceMs: Math.max(now(), floorMs + 1), id: newId() },
      subscriber: endOfPublish(() => this.#release(stream)),
      timer: undefined,
      hintedMs: Number.NEGATIVE_INFINITY,
    };
    this.#held.set(stream, held);
    stream.subscribe(held.subscriber);
    this.#lookIn(stream, held, options.conflict === 'newest' ? 0 : FIRST_LOOK_MS);
  }

  /** This server is about to end: whoever wants to publish one of its streams elsewhere may. */
  leave(): void {
    this.#isLeaving = true;
  }

  /**
   * A coworker asks on behalf of a publisher.
   * @param rival the claim of its own, if it has let the publisher in already
   * @returns undefined if it may have the stream
   */
  asked(stream: Stream, rival: PublishClaim | undefined): { readonly claim?: PublishClaim } | undefined {
    if (this.#isLeaving) return undefined;
    const held = this.#held.get(stream);
    if (held === undefined) return {};
    // Behind a name that is not known as its own, a server asks itself, too.
    if (rival?.id === held.claim.id) return undefined;
    const { now } = this.#options;
    if (rival !== undefined && now() - held.hintedMs > HINT_MS) {
      held.hintedMs = now();
      void this.#look(stream, held, rival);
    }
    return { claim: held.claim };
  }

  /** The claim of a stream that is published here. */
  claimOf(stream: Stream): PublishClaim | undefined {
    return this.#held.get(stream)?.claim;
  }

  /** May be called twice. */
  close(): void {
    for (const stream of [...this.#held.keys()]) this.#release(stream);
  }

  async #check(id: StreamId, host: string, options: OriginOptions): Promise<string | undefined> {
    const question = { ...id, host, isPublish: true };
    const owner = await this.#options.coworkers.ask(question, options.coworkers, CHECK_TIMEOUT_MS);
    if (owner === undefined) return undefined;
    if (options.conflict === 'first') {
      return `stream ${streamUrl(id)} is busy: it is published at ${endpointText(owner)}`;
    }
    if (this.#floors.size >= MAX_FLOORS) this.#floors.clear();
    this.#floors.set(streamUrl(id), owner.claim?.sinceMs ?? 0);
    return undefined;
  }

  #lookIn(stream: Stream, held: Held, delayMs: number): void {
    held.timer = setTimeout(() => {
      void this.#look(stream, held, undefined);
      this.#lookIn(stream, held, LOOK_MS * (0.75 + Math.random() / 2));
    }, delayMs);
    held.timer.unref();
  }

  /**
   * Tells the others of the claim, who then look around, too. Never rejects.
   * @param hint what a rival has said of its claim, for rivals whose answer has none
   */
  async #look(stream: Stream, held: Held, hint: PublishClaim | undefined): Promise<void> {
    const options = this.#optionsOf(stream.id);
    if (options === undefined) return;
    const question = { ...stream.id, host: '', isPublish: true, claim: held.claim };
    const owner = await this.#options.coworkers.ask(question, options.coworkers, LOOK_TIMEOUT_MS);
    if (owner === undefined || this.#held.get(stream) !== held) return;
    const rival = owner.claim ?? hint;
    if (rival !== undefined && isLost(held.claim, rival, options.conflict))
      this.#yield(stream, owner, options);
  }

  #yield(stream: Stream, owner: StreamOwner, { conflict }: OriginOptions): void {
    const reason =
      conflict === 'newest'
        ? `a newer publisher has stream ${stream.url} at ${endpointText(owner)}`
        : `stream ${stream.url} was published at ${endpointText(owner)} before`;
    this.#options.log.warn(`publish conflict, ${reason}: the publisher here is closed`);
    stream.publisher?.stop(reason, REFUSED);
  }

  #release(stream: Stream): void {
    const held = this.#held.get(stream);
    if (held === undefined) return;
    this.#held.delete(stream);
    clearTimeout(held.timer);
    stream.unsubscribe(held.subscriber);
  }

  /** undefined if any number of origins may have the stream. */
  #optionsOf({ vhost }: StreamId): OriginOptions | undefined {
    const options = this.#options.find(vhost);
    return options === undefined || options.conflict === 'both' ? undefined : options;
  }
}

/** All origins come to the same result, whatever their clocks say. */
function isLost(own: PublishClaim, rival: PublishClaim, rule: OriginOptions['conflict']): boolean {
  if (own.id === rival.id) return false;
  const isOlder = own.sinceMs === rival.sinceMs ? own.id < rival.id : own.sinceMs < rival.sinceMs;
  return rule === 'newest' ? isOlder : !isOlder;
}

function endOfPublish(unpublished: () => void): StreamSubscriber {
  const nothing = (): void => {};
  return {
    published: nothing,
    unpublished,
    gopStarted: nothing,
    gopCleared: nothing,
    metadata: nothing,
    message: nothing,
  };
}
