// Who may publish and play by address (`security`) and by the page that asks (`refer`). Rules are read when a client
// asks: a reload changes them for whoever comes next, and closes nobody.

import { BlockList, isIP } from 'node:net';

export type AccessAction = 'publish' | 'play';

/** One `allow` or `deny`: `publish 203.0.113.7`, `play all`, `publish 10.0.0.0/8`. */
export interface AddressRule {
  readonly action: string;
  /** `all`, an address, or a network as ADDRESS/BITS. */
  readonly address: string;
}

export interface SecurityOptions {
  readonly allow: readonly AddressRule[];
  readonly deny: readonly AddressRule[];
}

/** Domains of pages; undefined allows all pages, none at all allows no page. */
export interface ReferOptions {
  readonly all: readonly string[] | undefined;
  readonly publish: readonly string[] | undefined;
  readonly play: readonly string[] | undefined;
}

export interface AccessOptions {
  /** Undefined = not checked. */
  readonly security: SecurityOptions | undefined;
  readonly refer: ReferOptions | undefined;
}

export interface AccessQuestion {
  readonly action: AccessAction;
  /** Of the peer's socket. */
  readonly ip: string;
  /** `pageUrl` of an RTMP client, `Referer` of an HTTP one. Undefined if it is not to be checked. */
  readonly pageUrl: string | undefined;
}

export interface AccessRefusal {
  /** SRS's number. */
  readonly code: number;
  readonly text: string;
}

const DENIED_BY_RULE = 1053;
const NOT_ALLOWED = 1054;
const REFERER_DENIED = 2015;

/** Why a client is turned away, or undefined. */
export function refuseAccess(options: AccessOptions, question: AccessQuestion): AccessRefusal | undefined {
  return refuseReferer(options.refer, question) ?? refuseAddress(options.security, question);
}

// A deny that matches wins. Without one an allow that matches counts. Without either, a client passes if there are
// rules, but none that allow (SRS, spec 7.1): `security { enabled on; }` alone refuses everybody.
function refuseAddress(
  security: SecurityOptions | undefined,
  { action, ip }: AccessQuestion,
): AccessRefusal | undefined {
  if (security === undefined) return undefined;
  const { allow, deny } = security;
  const matches = (rule: AddressRule) => rule.action === action && isWithin(ip, rule.address);
  const denied = deny.find(matches);
  if (denied !== undefined) {
    return { code: DENIED_BY_RULE, text: `deny by rule<${denied.action} ${denied.address}>` };
  }
  if (allow.some(matches) || (allow.length === 0 && deny.length > 0)) return undefined;
  return { code: NOT_ALLOWED, text: `not allowed by any of ${allow.length}/${deny.length} rules` };
}

function refuseReferer(
  refer: ReferOptions | undefined,
  { action, pageUrl }: AccessQuestion,
): AccessRefusal | undefined {
  if (refer === undefined || pageUrl === undefined) return undefined;
  const host = pageHost(pageUrl);
  const isDenied = [refer.all, refer[action]].some(
    (domains) => domains !== undefined && !domains.some((domain) => isOfDomain(host, domain)),
  );
  return isDenied ? { code: REFERER_DENIED, text: `access denied, pageUrl=${pageUrl}` } : undefined;
}

interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Whether the address of a rule can match anybody: `all`, an address, or a network. */
export function isAddressRule(text: string): boolean {
  return text === 'all' || parseNetwork(text) !== undefined;
}

/** `10.0.0.0/8`; an address alone is a network of one. Undefined for anything else. */
function parseNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const longest = version === 4 ? 32 : 128;
  const length = bits === undefined ? longest : Number(bits);
  if (version === 0 || length > longest) return undefined;
  return { address, bits: length, family: version === 4 ? 'ipv4' : 'ipv6' };
}

function isWithin(ip: string, rule: string): boolean {
  if (rule === 'all') return true;
  // How a socket that listens for both families names an IPv4 peer.
  const address = ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip;
  const network = parseNetwork(rule);
  if (network === undefined || isIP(address) === 0) return false;
  const list = new BlockList();
  list.addSubnet(network.address, network.bits, network.family);
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** `https://a.example.com:8080/x` to `a.example.com`; '' for what is no URL and no host. */
function pageHost(pageUrl: string): string {
  const [host = ''] = pageUrl.replace(/^.*?:\/\//, '').split(/[/:?#]/, 1);
  return host.toLowerCase();
}

/** The domain itself, or a host below it. SRS compares ends of text: `notexample.com` would pass for `example.com`. */
function isOfDomain(host: string, domain: string): boolean {
  const name = domain.toLowerCase().replace(/^\./, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}
