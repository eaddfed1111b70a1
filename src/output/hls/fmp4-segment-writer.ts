// Segments of fragmented MP4. A fragment is about a second: pictures go to one page, sound to another, and when one of
// them is full the head is written into the room in front of the samples.

import type { Fmp4Muxer } from '../../container/mp4/fmp4-muxer.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { SegmentContent, SegmentPageHost, SegmentWriter, SkipReason } from './segment-writer.ts';

/** Room for the head of a fragment. */
const HEAD_ROOM = 8 * 1024;
/** As many samples as a head of that size describes, with 16 bytes each and two tracks. */
const MAX_SAMPLES = 500;

interface OpenPage {
  readonly page: Buffer;
  end: number;
}

export class Fmp4SegmentWriter implements SegmentWriter {
  readonly #muxer: Fmp4Muxer;
  readonly #host: SegmentPageHost;
  #size = 0;
  #video: OpenPage | undefined;
  #audio: OpenPage | undefined;
  #isEmpty = true;

  constructor(muxer: Fmp4Muxer, host: SegmentPageHost) {
    this.#muxer = muxer;
    this.#host = host;
  }

  get hasVideo(): boolean {
    return this.#muxer.hasVideo;
  }

  get aacSampleRate(): number {
    return this.#muxer.aacSampleRate;
  }

  get skipReason(): SkipReason | undefined {
    return this.#muxer.skipReason;
  }

  get isCutDue(): boolean {
    return this.#muxer.isCutDue;
  }

  header(message: MediaMessage): void {
    this.#muxer.header(message);
  }

  prepare(message: MediaMessage, dts: number): boolean {
    this.#size = this.#muxer.prepare(message, dts);
    return this.#size > 0;
  }

  open(): void {
    this.#muxer.startSegment();
    this.#isEmpty = true;
  }

  write(): boolean {
    if (this.#size === 0) return true;
    const isVideo = this.#muxer.isVideoPlanned;
    if (!this.#hasRoom(isVideo)) this.#endFragment();
    const open = this.#openPage(isVideo);
    if (open === undefined) return false;
    this.#muxer.write(open.page, open.end);
    open.end += this.#size;
    this.#size = 0;
    this.#isEmpty = false;
    return true;
  }

  writeRest(): boolean {
    return true;
  }

  close(): SegmentContent {
    this.#endFragment();
    return { isEmpty: this.#isEmpty, init: this.#isEmpty ? undefined : this.#muxer.init };
  }

  abandon(): void {
    this.#muxer.abandon();
    this.#giveAway(this.#video);
    this.#giveAway(this.#audio);
    this.#video = undefined;
    this.#audio = undefined;
  }

  #hasRoom(isVideo: boolean): boolean {
    const open = isVideo ? this.#video : this.#audio;
    if (open === undefined) return true;
    return open.end + this.#size <= open.page.length && this.#muxer.sampleCount < MAX_SAMPLES;
  }

  #openPage(isVideo: boolean): OpenPage | undefined {
    const open = isVideo ? this.#video : this.#audio;
    if (open !== undefined) return open;
    const page = this.#host.take(HEAD_ROOM + this.#size);
    if (page === undefined) return undefined;
    const opened = { page, end: HEAD_ROOM };
    if (isVideo) this.#video = opened;
    else this.#audio = opened;
    return opened;
  }

  #endFragment(): void {
    const first = this.#video ?? this.#audio;
    if (first === undefined) return;
    const from = this.#muxer.endFragment(first.page, HEAD_ROOM);
    this.#host.append(first.page, from, first.end);
    if (this.#video !== undefined && this.#audio !== undefined) {
      this.#host.append(this.#audio.page, HEAD_ROOM, this.#audio.end);
    }
    this.#video = undefined;
    this.#audio = undefined;
  }

  /** The store drops what belongs to no segment, and gives the page back. */
  #giveAway(open: OpenPage | undefined): void {
    if (open !== undefined) this.#host.append(open.page, HEAD_ROOM, open.end);
  }
}
