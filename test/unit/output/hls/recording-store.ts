// A store that keeps what the segmenter hands over, segment by segment, and lets a test hold its bytes back.

import type { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import type { SegmentMoment } from '../../../../src/output/hls/hls-names.ts';
import type { SegmentStore } from '../../../../src/output/hls/segment-store.ts';

export interface RecordedSegment {
  readonly moment: SegmentMoment;
  readonly bytes: Buffer;
  readonly durationMs: number;
  readonly isDiscontinuity: boolean;
  readonly init: Buffer | undefined;
}

export class RecordingStore implements SegmentStore {
  pendingBytes = 0;
  readonly segments: RecordedSegment[] = [];
  discarded = 0;
  readonly nextSequence = 0;
  readonly currentUri = '';
  readonly #pages: BytePages;
  #moment: SegmentMoment | undefined;
  #parts: Buffer[] = [];

  constructor(pages: BytePages) {
    this.#pages = pages;
  }

  start(): void {}

  begin(moment: SegmentMoment): void {
    if (this.#moment !== undefined) throw new Error('begin without end');
    this.#moment = moment;
    this.#parts = [];
  }

  append(page: Buffer, from: number, to: number): void {
    if (this.#moment === undefined) throw new Error('append without begin');
    this.#parts.push(Buffer.from(page.subarray(from, to)));
    // Whoever still wrote to the page would be found out.
    page.fill(0);
    this.#pages.giveBack(page);
  }

  end(durationMs: number, isDiscontinuity: boolean, init: Buffer | undefined): void {
    if (this.#moment === undefined) throw new Error('end without begin');
    this.segments.push({
      moment: this.#moment,
      bytes: Buffer.concat(this.#parts),
      durationMs,
      isDiscontinuity,
      init,
    });
    this.#moment = undefined;
  }

  discard(): void {
    this.#moment = undefined;
    this.discarded++;
  }

  dispose(): void {}

  async settled(): Promise<void> {}
}
