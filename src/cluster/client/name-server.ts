// Where names are asked: the system's resolver, whose search domains names in a cluster rely on
// (`srs-origin-0.socs`), or the name servers of the directive `resolver`.

import { lookup, Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** One server behind an SRV name. */
export interface ServiceRecord {
  readonly host: string;
  readonly port: number;
  /** Lower ones come first. */
  readonly priority: number;
  /** Share among those of one priority (RFC 2782). */
  readonly weight: number;
}

export interface NameServer {
  /** All addresses of a name, in order of preference. Rejects if there are none. */
  addresses(host: string): Promise<readonly string[]>;
  /** All servers behind an SRV name. Rejects if there are none. */
  services(name: string): Promise<readonly ServiceRecord[]>;
}

/** A name server that does not answer by then is asked once more, ms. */
const TIMEOUT_MS = 2000;
const RESOLV_CONF = '/etc/resolv.conf';

/** @param servers `IP[:port]` each, asked for each look-up; the system is asked while there are none */
export function nameServer(servers: () => readonly string[]): NameServer {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  let configured = '';
  const useConfigured = (): boolean => {
    const list = servers();
    if (list.length > 0 && list.join(' ') !== configured) resolver.setServers(list);
    configured = list.join(' ');
    return list.length > 0;
  };
  return {
    addresses: async (host) =>
      useConfigured() ? addressesFrom(resolver, host) : (await lookup(host, { all: true })).map(addressOf),
    services: async (name) => {
      const isConfigured = useConfigured();
      const asked = isConfigured ? resolver : new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
      return servicesFrom(asked, isConfigured ? [name] : searchNames(name, systemSearchDomains()));
    },
  };
}

const addressOf = ({ address }: { readonly address: string }) => address;

/** IPv4 first, as systems do it that have no route for IPv6. */
async function addressesFrom(resolver: Resolver, host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length === 0) throw v4.status === 'rejected' ? v4.reason : new Error(`no address of ${host}`);
  return found;
}

async function servicesFrom(resolver: Resolver, names: readonly string[]): Promise<readonly ServiceRecord[]> {
  let failure: unknown = new Error(`no servers behind ${names[0]}`);
  for (const name of names) {
    try {
      const records = await resolver.resolveSrv(name);
      if (records.length > 0) {
        return records.map(({ name: host, port, priority, weight }) => ({ host, port, priority, weight }));
      }
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** The search domains first: in a cluster nearly every name needs one. A name that ends with a dot is complete. */
export function searchNames(name: string, domains: readonly string[]): readonly string[] {
  if (name.endsWith('.')) return [name];
  return [...domains.map((domain) => `${name}.${domain}`), name];
}

/** SRV names are not for the system's resolver, so its search list is read here (resolv.conf(5)). */
function systemSearchDomains(): readonly string[] {
  try {
    return searchDomains(readFileSync(RESOLV_CONF, 'utf8'));
  } catch {
    return [];
  }
}

/** The last `search` or `domain` line counts. */
export function searchDomains(resolvConf: string): readonly string[] {
  const lines = [...resolvConf.matchAll(/^\s*(?:search|domain)\s+(.+)$/gm)];
  return lines.at(-1)?.[1]?.trim().split(/\s+/) ?? [];
}
