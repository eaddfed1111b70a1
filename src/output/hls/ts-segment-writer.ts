// Segments of MPEG-TS: PAT and PMT first, then packets, page after page.

import { TABLES_SIZE, type TsTracks } from '../../container/mpegts/program-tables.ts';
import type { TsMuxer } from '../../container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { SegmentContent, SegmentPageHost, SegmentWriter, SkipReason } from './segment-writer.ts';

export class TsSegmentWriter implements SegmentWriter {
  readonly isCutDue = false;
  readonly #muxer: TsMuxer;
  readonly #pages: SegmentPageHost;
  /** Bytes of the planned packets. */
  #size = 0;
  #page: Buffer | undefined;
  #pageEnd = 0;
  #isEmpty = true;
  /** Tracks of the last PAT and PMT, undefined while the room for them at the start is still empty. */
  #tables: TsTracks | undefined;

  constructor(muxer: TsMuxer, pages: SegmentPageHost) {
    this.#muxer = muxer;
    this.#pages = pages;
  }

  get hasVideo(): boolean {
    return this.#muxer.tracks.video !== undefined;
  }

  get aacSampleRate(): number {
    return this.#muxer.aacSampleRate;
  }

  get skipReason(): SkipReason | undefined {
    return this.#muxer.skipReason;
  }

  header(message: MediaMessage): void {
    this.#muxer.prepare(message);
  }

  prepare(message: MediaMessage, dts: number): boolean {
    this.#size = this.#muxer.prepare(message, dts);
    return this.#size > 0;
  }

  open(sequence?: number): void {
    if (sequence !== undefined) this.#muxer.restartCounters(sequence);
    this.#size = this.#muxer.startSegment();
    this.#isEmpty = true;
    this.#tables = undefined;
  }

  writeRest(): boolean {
    this.#size = this.#muxer.prepareRest();
    return this.write();
  }

  write(): boolean {
    if (this.#size === 0) return true;
    const { tracks } = this.#muxer;
    const areTablesDue = this.#tables !== undefined && this.#tables !== tracks;
    const page = this.#reserve(areTablesDue ? this.#size + TABLES_SIZE : this.#size);
    if (page === undefined) return false;
    if (areTablesDue) {
      this.#writeTables(page, this.#pageEnd);
      this.#pageEnd += TABLES_SIZE;
    }
    this.#muxer.write(page, this.#pageEnd);
    this.#pageEnd += this.#size;
    this.#size = 0;
    this.#isEmpty = false;
    return true;
  }

  close(isNumbered = false): SegmentContent {
    if (isNumbered && !this.#isEmpty) this.#pad();
    this.#handOver();
    return { isEmpty: this.#isEmpty, init: undefined };
  }

  abandon(): void {
    this.#handOver();
  }

  /** Without room for it players see a counter that jumps, nothing worse. */
  #pad(): void {
    const size = this.#muxer.paddingSize;
    const page = this.#reserve(size);
    if (page === undefined) return;
    this.#muxer.writePadding(page, this.#pageEnd);
    this.#pageEnd += size;
  }

  /** The page with room for so many bytes at `#pageEnd`. */
  #reserve(size: number): Buffer | undefined {
    const current = this.#page;
    if (current !== undefined && this.#pageEnd + size <= current.length) return current;
    this.#handOver();
    const head = this.#tables === undefined ? TABLES_SIZE : 0;
    this.#page = this.#pages.take(head + size);
    this.#pageEnd = head;
    return this.#page;
  }

  /** The tables at the start of a segment name the tracks that have been seen by the time somebody reads them. */
  #handOver(): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#page = undefined;
    if (this.#tables === undefined) this.#writeTables(page, 0);
    this.#pages.append(page, 0, this.#pageEnd);
  }

  #writeTables(page: Buffer, offset: number): void {
    this.#muxer.writeTables(page, offset);
    this.#tables = this.#muxer.tracks;
  }
}
