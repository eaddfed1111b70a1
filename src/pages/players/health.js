// What a viewer notices, measured at the video element: stalls, dropped frames, how far behind live it plays.

export class Health {
  #video;
  #stalls = 0;
  #stalledMs = 0;
  #stalledSinceMs = 0;
  #hasPlayed = false;
  #lastFrames = { count: 0, timeMs: 0 };

  constructor(video) {
    this.#video = video;
    video.addEventListener('waiting', () => this.#stall());
    video.addEventListener('playing', () => this.#go());
  }

  /** For a new playback. */
  reset() {
    this.#stalls = 0;
    this.#stalledMs = 0;
    this.#stalledSinceMs = 0;
    this.#hasPlayed = false;
    this.#lastFrames = { count: 0, timeMs: 0 };
  }

  get isStalled() {
    return this.#stalledSinceMs > 0;
  }

  /** Has shown something since the last reset. */
  get hasPlayed() {
    return this.#hasPlayed;
  }

  sample(nowMs) {
    const video = this.#video;
    const { totalVideoFrames: count, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
    const elapsedMs = nowMs - this.#lastFrames.timeMs;
    const frameRate = elapsedMs > 0 ? ((count - this.#lastFrames.count) * 1000) / elapsedMs : 0;
    this.#lastFrames = { count, timeMs: nowMs };
    const { buffered, currentTime } = video;
    const bufferSec = buffered.length > 0 ? Math.max(0, buffered.end(buffered.length - 1) - currentTime) : 0;
    const stalledMs = this.#stalledMs + (this.isStalled ? nowMs - this.#stalledSinceMs : 0);
    return {
      frameRate,
      dropped,
      bufferSec,
      playedSec: lengthOf(video.played),
      stalls: this.#stalls,
      stalledMs,
    };
  }

  #stall() {
    if (!this.#hasPlayed || this.isStalled || this.#video.paused || this.#video.seeking) return;
    this.#stalls++;
    this.#stalledSinceMs = performance.now();
  }

  #go() {
    this.#hasPlayed = true;
    if (this.isStalled) this.#stalledMs += performance.now() - this.#stalledSinceMs;
    this.#stalledSinceMs = 0;
  }
}

/** Seconds in all ranges: the clock of HLS starts with the playlist, long before the first picture. */
function lengthOf(ranges) {
  let sec = 0;
  for (let i = 0; i < ranges.length; i++) sec += ranges.end(i) - ranges.start(i);
  return sec;
}
