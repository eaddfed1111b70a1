// All light publishers of one process: they share one tape and one timer.

import type { PublisherJob, PublisherReport, WorkerProgress } from '../run/worker-messages.ts';
import type { WorkerLoad } from '../run/worker-window.ts';
import { readFlvFile } from '../source/flv-file.ts';
import { buildTape } from '../source/tape.ts';
import { Publisher, type SharedTape } from './publisher.ts';

const TICK_MS = 2;
const RAMP_TICK_MS = 20;
/** Servers answer the first createStream of a connection with 1. */
const STREAM_ID = 1;

export class PublisherLoad implements WorkerLoad {
  private readonly job: PublisherJob;
  private readonly publishers: Publisher[] = [];
  private readonly shared: SharedTape;
  private running = 0;
  private failed = 0;
  private firstFailure: string | undefined;
  private bytesAtOpen = 0;
  private writesAtOpen = 0;

  constructor(job: PublisherJob) {
    this.job = job;
    this.shared = { current: buildTape(readFlvFile(job.sourcePath), STREAM_ID, job.chunkSizeBytes) };
  }

  start(): void {
    setInterval(() => this.tick(), TICK_MS);
    const startedMs = performance.now();
    const ramp = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1000) * this.job.rampPerSec + 1;
      while (this.publishers.length < Math.min(due, this.job.streams.length)) this.add();
      if (this.publishers.length === this.job.streams.length) clearInterval(ramp);
    }, RAMP_TICK_MS);
  }

  progress(): Omit<WorkerProgress, 'type'> {
    const { running, failed, firstFailure } = this;
    return { started: this.publishers.length, running, failed, firstFailure };
  }

  openWindow(): void {
    this.bytesAtOpen = this.sum((publisher) => publisher.sentBodyBytes);
    this.writesAtOpen = this.sum((publisher) => publisher.writes);
  }

  closeWindow(): { readonly publishers: PublisherReport } {
    return {
      publishers: {
        sentBodyBytes: this.sum((publisher) => publisher.sentBodyBytes) - this.bytesAtOpen,
        writes: this.sum((publisher) => publisher.writes) - this.writesAtOpen,
      },
    };
  }

  private add(): void {
    const { host, rtmpPort: port, app, writesPerSec } = this.job;
    const stream = this.job.streams[this.publishers.length]!;
    const endpoint = { host, port, app, stream, tcUrl: `rtmp://${host}:${port}/${app}` };
    const intervalMs = writesPerSec > 0 ? 1000 / writesPerSec : 0;
    let isRunning = false;
    const publisher = new Publisher(endpoint, this.shared, intervalMs, {
      onPublishing: () => {
        isRunning = true;
        this.running++;
      },
      onFailed: (reason) => {
        if (isRunning) this.running--;
        this.failed++;
        this.firstFailure ??= `${stream}: ${reason}`;
      },
    });
    this.publishers.push(publisher);
  }

  private tick(): void {
    const nowMs = performance.now();
    for (const publisher of this.publishers) publisher.tick(nowMs);
  }

  private sum(value: (publisher: Publisher) => number): number {
    return this.publishers.reduce((sum, publisher) => sum + value(publisher), 0);
  }
}
