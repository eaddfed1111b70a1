// Names, ports and folders that no other test has, so that tests run in parallel.

import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFolder } from './run-folder.ts';

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

/** A new folder inside the folder of this run; both vanish at the end. */
export function newFolder(prefix: string): string {
  const folder = join(runFolder(), uniqueName(prefix));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A port that is free on all addresses, and that no other test of this machine has in mind: between the choice
 * and the listening of a server that starts slowly, the kernel would give it to somebody else. Below its range
 * for outgoing connections.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(10_240, 32_000);
    if (isReserved(port) && (await canListen(port))) return port;
  }
  throw new Error('no free port found');
}

const reservationFolder = join(tmpdir(), 'tsrs-test-ports');
const reservations: string[] = [];
process.on('exit', () => {
  for (const path of reservations) rmSync(path, { force: true });
});

/** Reserves the port for this process, unless a process that still runs has done so. */
function isReserved(port: number): boolean {
  mkdirSync(reservationFolder, { recursive: true });
  const path = join(reservationFolder, String(port));
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    reservations.push(path);
    return true;
  } catch {
    removeIfStale(path);
    return false; // stale or not: another port will do
  }
}

function removeIfStale(path: string): void {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(path, { force: true });
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
