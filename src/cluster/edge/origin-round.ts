// One walk through the origins of a stream: every address of every name once, in order of preference. Names are
// resolved side by side, and one that takes long or does not exist holds nobody up.

import { createHash } from 'node:crypto';
import { type Endpoint, endpointText, parseEndpoint } from '../client/endpoint.ts';
import type { Location, NameResolver } from '../client/name-resolver.ts';
import type { OriginHealth } from './origin-health.ts';

export interface Candidate {
  /** The configured origin that led here. */
  readonly entry: string;
  /** As it is called: the name goes into tcUrl. */
  readonly origin: Endpoint;
  /** What to connect to. */
  readonly address: Endpoint;
  /** Identifies the address. */
  readonly key: string;
  /** Of the origin in the list. */
  readonly index: number;
}

export interface OriginRoundOptions {
  /** `host[:port]` each. */
  readonly origins: readonly string[];
  readonly defaultPort: number;
  /** Where in the list the walk starts. */
  readonly startIndex: number;
  /** Of the addresses behind one name each stream prefers its own, the same from every edge. */
  readonly streamUrl: string;
  readonly resolver: Pick<NameResolver, 'locate'>;
  readonly health: Pick<OriginHealth, 'isDown'>;
  /** The address that just lost the stream, '' if none: it is tried last. */
  readonly lostKey: string;
  /** Called when there may be more to take. */
  readonly onMore: () => void;
  readonly onUnresolved: (host: string, error: unknown) => void;
}

/** RFC 2782: weight 0 has a very small chance beside others. */
const LEAST_WEIGHT = 0.01;
/** So long a slow name keeps its place in the order, ms. */
const RESOLVE_PATIENCE_MS = 200;

interface Entry {
  readonly origin: Endpoint;
  readonly index: number;
  /** undefined until the name is resolved. */
  candidates: Candidate[] | undefined;
}

export class OriginRound {
  readonly #options: OriginRoundOptions;
  readonly #entries: readonly Entry[];
  #timer: NodeJS.Timeout | undefined;
  #isPatient = true;
  #isClosed = false;

  constructor(options: OriginRoundOptions) {
    this.#options = options;
    const { origins, startIndex, defaultPort, onMore } = options;
    this.#entries = origins.map((_, at) => {
      const index = (startIndex + at) % origins.length;
      return { origin: parseEndpoint(origins[index] as string, defaultPort), index, candidates: undefined };
    });
    this.#timer = setTimeout(() => {
      this.#isPatient = false;
      onMore();
    }, RESOLVE_PATIENCE_MS);
    for (const entry of this.#entries) void this.#resolve(entry);
  }

  /** Nothing to take now, but perhaps later: `onMore` will tell. */
  get isResolving(): boolean {
    return this.#entries.some(({ candidates }) => candidates === undefined);
  }

  /**
   * The next address to try; the one that lost the stream and those that nobody could reach a moment ago come last.
   * @param isExcluded addresses that are in use already
   */
  take(isExcluded: (key: string) => boolean): Candidate | undefined {
    const { health, lostKey } = this.#options;
    return (
      this.#takeIf(({ key }) => !isExcluded(key) && key !== lostKey && !health.isDown(key)) ??
      (this.isResolving ? undefined : this.#takeIf(({ key }) => !isExcluded(key)))
    );
  }

  /** May be called twice. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #takeIf(isGood: (candidate: Candidate) => boolean): Candidate | undefined {
    for (const { candidates } of this.#entries) {
      if (candidates === undefined) {
        if (this.#isPatient) return undefined;
        continue;
      }
      const at = candidates.findIndex(isGood);
      if (at >= 0) return candidates.splice(at, 1)[0];
    }
    return undefined;
  }

  async #resolve(entry: Entry): Promise<void> {
    const { resolver, streamUrl, onMore, onUnresolved } = this.#options;
    try {
      const locations = await resolver.locate(entry.origin);
      entry.candidates = preferred(locations, streamUrl).map((location) => candidate(entry, location));
    } catch (error) {
      entry.candidates = [];
      if (!this.#isClosed) onUnresolved(entry.origin.host, error);
    }
    if (!this.#isClosed) onMore();
  }
}

function candidate({ origin, index }: Entry, { name, address }: Location): Candidate {
  return { entry: endpointText(origin), origin: name, address, key: endpointText(address), index };
}

/**
 * Rendezvous hashing: an address that comes or goes moves only its own streams. Weights are those of SRV records: of
 * two with weights 3 and 1 the first is preferred by three streams of four.
 */
export function preferred(locations: readonly Location[], streamUrl: string): readonly Location[] {
  if (locations.length < 2) return locations;
  const drawn = locations.map((location) => ({ location, lot: lotOf(location, streamUrl) }));
  drawn.sort((a, b) => a.location.priority - b.location.priority || a.lot - b.lot);
  return drawn.map(({ location }) => location);
}

/** Exponentially distributed, with the weight as its rate: so the lowest of several is each one's by its share. */
function lotOf({ address, weight }: Location, streamUrl: string): number {
  const hash = createHash('md5')
    .update(`${endpointText(address)} ${streamUrl}`)
    .digest();
  const uniform = (hash.readUIntBE(0, 6) + 1) / 2 ** 48;
  return -Math.log(uniform) / Math.max(weight, LEAST_WEIGHT);
}
