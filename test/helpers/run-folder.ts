// Global set-up of every suite: removes the run's folder at the end.

import { rmSync } from 'node:fs';

export function setup(): () => void {
  return () => {
    const folder = process.env.TSRS_TEST_RUN_DIR;
    if (folder && !process.env.TSRS_TEST_KEEP) rmSync(folder, { recursive: true, force: true });
  };
}
