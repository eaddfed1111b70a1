// The search for an origin that has the stream, or takes it: one after the other, the next before the last has
// failed, and all over again after a pause. Whoever searches opens the connections and says what became of them.

import { retryDelayMs } from '../client/backoff.ts';
import type { NameResolver } from '../client/name-resolver.ts';
import type { OriginHealth } from './origin-health.ts';
import { type Candidate, OriginRound } from './origin-round.ts';

/** A connection to an origin that is being tried. */
export interface Seeker {
  /** The address that it is connected to. */
  readonly key: string;
  readonly startMs: number;
  close(): void;
}

export interface OriginSearchOptions<S extends Seeker> {
  /** Connections that are tried at the same time, at most. */
  readonly maxSeekers: number;
  /** One that has waited so long makes room for another, ms. */
  readonly patienceMs: number;
  /** `host[:port]` each; read for each round, so that a reload counts. */
  readonly origins: () => readonly string[];
  /** Of an origin that is configured without a port. */
  readonly defaultPort: () => number;
  readonly streamUrl: string;
  readonly resolver: Pick<NameResolver, 'locate'>;
  readonly health: OriginHealth;
  readonly now: () => number;
  readonly random: () => number;
  /** Connects; reports in later turns of the event loop. */
  readonly open: (candidate: Candidate) => S;
  /** An address that is in use already, besides those that are being tried. */
  readonly isInUse: (key: string) => boolean;
  /** Somebody waits for the stream to come back, not for one that perhaps never was. */
  readonly isOutage: () => boolean;
  readonly onUnresolved: (host: string, error: unknown) => void;
}

/** An origin that is not reached by then is not waited for before the next one is tried, ms. */
const CONNECT_HEDGE_MS = 300;
/** An origin that was reached and sends nothing probably does not have the stream, ms. */
const SILENT_HEDGE_MS = 1000;
/** Names are resolved anew, and unreachable origins tried again, after so long, ms. */
const START_OVER_MS = 3000;

export class OriginSearch<S extends Seeker> {
  readonly #options: OriginSearchOptions<S>;
  readonly #seekers = new Set<S>();
  #isActive = false;
  #seekTimer: NodeJS.Timeout | undefined;
  #round: OriginRound | undefined;
  /** There was nothing to take from the round, but there may be when more names are resolved. */
  #isStarved = false;
  /** Runs between two rounds. */
  #retryTimer: NodeJS.Timeout | undefined;
  #failedRounds = 0;
  #nextIndex = 0;
  #lostKey = '';
  #lostMs: number;

  constructor(options: OriginSearchOptions<S>) {
    this.#options = options;
    this.#lostMs = options.now();
  }

  /** Begins, or goes on if it has begun already. */
  start(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#lostMs = this.#options.now();
    this.#seek();
  }

  /** What was found is gone: the others are tried at once, `key` last. */
  lost(key: string): void {
    this.#lostKey = key;
    this.#lostMs = this.#options.now();
    // A round that was begun beside it has left out its address, and may be at its end.
    this.#endRound();
    this.#isActive = true;
    this.#seek();
  }

  /** A seeker was taken at its word by the origin: it has a little time to show the stream. */
  asked(seeker: S): void {
    if (this.#seekers.has(seeker)) this.#seekIn(SILENT_HEDGE_MS);
  }

  /** A seeker has ended. */
  ended(seeker: S): void {
    if (this.#seekers.delete(seeker)) this.#seek();
  }

  /** This one it is: the others are closed. */
  found(seeker: S): void {
    this.#seekers.delete(seeker);
    this.stop();
  }

  /** What was found has proved itself: the next loss is a new one. */
  proved(): void {
    this.#failedRounds = 0;
  }

  /** Closes whatever is being tried. May be called twice, and started again. */
  stop(): void {
    this.#isActive = false;
    for (const seeker of this.#seekers) seeker.close();
    this.#seekers.clear();
    clearTimeout(this.#seekTimer);
    this.#endRound();
  }

  /** Tries the next origin, if it is time for one. */
  #seek(): void {
    clearTimeout(this.#seekTimer);
    if (!this.#isActive || this.#retryTimer !== undefined) return;
    this.#round ??= this.#newRound();
    const isFull = this.#seekers.size >= this.#options.maxSeekers;
    if (isFull && this.#patientSeeker() === undefined) {
      this.#seekIn(SILENT_HEDGE_MS);
      return;
    }
    const candidate = this.#round.take((key) => this.#isInUse(key));
    this.#isStarved = candidate === undefined && this.#round.isResolving;
    if (candidate !== undefined) {
      this.#nextIndex = candidate.index + 1;
      if (isFull) this.#makeRoom();
      this.#seekers.add(this.#options.open(candidate));
      this.#seekIn(CONNECT_HEDGE_MS);
    } else if (!this.#isStarved && this.#seekers.size === 0) {
      this.#roundFailed();
    } else if (!this.#isStarved) {
      this.#startOverIn(START_OVER_MS);
    }
  }

  #isInUse(key: string): boolean {
    return this.#options.isInUse(key) || [...this.#seekers].some((seeker) => seeker.key === key);
  }

  /** All origins wait for the stream themselves. Others may come, under the same names, that have it. */
  #startOverIn(delayMs: number): void {
    clearTimeout(this.#seekTimer);
    this.#seekTimer = setTimeout(() => {
      this.#endRound();
      this.#seek();
    }, delayMs);
  }

  #seekIn(delayMs: number): void {
    clearTimeout(this.#seekTimer);
    this.#seekTimer = setTimeout(() => this.#seek(), delayMs);
  }

  /** All places are taken by origins that wait for the stream themselves: the first of them has had its chance. */
  #makeRoom(): void {
    const seeker = this.#patientSeeker();
    if (seeker === undefined) return;
    this.#seekers.delete(seeker);
    seeker.close();
  }

  #patientSeeker(): S | undefined {
    const { patienceMs, now } = this.#options;
    const [oldest] = this.#seekers;
    return oldest !== undefined && now() - oldest.startMs >= patienceMs ? oldest : undefined;
  }

  #newRound(): OriginRound {
    const { origins, defaultPort, streamUrl, resolver, health, onUnresolved } = this.#options;
    return new OriginRound({
      origins: origins(),
      defaultPort: defaultPort(),
      startIndex: this.#nextIndex,
      streamUrl,
      resolver,
      health,
      lostKey: this.#lostKey,
      onMore: () => {
        if (this.#isStarved) this.#seek();
      },
      onUnresolved,
    });
  }

  #roundFailed(): void {
    this.#endRound();
    const { now, random, isOutage } = this.#options;
    const state = {
      rounds: this.#failedRounds++,
      outageMs: now() - this.#lostMs,
      hadMedia: isOutage(),
    };
    this.#lostKey = '';
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.#seek();
      },
      retryDelayMs(state, random()),
    );
  }

  #endRound(): void {
    this.#round?.close();
    this.#round = undefined;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }
}
