// Audio times with `hls_dts_directly off`: counted in samples instead of the publisher's rounded milliseconds.

import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage } from '../../media/message.ts';

/** Samples of an AAC frame (960 and 2048 exist, but no encoder for RTMP uses them). */
const FRAME_SAMPLES = 1024;
const TICKS_PER_SEC = TICKS_PER_MS * 1000;
/** The publisher's time wins when the count is so far from it: frames were lost, or its clock jumped. */
const MAX_DISTANCE = 100 * TICKS_PER_MS;

export class AudioSampleClock {
  #start = 0;
  #frames = -1;
  #sampleRate = 0;

  /**
   * Time of the next frame, ticks of 1/90000 s; undefined = the message's own, for codecs whose frames are not counted.
   * @param sampleRate of the AAC track, 0 if unknown
   */
  next(timestampMs: number, message: MediaMessage, sampleRate: number): number | undefined {
    if (message.codec !== 'aac' || sampleRate === 0) return undefined;
    const published = timestampMs * TICKS_PER_MS;
    this.#frames++;
    const counted = this.#start + Math.round((this.#frames * FRAME_SAMPLES * TICKS_PER_SEC) / sampleRate);
    const isLost = this.#sampleRate !== sampleRate || Math.abs(counted - published) > MAX_DISTANCE;
    if (!isLost) return counted;
    this.#sampleRate = sampleRate;
    this.#start = published;
    this.#frames = 0;
    return published;
  }
}
