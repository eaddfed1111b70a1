// What one run does, after the command line has been read.

import type { ViewerProtocolName } from '../target/target.ts';

export interface LoadOptions {
  readonly viewers: number;
  readonly protocol: ViewerProtocolName;
  readonly publishers: number;
  readonly bitrateKbps: number;
  /** Writes a second of each publisher; 0 writes each message when it is due. */
  readonly writesPerSec: number;
  readonly chunkSizeBytes: number;
  readonly minLatency: boolean;
  readonly mergedRead: boolean;
  readonly hls: boolean;
  readonly slow: number;
  /** Share of the published rate that slow viewers read. */
  readonly slowRate: number;
  readonly ffmpeg: number;
  readonly durationSec: number;
  readonly settleSec: number;
  readonly rampPerSec: number;
  readonly viewerProcesses: number;
  /** Viewers that check all they get. */
  readonly checked: number;
  readonly maxFirstMs: number;
  /** Share of the viewers that must play for the run to count. */
  readonly minRunning: number;
  /** Keep the server's folder. */
  readonly keep: boolean;
  /** Count system calls after the window. */
  readonly syscalls: boolean;
  /** Where CPU profiles go; undefined: none are made. They cost a little themselves. */
  readonly profileDir: string | undefined;
  /** How long a run may be put off until the machine is idle. */
  readonly waitQuietSec: number;
}
