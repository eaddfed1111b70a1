// What is left out in front of the first key frame. Pictures there cannot be shown, and a segment of pictures and sound
// starts with a picture, so sound waits with them once it is known that there are pictures. Without a key frame for the
// time of a fragment everything is kept.

import type { MediaMessage } from '../../media/message.ts';

export interface KeyFrameWaitOptions {
  /** `hls_wait_keyframe` */
  readonly waitsForKeyFrame: boolean;
  readonly fragmentMs: number;
}

export class KeyFrameWait {
  readonly #options: KeyFrameWaitOptions;
  #isWaiting: boolean;
  #hasVideo: boolean;
  /** Time of the first message that was left out, undefined before. */
  #sinceMs: number | undefined;

  /** @param hasVideo pictures have come before what follows */
  constructor(options: KeyFrameWaitOptions, hasVideo: boolean) {
    this.#options = options;
    this.#hasVideo = hasVideo;
    this.#isWaiting = options.waitsForKeyFrame;
  }

  /** Waits once more: what follows does not continue what was written. */
  start(): void {
    this.#isWaiting = this.#options.waitsForKeyFrame;
    this.#sinceMs = undefined;
  }

  /** What follows is wanted as it is. */
  end(): void {
    this.#isWaiting = false;
  }

  leavesOutPicture({ timestampMs, isKeyFrame }: MediaMessage): boolean {
    this.#hasVideo = true;
    if (!this.#isWaiting) return false;
    this.#isWaiting = !isKeyFrame && this.#isPatient(timestampMs);
    return this.#isWaiting;
  }

  /** Asked where sound would open a segment. */
  leavesOutSound({ timestampMs }: MediaMessage): boolean {
    return this.#isWaiting && this.#hasVideo && this.#isPatient(timestampMs);
  }

  #isPatient(timestampMs: number): boolean {
    this.#sinceMs ??= timestampMs;
    // The publisher's own clock (`atc on`) may jump either way: that ends the wait.
    return Math.abs(timestampMs - this.#sinceMs) < this.#options.fragmentMs;
  }
}
