// Addresses of this machine: which are public, by the private ranges that SRS knows, and which is its own.

import type { networkInterfaces } from 'node:os';

/** 10/8, 172.16/12, 192.168/16 and loopback are private; text that is no IPv4 address counts as private. */
export function isPublicIpv4(address: string): boolean {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return false;
  const [a = 0, b = 0] = parts;
  return !(a === 10 || a === 127 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168));
}

/**
 * The address that the server goes by in its reports and at other servers.
 * @param index which of those that are no loopback (`stats.network`); one that does not exist is the first
 */
export function ownAddress(interfaces: ReturnType<typeof networkInterfaces>, index: number): string {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal, family }) => !internal && family === 'IPv4');
  return (outer[index] ?? outer[0])?.address ?? '127.0.0.1';
}

/** Is `address` one of this machine's, loopback included? */
export function isOwnAddress(interfaces: ReturnType<typeof networkInterfaces>, address: string): boolean {
  return Object.values(interfaces).some((addresses) => addresses?.some((own) => own.address === address));
}

/** Names of the interfaces that have a public address. */
export function publicInterfaces(interfaces: ReturnType<typeof networkInterfaces>): ReadonlySet<string> {
  const names = Object.entries(interfaces)
    .filter(([, addresses]) => addresses?.some(({ address }) => isPublicIpv4(address)))
    .map(([name]) => name);
  return new Set(names);
}
