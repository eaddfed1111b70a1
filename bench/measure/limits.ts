// What a run needs of the machine, checked before anything starts: a limit that is hit half-way looks like a
// slow server.

import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

export interface MachineLimits {
  /** Open files that one process may have, hard limit. */
  readonly openFiles: number;
  /** Local ports that the kernel gives out per source address. */
  readonly ephemeralPorts: number;
  readonly freeMemoryBytes: number;
}

export interface LoadNeeds {
  readonly viewers: number;
  readonly publishers: number;
  readonly viewerProcesses: number;
  readonly sourceAddresses: number;
}

/** Files that a server or client has open beside its connections. */
const SPARE_FILES = 100;
/** Kernel buffers, server and client for one connection, on the careful side. */
const BYTES_PER_CONNECTION = 150 * 1024;
/** Ports are taken for these many viewers per source address, whatever the kernel could give. */
const MAX_VIEWERS_PER_ADDRESS = 20_000;

/** One sentence per limit that is too low, each with what to do; empty when all is well. */
export function findShortages(needs: LoadNeeds, limits: MachineLimits): string[] {
  const found: string[] = [];
  const connections = needs.viewers + needs.publishers;
  const files = connections + SPARE_FILES;
  if (files > limits.openFiles) {
    const possible = limits.openFiles - needs.publishers - SPARE_FILES;
    found.push(
      `open files: the server needs ${files}, the limit is ${limits.openFiles}. Raise it (ulimit -Hn, ` +
        `LimitNOFILE= of the unit, --ulimit nofile of the container) or use --viewers ${possible}.`,
    );
  }
  const perAddress = Math.ceil(needs.viewers / needs.sourceAddresses);
  if (perAddress > limits.ephemeralPorts * 0.9) {
    found.push(
      `ports: ${perAddress} viewers per source address, the kernel has ${limits.ephemeralPorts}. Widen them: ` +
        'sysctl -w net.ipv4.ip_local_port_range="10000 65000".',
    );
  }
  const memory = connections * BYTES_PER_CONNECTION;
  if (memory > limits.freeMemoryBytes) {
    found.push(
      `memory: about ${toMb(memory)} MB are needed for ${connections} connections on both sides, ` +
        `${toMb(limits.freeMemoryBytes)} MB are free. Use fewer viewers or a bigger machine.`,
    );
  }
  return found;
}

export function readMachineLimits(): MachineLimits {
  const files = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return {
    openFiles: files === undefined || files === 'unlimited' ? Number.POSITIVE_INFINITY : Number(files),
    ephemeralPorts: (range[1] ?? 60999) - (range[0] ?? 32768) + 1,
    freeMemoryBytes: available === undefined ? freemem() : Number(available) * 1024,
  };
}

/** Source addresses of the loopback net that so many viewers are spread over. */
export function sourceAddresses(viewers: number): string[] {
  const count = Math.max(1, Math.ceil(viewers / MAX_VIEWERS_PER_ADDRESS));
  return Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}`);
}

function toMb(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
