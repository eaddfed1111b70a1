// What the bench and its preload in a Node server say to each other.

export type LoopRequest = 'tsrs-bench:open' | 'tsrs-bench:open-profile' | 'tsrs-bench:close';

export interface LoopReport {
  /** How much later than due a timer of the server ran. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly gcMinorCount: number;
  readonly gcMinorMs: number;
  readonly gcMajorCount: number;
  readonly gcMajorMs: number;
  readonly gcLongestMs: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
}

export interface LoopAnswer {
  readonly report: LoopReport;
  /** A V8 CPU profile of the window, as JSON text; empty when none was asked for. */
  readonly cpuProfile: string;
}
