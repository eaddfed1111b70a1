// When a segment ends (spec http-delivery 3.3). Pure: times in, answers out.

export interface CutOptions {
  /** Wanted length, ms. */
  readonly fragmentMs: number;
  /** An audio frame cuts after this multiple of it. */
  readonly aofRatio: number;
  /** … and of sound alone after this one. */
  readonly soundRatio: number;
  readonly waitsForKeyFrame: boolean;
}

/** Nothing is cut below this length, ms. */
const MIN_CUT_MS = 200;
/** A shorter segment is not worth listing, ms. */
export const MIN_KEEP_MS = 100;
/** Pictures without any key frame are cut after this multiple of the audio limit: a segment must end some time. */
const WITHOUT_KEY_RATIO = 3;

/** Length of the open segment: latest time minus the smallest one, as SRS counts it. */
export class SegmentLength {
  #startMs = -1;
  #durationMs = 0;

  get durationMs(): number {
    return this.#durationMs;
  }

  /** Adds a frame that is written. A step back makes the earlier time the start. */
  add(dtsMs: number): void {
    const timeMs = Math.max(0, dtsMs);
    if (this.#startMs < 0 || timeMs < this.#startMs) this.#startMs = timeMs;
    this.#durationMs = timeMs - this.#startMs;
  }
}

/**
 * Should the segment end before this picture? The length is that without it.
 * @param extraMs what `hls_ts_floor` adds to the limit
 */
export function cutsBeforeVideo(
  options: CutOptions,
  durationMs: number,
  isKeyFrame: boolean,
  extraMs: number,
): boolean {
  if (durationMs < MIN_CUT_MS || durationMs < options.fragmentMs + extraMs) return false;
  if (isKeyFrame || !options.waitsForKeyFrame) return true;
  return durationMs >= WITHOUT_KEY_RATIO * options.aofRatio * options.fragmentMs + extraMs;
}

/** Should the segment end before this audio frame? Also with video: where key frames are too far apart. */
export function cutsBeforeAudio(
  { fragmentMs, aofRatio, soundRatio }: CutOptions,
  durationMs: number,
  hasVideo: boolean,
  extraMs: number,
): boolean {
  const ratio = hasVideo ? aofRatio : soundRatio;
  return durationMs >= MIN_CUT_MS && durationMs >= ratio * fragmentMs + extraMs;
}
