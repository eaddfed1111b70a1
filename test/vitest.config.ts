// The suites: `unit` needs nothing but Node; `e2e` and `fault` run the built server and the bundled ffmpeg;
// `peer` needs programs of the operating system (npm run test:peers), `network` namespaces for hosts of its own
// (npm run test:network), `image` runs containers (npm run test:image).

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '..');

// One folder per run for media files and servers; set here so that every worker inherits it.
process.env.TSRS_TEST_RUN_DIR ??= mkdtempSync(join(tmpdir(), 'tsrs-test-'));

// CI sums up the counts of several runs: each run writes its own report there.
const reportDir = process.env.TSRS_TEST_REPORT_DIR;

/** Suites with real processes: they wait far more than they compute, so they may share a core. */
const realProcesses = {
  globalSetup: ['test/helpers/global-setup.ts'],
  testTimeout: 180_000,
  hookTimeout: 60_000,
  // After the unit tests, which keep all cores busy.
  sequence: { groupOrder: 1 },
};

export default defineConfig({
  root,
  test: {
    reporters: reportDir ? ['default', 'json'] : ['default'],
    ...(reportDir ? { outputFile: { json: join(reportDir, `vitest-${process.pid}.json`) } } : {}),
    maxWorkers: 3,
    maxConcurrency: 6,
    globalSetup: ['test/helpers/run-folder.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...realProcesses } },
      {
        extends: true,
        test: { name: 'fault', include: ['test/fault/**/*.test.ts'], ...realProcesses },
      },
      {
        extends: true,
        // Each host is a process or two, and all share one address range: one file after the other.
        test: {
          name: 'network',
          include: ['test/network/**/*.test.ts'],
          ...realProcesses,
          fileParallelism: false,
        },
      },
      { extends: true, test: { name: 'peer', include: ['test/peer/**/*.test.ts'], ...realProcesses } },
      {
        extends: true,
        test: {
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          ...realProcesses,
          globalSetup: ['test/image/set-up.ts'],
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
