// Global set-up of the suites that run the built server: tests of a stale build would prove nothing.

import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export function setup(): void {
  const root = resolve(import.meta.dirname, '../..');
  const built = statSync(join(root, 'dist/main.js'), { throwIfNoEntry: false });
  if (!built) throw new Error('dist/main.js is missing: run `npm run build` first (npm test does)');
  const newest = newestSource(join(root, 'src'));
  if (newest.mtimeMs > built.mtimeMs) {
    throw new Error(`dist/ is older than ${newest.path}: run \`npm run build\` first (npm test does)`);
  }
}

function newestSource(folder: string): { path: string; mtimeMs: number } {
  let newest = { path: '', mtimeMs: 0 };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const { mtimeMs } = statSync(join(folder, name));
    if (mtimeMs > newest.mtimeMs) newest = { path: name, mtimeMs };
  }
  return newest;
}
