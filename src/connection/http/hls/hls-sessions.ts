// Who watches HLS: players that have no connection of their own, only a name that comes with each request
// (`hls_ctx`). They are clients like others, until they have not asked for anything for a while.

import { randomBytes } from 'node:crypto';
import type { ClientFacts, ClientStatistics } from '../../../stats/client-statistics.ts';
import type { Statistics } from '../../../stats/statistics.ts';

export interface HlsSession {
  readonly id: string;
  readonly client: ClientStatistics;
  readonly timeoutMs: number;
  /** Monotonic, ms. */
  usedMs: number;
  /** The player has come back with its name. */
  isProved: boolean;
  /** An operator has ended it. It is remembered for its time, so that the player hears of it. */
  isKicked: boolean;
}

export interface HlsSessionsOptions {
  readonly statistics: Statistics;
  /** Monotonic clock, ms. */
  readonly now: () => number;
  /** At most so many; who comes later is served and not counted. */
  readonly maxSessions: number;
}

/** The rhythm of SRS. */
const SWEEP_MS = 5000;
/** A player asks for the media playlist at once. Whoever does not is none, ms. */
const PROOF_MS = 30_000;

export class HlsSessions {
  readonly #options: HlsSessionsOptions;
  readonly #sessions = new Map<string, HlsSession>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: HlsSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session that a request names, used once more by it. */
  use(id: string): HlsSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    session.isProved = true;
    if (!session.isKicked) session.usedMs = this.#options.now();
    return session;
  }

  /**
   * A player comes.
   * @param wanted name that it brought along, from another server or an earlier time; '' = a new one
   * @param facts all but the id and how to end it
   * @returns undefined if there are too many
   */
  open(
    wanted: string,
    facts: Omit<ClientFacts, 'id' | 'kickOff'>,
    timeoutMs: number,
  ): HlsSession | undefined {
    const { statistics, now, maxSessions } = this.#options;
    if (this.#sessions.size >= maxSessions) return undefined;
    // A name that another client has is none for this one.
    const isFree = /^[0-9a-z]{1,32}$/i.test(wanted) && statistics.findClient(wanted) === undefined;
    const id = isFree ? wanted : newName();
    const client = statistics.addClient({ ...facts, id, kickOff: () => this.#kick(id) });
    const session = { id, client, timeoutMs, usedMs: now(), isProved: false, isKicked: false };
    this.#sessions.set(id, session);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return session;
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const { client } of this.#sessions.values()) this.#options.statistics.removeClient(client);
    this.#sessions.clear();
  }

  #kick(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.isKicked = true;
    this.#options.statistics.removeClient(session.client);
  }

  #sweep(): void {
    const now = this.#options.now();
    for (const [id, { client, usedMs, isProved, timeoutMs }] of this.#sessions) {
      if (now - usedMs < (isProved ? timeoutMs : Math.min(timeoutMs, PROOF_MS))) continue;
      this.#sessions.delete(id);
      this.#options.statistics.removeClient(client);
    }
    if (this.#sessions.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** Eight characters, as SRS's. */
function newName(): string {
  return [...randomBytes(8)].map((byte) => (byte % 36).toString(36)).join('');
}
