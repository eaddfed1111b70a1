// One log line before it has a form.

import type { LogLevel } from './level.ts';

export interface LogRecord {
  /** Unix time. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly pid: number;
  readonly connectionId: string;
  /** SRS marks its first line with `MAIN`; nearly always undefined. */
  readonly tag: string | undefined;
  readonly text: string;
  /** What went wrong: an Error, whose causes are followed, or whatever was thrown. */
  readonly error: unknown;
}

/** A whole line, newline included. */
export type LineFormatter = (record: LogRecord) => string;
