// Counts a process's system calls for a few seconds with strace, after the measured window, since strace
// slows down what it watches.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SyscallCounts {
  readonly perSec: Readonly<Record<string, number>>;
  /** Bytes delivered per writing call. */
  readonly bytesPerWrite: number | undefined;
}

const WRITING = ['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg'];

export async function countSyscalls(
  pid: number,
  seconds: number,
  bytesPerSec: number,
): Promise<SyscallCounts> {
  const strace = spawn('strace', ['-f', '-c', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  strace.stderr.on('data', (data: Buffer) => {
    text += data.toString();
  });
  const ended = new Promise<void>((resolve, reject) => {
    strace.once('close', () => resolve());
    strace.once('error', () => reject(new Error('--syscalls needs strace: apt-get install strace')));
  });
  await Promise.race([sleep(seconds * 1000), ended]);
  strace.kill('SIGINT');
  await ended;
  const perSec = Object.fromEntries([...parseStrace(text)].map(([name, calls]) => [name, calls / seconds]));
  const writes = WRITING.reduce((sum, name) => sum + (perSec[name] ?? 0), 0);
  return { perSec, bytesPerWrite: writes === 0 ? undefined : bytesPerSec / writes };
}

/** Calls by name from strace's summary: `% time, seconds, usecs/call, calls, [errors,] syscall`. */
export function parseStrace(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, calls, name] = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)\s*$/.exec(line) ?? [];
    if (calls !== undefined && name !== undefined && name !== 'total') found.set(name, Number(calls));
  }
  return found;
}
