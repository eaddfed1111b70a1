// The settings of DASH for one virtual host. config/ fills them.

export interface DashOptions {
  /** Root of manifests and segments. */
  readonly folder: string;
  /** Template of the manifest below `folder`: [vhost] [app] [stream]. Segments are in a folder beside it. */
  readonly manifestFile: string;
  /** Wanted length of a segment, ms; at least 1. */
  readonly fragmentMs: number;
  /** How often players read the manifest at least, ms. */
  readonly updatePeriodMs: number;
  /** How far back players may go, ms. */
  readonly timeShiftMs: number;
  /** Segments in the manifest; at least 1. */
  readonly windowSize: number;
  /** Files of segments that left the manifest are removed. */
  readonly isCleanup: boolean;
  /** All files of a stream go so long after its end, ms; 0 = never. */
  readonly disposeMs: number;
}
