// The lines that SRS writes every `pithy_print_ms` about its clients: one of each kind, a different client each time.

import type { Logger } from '../log/logger.ts';
import type { ClientStatistics, ClientType } from '../stats/client-statistics.ts';
import type { Statistics } from '../stats/statistics.ts';
import type { FindVhost } from './vhost.ts';

export interface ClientLinesOptions {
  readonly statistics: Statistics;
  readonly findVhost: FindVhost;
  /** Asked before each round: a reload changes it. ms */
  readonly intervalMs: () => number;
  readonly log: Logger;
  /** Monotonic clock, ms. */
  readonly now: () => number;
}

type Kind = 'PLA' | 'CPB' | 'HTS';

const KINDS: Readonly<Partial<Record<ClientType, Kind>>> = {
  'rtmp-play': 'PLA',
  'flv-play': 'HTS',
  'fmle-publish': 'CPB',
  'flash-publish': 'CPB',
  'haivision-publish': 'CPB',
};
/** `mr_latency` of SRS, which it prints with merged reads on or off. */
const MERGED_READ_MS = 350;

export class ClientLines {
  readonly #options: ClientLinesOptions;
  readonly #rounds = new Map<Kind, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClientLinesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#writeLines();
      this.start();
    }, this.#options.intervalMs()).unref();
  }

  /** May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #writeLines(): void {
    const { statistics, log } = this.#options;
    const all = statistics.clients;
    for (const kind of new Set(Object.values(KINDS))) {
      const clients = all.filter(({ facts }) => KINDS[facts.type] === kind);
      const round = this.#rounds.get(kind) ?? 0;
      this.#rounds.set(kind, round + 1);
      const client = clients[round % Math.max(1, clients.length)];
      if (client !== undefined) log.child(client.id).trace(this.#line(kind, client));
    }
  }

  #line(kind: Kind, { createdMs, traffic, facts }: ClientStatistics): string {
    const { now, findVhost } = this.#options;
    const vhost = findVhost(facts.vhost);
    // Microseconds, as in SRS.
    const time = Math.round((now() - createdMs) * 1000);
    const rates = `okbps=${traffic.sent}, ikbps=${traffic.received}`;
    const mergedWriteMs = vhost?.play.mergedWriteMs ?? 0;
    // Messages are not counted per viewer: bytes are shared by all.
    if (kind === 'PLA') return `-> PLA time=${time}, msgs=0, ${rates}, mw=0/${mergedWriteMs}`;
    if (kind === 'HTS') return `-> HTS http: got 0 msgs, age=${time}, min=0, mw=${mergedWriteMs}`;
    const { mergedReadMs, firstPacketTimeoutMs = 0, normalTimeoutMs = 0 } = vhost?.publish ?? {};
    const merged = `${Number(mergedReadMs !== undefined)}/${mergedReadMs ?? MERGED_READ_MS}`;
    return `<- CPB time=${time}, ${rates}, mr=${merged}, p1stpt=${firstPacketTimeoutMs}, pnt=${normalTimeoutMs}`;
  }
}
