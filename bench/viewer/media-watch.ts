// What a viewer notes about the media it receives: when the first key frame came, how late frames are, and,
// if it is one of the checked ones, whether the stream is right.

import { readStamp } from '../source/stamp.ts';
import { classifyMedia } from '../wire/media-kind.ts';
import { type CheckLimits, StreamCheck } from './stream-check.ts';

export class MediaWatch {
  /** Clock of the read that is being parsed, µs: one look at the clock per read, not per message. */
  nowUs = 0;
  firstKeyUs: number | undefined;
  readonly check: StreamCheck | undefined;
  readonly delaysUs: number[] = [];
  /** Delays are kept only while the measuring window is open. */
  isMeasuring = false;

  constructor(limits: CheckLimits | undefined) {
    this.check = limits === undefined ? undefined : new StreamCheck(limits);
  }

  onMedia(isVideo: boolean, timestampMs: number, lengthBytes: number, head: Buffer, headBytes: number): void {
    const kind = classifyMedia(isVideo, head, headBytes);
    if (kind === 'key') this.firstKeyUs ??= this.nowUs;
    this.check?.onMedia(kind, timestampMs, lengthBytes);
    if (this.isMeasuring && isVideo) {
      const sentUs = readStamp(head, headBytes);
      if (sentUs !== undefined) this.delaysUs.push(this.nowUs - sentUs);
    }
  }
}
