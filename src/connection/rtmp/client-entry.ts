// The place of an RTMP connection in the statistics: whatever it plays or publishes in turn, it is one client at a
// time, and its traffic is counted as one.

import type { ByteCounter, ClientFacts, ClientStatistics } from '../../stats/client-statistics.ts';
import type { Statistics } from '../../stats/statistics.ts';
import type { Traffic } from '../../stats/traffic.ts';

export class ClientEntry {
  readonly #statistics: Statistics;
  readonly #socket: ByteCounter;
  #traffic: Traffic | undefined;
  #client: ClientStatistics | undefined;

  constructor(statistics: Statistics, socket: ByteCounter) {
    this.#statistics = statistics;
    this.#socket = socket;
  }

  /** The connection plays or publishes from now on; what it did before is over. */
  enter(facts: ClientFacts): void {
    this.leave();
    this.#traffic ??= this.#statistics.newTraffic();
    this.#client = this.#statistics.addClient(facts, this.#socket, this.#traffic);
  }

  /** May be called twice. */
  leave(): void {
    if (this.#client !== undefined) this.#statistics.removeClient(this.#client);
    this.#client = undefined;
  }
}
