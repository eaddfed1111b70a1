// One piece of code whose cost is watched.

export interface MicroCase {
  readonly name: string;
  /** What one operation is: "message", "viewer and flush". */
  readonly unit: string;
  /** Does some work, and returns how many operations that were. */
  run(): number;
}
