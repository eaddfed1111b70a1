// What the bench and its worker processes (viewers, publishers) say to each other, as JSON over IPC.

import type { ViewerProtocolName } from '../target/target.ts';
import type { CheckFindings, CheckLimits } from '../viewer/stream-check.ts';

export interface ViewerJob {
  readonly kind: 'viewers';
  readonly protocol: ViewerProtocolName;
  readonly host: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly app: string;
  /** Viewers are dealt to the streams in turn. */
  readonly streams: readonly { readonly name: string; readonly flvPath: string; readonly hlsPath: string }[];
  /** Which of all viewers this process is: every one whose number leaves `index` when divided by `of`. */
  readonly index: number;
  readonly of: number;
  readonly viewers: number;
  readonly checked: number;
  readonly slow: number;
  readonly slowBytesPerSec: number;
  readonly rampPerSec: number;
  readonly sourceAddresses: readonly string[];
  readonly limits: CheckLimits;
}

export interface PublisherJob {
  readonly kind: 'publishers';
  readonly host: string;
  readonly rtmpPort: number;
  readonly app: string;
  readonly streams: readonly string[];
  readonly sourcePath: string;
  /** Writes a second of each publisher; 0 writes each message when it is due. */
  readonly writesPerSec: number;
  readonly chunkSizeBytes: number;
  readonly rampPerSec: number;
}

export type WorkerRequest =
  | { readonly type: 'start'; readonly job: ViewerJob | PublisherJob }
  | { readonly type: 'open-window' }
  | { readonly type: 'close-window' };

export interface ViewerReport {
  /** Bytes that each viewer received in the window, slow ones and failed ones left out. */
  readonly receivedBytes: readonly number[];
  readonly slowReceivedBytes: readonly number[];
  /** From the start of connecting to the first key frame, ms. */
  readonly firstKeyMs: readonly number[];
  readonly delaysMs: readonly number[];
  readonly findings: readonly CheckFindings[];
  readonly slowFindings: readonly CheckFindings[];
}

export interface PublisherReport {
  readonly sentBodyBytes: number;
  readonly writes: number;
}

export interface WorkerProgress {
  readonly type: 'progress';
  readonly started: number;
  /** Viewers that have seen a key frame; publishers that were accepted. */
  readonly running: number;
  readonly failed: number;
  readonly firstFailure: string | undefined;
}

export type WorkerAnswer =
  | WorkerProgress
  | { readonly type: 'window'; readonly cpuSec: number; readonly viewers: ViewerReport }
  | { readonly type: 'window'; readonly cpuSec: number; readonly publishers: PublisherReport };
