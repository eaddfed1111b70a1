// All viewers of one process: started at a bounded rate, measured over a window.

import type { ViewerJob, ViewerReport, WorkerProgress } from '../run/worker-messages.ts';
import type { WorkerLoad } from '../run/worker-window.ts';
import { flvViewer, wsViewer } from './flv-viewer.ts';
import { hlsViewer } from './hls-viewer.ts';
import { rtmpViewer } from './rtmp-viewer.ts';
import type { CheckFindings } from './stream-check.ts';
import { type CreateProtocol, Viewer } from './viewer.ts';

const RAMP_TICK_MS = 20;
const US_PER_MS = 1000;

export class ViewerLoad implements WorkerLoad {
  private readonly job: ViewerJob;
  private readonly viewers: Viewer[] = [];
  private bytesAtOpen: number[] = [];

  constructor(job: ViewerJob) {
    this.job = job;
  }

  start(): void {
    const startedMs = performance.now();
    const ramp = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1000) * this.job.rampPerSec + 1;
      while (this.viewers.length < Math.min(due, this.job.viewers)) this.viewers.push(this.create());
      if (this.viewers.length === this.job.viewers) clearInterval(ramp);
    }, RAMP_TICK_MS);
  }

  progress(): Omit<WorkerProgress, 'type'> {
    const failed = this.viewers.filter((viewer) => viewer.failure !== undefined);
    return {
      started: this.viewers.length,
      running: this.viewers.filter((viewer) => viewer.isPlaying).length,
      failed: failed.length,
      firstFailure: failed[0]?.failure,
    };
  }

  openWindow(): void {
    this.bytesAtOpen = this.viewers.map((viewer) => viewer.receivedBytes);
    for (const viewer of this.viewers) viewer.watch.isMeasuring = !viewer.isSlow;
  }

  closeWindow(): { readonly viewers: ViewerReport } {
    const received = this.viewers.map((viewer, i) => viewer.receivedBytes - (this.bytesAtOpen[i] ?? 0));
    const isUsual = (viewer: Viewer): boolean => !viewer.isSlow && viewer.failure === undefined;
    return {
      viewers: {
        receivedBytes: received.filter((_, i) => isUsual(this.viewers[i]!)),
        slowReceivedBytes: received.filter((_, i) => this.viewers[i]!.isSlow),
        firstKeyMs: this.viewers.flatMap(firstKeyMs),
        delaysMs: this.viewers.flatMap((viewer) => viewer.watch.delaysUs.map((us) => us / US_PER_MS)),
        findings: this.viewers.filter((viewer) => !viewer.isSlow).flatMap(findingsOf),
        slowFindings: this.viewers.filter((viewer) => viewer.isSlow).flatMap(findingsOf),
      },
    };
  }

  /**
   * Slow viewers come last and are all checked. The checked ones of the others are spread evenly: a server that always
   * serves the first to come first, or last, would otherwise show a delay that is not that of its viewers.
   */
  private create(): Viewer {
    const { job } = this;
    const position = this.viewers.length;
    const number = position * job.of + job.index;
    const isSlow = position >= job.viewers - job.slow;
    return new Viewer({
      host: job.host,
      port: job.protocol === 'rtmp' ? job.rtmpPort : job.httpPort,
      localAddress: job.sourceAddresses[number % job.sourceAddresses.length]!,
      createProtocol: createProtocol(job, number),
      checkLimits: isSlow || isChecked(job, position) ? job.limits : undefined,
      slowBytesPerSec: isSlow ? job.slowBytesPerSec : undefined,
    });
  }
}

function isChecked({ checked, viewers, slow }: ViewerJob, position: number): boolean {
  const steady = Math.max(1, viewers - slow);
  return Math.floor(((position + 1) * checked) / steady) > Math.floor((position * checked) / steady);
}

function createProtocol(job: ViewerJob, number: number): CreateProtocol {
  const { host, rtmpPort, httpPort, app } = job;
  const stream = job.streams[number % job.streams.length]!;
  const authority = `${host}:${httpPort}`;
  switch (job.protocol) {
    case 'rtmp':
      return rtmpViewer({ app, stream: stream.name, tcUrl: `rtmp://${host}:${rtmpPort}/${app}` });
    case 'flv':
      return flvViewer({ authority, path: stream.flvPath });
    case 'ws':
      return wsViewer({ authority, path: stream.flvPath });
    case 'hls':
      return hlsViewer({ authority, path: stream.hlsPath });
    default:
      return job.protocol satisfies never;
  }
}

function firstKeyMs(viewer: Viewer): number[] {
  const { firstKeyUs } = viewer.watch;
  return firstKeyUs === undefined ? [] : [(firstKeyUs - viewer.startedUs) / US_PER_MS];
}

function findingsOf(viewer: Viewer): CheckFindings[] {
  return viewer.watch.check === undefined ? [] : [viewer.watch.check.findings()];
}
