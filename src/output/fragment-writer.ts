// Samples into fragments of MP4: pictures go to one page, sound to another, and when a fragment ends its head is
// written into the room in front of the samples.

import type { Fmp4Muxer } from '../container/mp4/fmp4-muxer.ts';
import type { FragmentTrack } from '../container/mp4/fragment.ts';
import type { MediaMessage } from '../media/message.ts';

/** Where the bytes go. */
export interface FragmentHost {
  /** A page of at least `minSize` bytes; undefined if the disk is too far behind or the memory used up. */
  take(minSize: number): Buffer | undefined;
  /** Hands over the bytes from..to of a page, and the page. */
  append(page: Buffer, from: number, to: number): void;
  /** A fragment is complete and handed over next; `tracks` is lent. */
  fragment?(tracks: readonly FragmentTrack[], headSize: number): void;
}

/** Room for the head of a fragment. */
const HEAD_ROOM = 8 * 1024;
/** As many samples as a head of that size describes, with 16 bytes each and two tracks. */
const MAX_SAMPLES = 500;

interface OpenPage {
  readonly page: Buffer;
  end: number;
}

export class FragmentWriter {
  readonly #muxer: Fmp4Muxer;
  readonly #host: FragmentHost;
  #size = 0;
  #video: OpenPage | undefined;
  #audio: OpenPage | undefined;

  constructor(muxer: Fmp4Muxer, host: FragmentHost) {
    this.#muxer = muxer;
    this.#host = host;
  }

  /**
   * Plans the sample of a frame; its payload is lent until `write`.
   * @param dts decoding time, ticks of 1/90000 s
   * @returns false if there is nothing to write
   */
  prepare(message: MediaMessage, dts: number): boolean {
    this.#size = this.#muxer.prepare(message, dts);
    return this.#size > 0;
  }

  /** Writes the planned sample. @returns false if there is no page for it */
  write(): boolean {
    if (this.#size === 0) return true;
    const isVideo = this.#muxer.isVideoPlanned;
    if (!this.#hasRoom(isVideo)) this.endFragment();
    const open = this.#openPage(isVideo);
    if (open === undefined) return false;
    this.#muxer.write(open.page, open.end);
    open.end += this.#size;
    this.#size = 0;
    return true;
  }

  /** Hands over what there is. */
  endFragment(): void {
    const first = this.#video ?? this.#audio;
    if (first === undefined) return;
    this.#host.fragment?.(this.#muxer.fragmentTracks, this.#muxer.headSize);
    const from = this.#muxer.endFragment(first.page, HEAD_ROOM);
    this.#host.append(first.page, from, first.end);
    if (this.#video !== undefined && this.#audio !== undefined) {
      this.#host.append(this.#audio.page, HEAD_ROOM, this.#audio.end);
    }
    this.#video = undefined;
    this.#audio = undefined;
  }

  /** Forgets the open fragment; its pages are handed over to be given back. */
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

  #giveAway(open: OpenPage | undefined): void {
    if (open !== undefined) this.#host.append(open.page, HEAD_ROOM, open.end);
  }
}
