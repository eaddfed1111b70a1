// What a viewer notes about the media it receives: when the first key frame came, how late frames are, and,
// if it is one of the checked ones, whether the stream is right.

import { readStamp } from '../source/stamp.ts';
import { classifyMedia, type MediaKind } from '../wire/media-kind.ts';
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

  /** A message of RTMP or FLV, with the first bytes of its body. */
  onMedia(isVideo: boolean, timestampMs: number, lengthBytes: number, head: Buffer, headBytes: number): void {
    const kind = classifyMedia(isVideo, head, headBytes);
    this.note(kind, timestampMs, lengthBytes);
    if (this.isMeasuring && isVideo) this.noteDelay(readStamp(head, headBytes));
  }

  /** A frame of a transport stream. */
  onFrame(kind: MediaKind, timestampMs: number, stampUs: number | undefined): void {
    this.note(kind, timestampMs, 0);
    if (this.isMeasuring) this.noteDelay(stampUs);
  }

  private note(kind: MediaKind, timestampMs: number, lengthBytes: number): void {
    if (kind === 'key') this.firstKeyUs ??= this.nowUs;
    this.check?.onMedia(kind, timestampMs, lengthBytes);
  }

  private noteDelay(stampUs: number | undefined): void {
    if (stampUs !== undefined) this.delaysUs.push(this.nowUs - stampUs);
  }
}
