// The settings of recording for one virtual host. config/ fills them.

import type { RecordingJitter } from './recording-clock.ts';

export interface DvrOptions {
  /** Streams to record, as `app/stream`; undefined = every stream. */
  readonly streams: ReadonlySet<string> | undefined;
  /** A file per publish, or a new one each `durationMs`. */
  readonly plan: 'session' | 'segment';
  /** Template of the file. What ends with .mp4 is MP4, with .flv FLV; anything else is a folder for FLV files. */
  readonly path: string;
  /** Length of a file of plan segment, ms; at least 1. */
  readonly durationMs: number;
  /** Files start and end at key frames. */
  readonly waitsForKeyFrame: boolean;
  readonly jitter: RecordingJitter;
  /** Date variables are UTC rather than local time. */
  readonly isUtc: boolean;
  /** What a server that was killed left behind is completed when it has not changed for so long, ms; 0 = never. */
  readonly repairMs: number;
}
