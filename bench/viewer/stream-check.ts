// Judges what one viewer receives: does it start with a key frame and near time zero, does time never run
// backwards, is nothing missing? No socket and no clock: facts in, findings out.

import type { MediaKind } from '../wire/media-kind.ts';

export interface CheckLimits {
  /** Largest step between two messages of a track that is no gap, ms. */
  readonly maxGapMs: { readonly audio: number; readonly video: number };
  /** Largest timestamp of the first media message, ms. */
  readonly maxFirstMs: number;
}

export interface CheckFindings {
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly bodyBytes: number;
  readonly firstTimestampMs: number | undefined;
  readonly startsWithKeyFrame: boolean | undefined;
  readonly startsNearZero: boolean | undefined;
  /** Messages whose timestamp is before that of the one before, on the same track. */
  readonly backwards: number;
  /** Steps over the limit; those of video that end at a key frame are skips instead. */
  readonly gaps: number;
  /** Gaps after which video went on with a key frame: what a server does for a slow viewer. */
  readonly skips: number;
  readonly largestGapMs: number;
}

class TrackCheck {
  count = 0;
  lastMs = 0;
}

export class StreamCheck {
  private readonly limits: CheckLimits;
  private readonly audio = new TrackCheck();
  private readonly video = new TrackCheck();
  private bodyBytes = 0;
  private firstTimestampMs: number | undefined;
  private startsWithKeyFrame: boolean | undefined;
  private backwards = 0;
  private gaps = 0;
  private skips = 0;
  private largestGapMs = 0;

  constructor(limits: CheckLimits) {
    this.limits = limits;
  }

  onMedia(kind: MediaKind, timestampMs: number, bodyBytes: number): void {
    this.bodyBytes += bodyBytes;
    if (kind === 'header' || kind === 'end') return;
    this.firstTimestampMs ??= timestampMs;
    if (kind === 'audio') {
      this.step(this.audio, timestampMs, this.limits.maxGapMs.audio, false);
    } else {
      this.startsWithKeyFrame ??= kind === 'key';
      this.step(this.video, timestampMs, this.limits.maxGapMs.video, kind === 'key');
    }
  }

  findings(): CheckFindings {
    const first = this.firstTimestampMs;
    return {
      videoFrames: this.video.count,
      audioFrames: this.audio.count,
      bodyBytes: this.bodyBytes,
      firstTimestampMs: first,
      startsWithKeyFrame: this.startsWithKeyFrame,
      startsNearZero: first === undefined ? undefined : first <= this.limits.maxFirstMs,
      backwards: this.backwards,
      gaps: this.gaps,
      skips: this.skips,
      largestGapMs: this.largestGapMs,
    };
  }

  private step(track: TrackCheck, timestampMs: number, maxGapMs: number, isKeyFrame: boolean): void {
    const stepMs = timestampMs - track.lastMs;
    if (track.count++ > 0) {
      if (stepMs < 0) this.backwards++;
      if (stepMs > this.largestGapMs) this.largestGapMs = stepMs;
      if (stepMs > maxGapMs && isKeyFrame) this.skips++;
      else if (stepMs > maxGapMs) this.gaps++;
    }
    track.lastMs = timestampMs;
  }
}

/** Adds up what the checked viewers of a run found. */
export interface CheckSummary {
  readonly checked: number;
  readonly withoutMedia: number;
  readonly withoutKeyFrameStart: number;
  readonly awayFromZero: number;
  readonly withBackwards: number;
  readonly withGaps: number;
  readonly withSkips: number;
  readonly largestGapMs: number;
  readonly largestFirstMs: number;
}

export function summarizeChecks(all: readonly CheckFindings[]): CheckSummary {
  const count = (test: (findings: CheckFindings) => boolean): number => all.filter(test).length;
  return {
    checked: all.length,
    withoutMedia: count((one) => one.firstTimestampMs === undefined),
    withoutKeyFrameStart: count((one) => one.startsWithKeyFrame === false),
    awayFromZero: count((one) => one.startsNearZero === false),
    withBackwards: count((one) => one.backwards > 0),
    withGaps: count((one) => one.gaps > 0),
    withSkips: count((one) => one.skips > 0),
    largestGapMs: Math.max(0, ...all.map((one) => one.largestGapMs)),
    largestFirstMs: Math.max(0, ...all.map((one) => one.firstTimestampMs ?? 0)),
  };
}

/** True when a viewer got the published rate, within what flush windows shift over the edges of the window. */
export function isFullRate(receivedBytes: number, publishedBytes: number, tolerance: number): boolean {
  if (publishedBytes <= 0) return false;
  const ratio = receivedBytes / publishedBytes;
  return ratio >= 1 - tolerance && ratio <= 1 + tolerance;
}
