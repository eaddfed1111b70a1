// The work of one stream on the disk: jobs that run one after the other, each in its turn of the folder's queue.

import type { BytePages } from '../disk/byte-pages.ts';
import type { DiskQueue } from '../disk/disk-queue.ts';
import type { SegmentMoment } from './hls-names.ts';
import type { SegmentStore } from './segment-store.ts';

export interface SegmentEnd {
  readonly durationMs: number;
  readonly isDiscontinuity: boolean;
  readonly init: Buffer | undefined;
}

export type DiskJob =
  /** Waits for another store, outside the queue: that one needs turns of its own. */
  | { readonly type: 'take-over'; readonly previous: SegmentStore }
  | { readonly type: 'start' }
  | { readonly type: 'begin'; readonly moment: SegmentMoment }
  | { readonly type: 'append'; readonly page: Buffer; readonly from: number; readonly to: number }
  | { readonly type: 'end'; readonly content: SegmentEnd }
  | { readonly type: 'discard' }
  | { readonly type: 'dispose' };

type Entry = DiskJob | { readonly type: 'notify'; readonly done: () => void };

export interface DiskJobsHost {
  readonly queue: DiskQueue;
  readonly pages: BytePages;
  readonly run: (job: DiskJob) => Promise<void>;
  readonly onError: (error: Error) => void;
}

export class DiskJobs {
  readonly #host: DiskJobsHost;
  readonly #entries: Entry[] = [];
  #isRunning = false;
  #pendingBytes = 0;

  constructor(host: DiskJobsHost) {
    this.#host = host;
  }

  /** Bytes of the pages that are not written yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  add(job: DiskJob): void {
    if (job.type === 'append') this.#pendingBytes += job.page.length;
    this.#push(job);
  }

  /** Frees what waits of the open segment. @returns true if nothing of it has been begun */
  discardSegment(): boolean {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      if (entry.type === 'begin') return true;
      if (entry.type !== 'append') {
        this.#entries.push(entry);
        return false;
      }
      this.#giveBack(entry.page);
    }
    return false;
  }

  /** Resolves when the jobs added until now are done. */
  settled(): Promise<void> {
    return new Promise((done) => {
      this.#push({ type: 'notify', done });
    });
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#runAll();
  }

  async #runAll(): Promise<void> {
    for (let entry = this.#entries.shift(); entry !== undefined; entry = this.#entries.shift()) {
      if (entry.type === 'notify') entry.done();
      else await this.#runOne(entry);
    }
    this.#isRunning = false;
  }

  async #runOne(job: DiskJob): Promise<void> {
    const { queue, run, onError } = this.#host;
    try {
      if (job.type === 'take-over') await run(job);
      else await queue.run(() => run(job));
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      if (job.type === 'append') this.#giveBack(job.page);
    }
  }

  #giveBack(page: Buffer): void {
    this.#pendingBytes -= page.length;
    this.#host.pages.giveBack(page);
  }
}
