// Names, ports and folders that no other test has, so that tests run in parallel.

import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

/** A new folder inside the folder of this run; both vanish at the end. */
export function newFolder(prefix: string): string {
  const runFolder = process.env.TSRS_TEST_RUN_DIR;
  if (!runFolder) throw new Error('start the tests with test/vitest.config.ts');
  const folder = join(runFolder, uniqueName(prefix));
  mkdirSync(folder, { recursive: true });
  return folder;
}

const taken = new Set<number>();

/**
 * A port that is free on all addresses. Random and below the kernel's range for outgoing connections:
 * asking the kernel for one would race with every client of every test.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(10_240, 32_000);
    if (taken.has(port) || !(await canListen(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error('no free port found');
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
