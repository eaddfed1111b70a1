// Names of other servers to addresses. The system's resolver is asked, because names in a cluster rely on its
// search domains (`srs-origin-0.socs`); but never twice at a time for one name, and an answer that once was good
// outlives a failing name server.

import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';

/** Asks for all addresses of a name, in order of preference. Rejects if there are none. */
export type LookUpAll = (host: string) => Promise<readonly string[]>;

/** A name is looked up again after so long: pods that are replaced have new addresses, ms. */
const FRESH_MS = 3000;
/** A name that was not found is not looked up again for so long, ms. */
const FAILED_MS = 1000;
/** With old addresses at hand, nobody waits longer for new ones, ms. */
const PATIENCE_MS = 300;
const MAX_NAMES = 1024;

interface Name {
  addresses: readonly string[];
  error: unknown;
  expiresMs: number;
  pending: Promise<void> | undefined;
}

async function lookUpBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

export class NameResolver {
  readonly #lookUp: LookUpAll;
  readonly #now: () => number;
  readonly #names = new Map<string, Name>();

  constructor(lookUp: LookUpAll = lookUpBySystem, now: () => number = () => performance.now()) {
    this.#lookUp = lookUp;
    this.#now = now;
  }

  /** All addresses of a name; an address is its own. Rejects with the system's error if there never were any. */
  async resolve(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const name = this.#name(host);
    if (this.#now() >= name.expiresMs) name.pending ??= this.#refresh(host, name);
    if (name.pending !== undefined) {
      await (name.addresses.length === 0 ? name.pending : withPatience(name.pending));
    }
    if (name.addresses.length === 0) throw name.error;
    return name.addresses;
  }

  /** For `net.connect`, which then tries the addresses one after the other. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.resolve(host).then(
      (addresses) => {
        const all = addresses.map((address) => ({ address, family: isIP(address) }));
        if (options.all === true) callback(null, all);
        else callback(null, addresses[0] as string, isIP(addresses[0] as string));
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  /** Never rejects: what went wrong is kept with the name. */
  async #refresh(host: string, name: Name): Promise<void> {
    try {
      name.addresses = await this.#lookUp(host);
      name.expiresMs = this.#now() + FRESH_MS;
    } catch (error) {
      name.error = error;
      name.expiresMs = this.#now() + FAILED_MS;
    } finally {
      name.pending = undefined;
    }
  }

  #name(host: string): Name {
    const known = this.#names.get(host);
    if (known !== undefined) return known;
    const oldest = this.#names.size >= MAX_NAMES ? this.#names.keys().next().value : undefined;
    if (oldest !== undefined) this.#names.delete(oldest);
    const name: Name = { addresses: [], error: undefined, expiresMs: 0, pending: undefined };
    this.#names.set(host, name);
    return name;
  }
}

async function withPatience(pending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([pending, patience]);
  clearTimeout(timer);
}
