// Times of audio frames counted in samples: FLV's milliseconds would leave gaps and overlaps of half a millisecond
// between frames, which players hear when they put fragments together.

/** The publisher's time wins when the count is so far from it, s: frames were lost, or its clock jumped. */
const MAX_DISTANCE_SEC = 0.1;

export class SampleCounter {
  #next: number | undefined;
  #sampleRate = 0;

  /**
   * Time of the next frame, in samples.
   * @param timeSec when the publisher says it is
   */
  next(timeSec: number, sampleRate: number, frameSamples: number): number {
    const published = Math.round(timeSec * sampleRate);
    const counted = this.#sampleRate === sampleRate ? this.#next : undefined;
    const isLost = counted === undefined || Math.abs(counted - published) > MAX_DISTANCE_SEC * sampleRate;
    const time = isLost ? published : counted;
    this.#sampleRate = sampleRate;
    this.#next = time + frameSamples;
    return time;
  }
}
