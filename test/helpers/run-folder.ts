// The folder of one test run: media files, servers' folders, and the ids of the processes that run for it.
// Global set-up of every suite: at the end the folder goes, and whatever process its owner has left behind.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function runFolder(): string {
  const folder = process.env.TSRS_TEST_RUN_DIR;
  if (!folder) throw new Error('start the tests with test/vitest.config.ts');
  return folder;
}

/** Notes a child process; the returned function strikes it off again. */
export function recordProcess(pid: number | undefined): () => void {
  if (pid === undefined) return () => {};
  const folder = join(runFolder(), 'pids');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, String(pid));
  writeFileSync(path, '');
  return () => rmSync(path, { force: true });
}

export function setup(): () => void {
  return () => {
    killLeftovers();
    if (!process.env.TSRS_TEST_KEEP) rmSync(runFolder(), { recursive: true, force: true });
  };
}

/** A worker that was killed could not end its children. Their environment tells whether an id is still theirs. */
function killLeftovers(): void {
  const folder = join(runFolder(), 'pids');
  if (!existsSync(folder)) return;
  for (const pid of readdirSync(folder)) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(runFolder())) continue;
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}
