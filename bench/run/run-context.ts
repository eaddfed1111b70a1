// What all runs of a session share.

import type { Progress } from '../cli/progress.ts';
import type { Tape } from '../source/tape.ts';
import type { LoadOptions } from './load-options.ts';

export interface RunContext {
  readonly options: LoadOptions;
  readonly sourcePath: string;
  readonly tape: Tape;
  readonly progress: Progress;
  /** Aborted when the user stops the bench. */
  readonly signal: AbortSignal;
}
