// Names of other servers to addresses. A name may stand for many servers: a headless service of Kubernetes has the
// address of each of its pods, and an SRV name (`_rtmp._tcp.example.com`) has ports, too.

import { isIP, type LookupFunction } from 'node:net';
import type { Endpoint } from './endpoint.ts';
import { NameCache } from './name-cache.ts';
import type { NameServer, ServiceRecord } from './name-server.ts';

/** One server that a configured endpoint stands for. */
export interface Location {
  /** As the server is called: goes into tcUrl. */
  readonly name: Endpoint;
  /** What to connect to. */
  readonly address: Endpoint;
  /** Lower ones come first; 0 but for SRV names. */
  readonly priority: number;
  /** Share of the streams among those of one priority; 1 but for SRV names. */
  readonly weight: number;
  /** It comes from an SRV name, which knows the port. */
  readonly isService: boolean;
}

export class NameResolver {
  readonly #addresses: NameCache<string>;
  readonly #services: NameCache<ServiceRecord>;

  constructor(server: NameServer, now: () => number = () => performance.now()) {
    this.#addresses = new NameCache((host) => server.addresses(host), now);
    this.#services = new NameCache((name) => server.services(name), now);
  }

  /** All addresses of a name; an address is its own. Rejects with the name server's error if there never were any. */
  async resolve(host: string): Promise<readonly string[]> {
    return isIP(host) !== 0 ? [host] : this.#addresses.get(host);
  }

  /** All servers that an endpoint stands for, by priority. Rejects as `resolve`. */
  async locate(endpoint: Endpoint): Promise<readonly Location[]> {
    return endpoint.host.startsWith('_') ? this.#locateServices(endpoint) : this.#locateHost(endpoint);
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

  async #locateHost(name: Endpoint): Promise<readonly Location[]> {
    const addresses = await this.resolve(name.host);
    return addresses.map((host) => ({
      name,
      address: { host, port: name.port },
      priority: 0,
      weight: 1,
      isService: false,
    }));
  }

  /** A target without an address is left out while others have one. */
  async #locateServices({ host }: Endpoint): Promise<readonly Location[]> {
    const services = await this.#services.get(host);
    const located = await Promise.allSettled(services.map((service) => this.#locateHost(service)));
    const found = located.flatMap((answer, index) => {
      const { priority = 0, weight = 1 } = services[index] ?? {};
      const locations = answer.status === 'fulfilled' ? answer.value : [];
      return locations.map(({ address, name: { host, port } }) => {
        return { name: { host, port }, address, priority, weight, isService: true };
      });
    });
    const [failure] = located;
    if (found.length === 0 && failure?.status === 'rejected') throw failure.reason;
    return found.sort((one, other) => one.priority - other.priority);
  }
}
