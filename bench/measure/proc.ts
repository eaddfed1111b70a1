// CPU time and memory of a server from /proc, over all threads and all child processes. proc(5).

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes for every architecture that Node runs on. */
const TICKS_PER_SEC = 100;

export interface ProcessUse {
  readonly userSec: number;
  readonly sysSec: number;
  readonly rssBytes: number;
}

export interface ProcessStat {
  readonly parentPid: number;
  readonly userSec: number;
  readonly sysSec: number;
}

/** The line of /proc/PID/stat; the name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    parentPid: Number(fields[1]),
    userSec: Number(fields[11]) / TICKS_PER_SEC,
    sysSec: Number(fields[12]) / TICKS_PER_SEC,
  };
}

export function parseRssBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Share of all cores that was busy between two reads of /proc/stat's first line. */
export function busyShare(before: string, after: string): number {
  const [from, to] = [cpuTicks(before), cpuTicks(after)];
  const total = to.total - from.total;
  return total <= 0 ? 0 : 1 - (to.idle - from.idle) / total;
}

function cpuTicks(stat: string): { readonly total: number; readonly idle: number } {
  const fields = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  return { total: fields.reduce((sum, ticks) => sum + ticks, 0), idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
}

export function readMachineStat(): string {
  return readFileSync('/proc/stat', 'utf8');
}

/** CPU and memory of a process and its descendants, as they are now. */
export function readTreeUse(rootPid: number): ProcessUse {
  const pids = processTree(rootPid);
  const uses = pids.map(readUse);
  return {
    userSec: uses.reduce((sum, use) => sum + use.userSec, 0),
    sysSec: uses.reduce((sum, use) => sum + use.sysSec, 0),
    rssBytes: uses.reduce((sum, use) => sum + use.rssBytes, 0),
  };
}

function readUse(pid: number): ProcessUse {
  try {
    const { userSec, sysSec } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { userSec, sysSec, rssBytes: parseRssBytes(readFileSync(`/proc/${pid}/status`, 'utf8')) };
  } catch {
    return { userSec: 0, sysSec: 0, rssBytes: 0 };
  }
}

function processTree(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = readParent(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [rootPid];
  for (let i = 0; i < found.length; i++) found.push(...(children.get(found[i]!) ?? []));
  return found;
}

/** Undefined for a process that ended since the folder was listed. */
function readParent(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).parentPid;
  } catch {
    return undefined;
  }
}
