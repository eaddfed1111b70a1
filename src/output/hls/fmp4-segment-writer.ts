// Segments of fragmented MP4. A fragment is about a second.

import type { Fmp4Muxer } from '../../container/mp4/fmp4-muxer.ts';
import type { MediaMessage } from '../../media/message.ts';
import { FragmentWriter } from '../fragment-writer.ts';
import type { SegmentContent, SegmentPageHost, SegmentWriter, SkipReason } from './segment-writer.ts';

export class Fmp4SegmentWriter implements SegmentWriter {
  readonly #muxer: Fmp4Muxer;
  readonly #fragments: FragmentWriter;
  #isEmpty = true;

  constructor(muxer: Fmp4Muxer, host: SegmentPageHost) {
    this.#muxer = muxer;
    this.#fragments = new FragmentWriter(muxer, host);
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
    return this.#fragments.prepare(message, dts);
  }

  open(): void {
    this.#muxer.startSegment();
    this.#isEmpty = true;
  }

  write(): boolean {
    if (!this.#fragments.write()) return false;
    this.#isEmpty = false;
    return true;
  }

  writeRest(): boolean {
    return true;
  }

  close(): SegmentContent {
    this.#fragments.endFragment();
    return { isEmpty: this.#isEmpty, init: this.#isEmpty ? undefined : this.#muxer.init };
  }

  /** The store drops what belongs to no segment, and gives the pages back. */
  abandon(): void {
    this.#fragments.abandon();
  }
}
