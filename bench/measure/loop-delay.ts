// Preloaded into a Node server under test (`--import`): on request of the bench, which is the parent process,
// measures how late the event loop runs and how long the collector holds it. Does nothing without a parent.

import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { CpuProfiler } from './cpu-profiler.ts';
import type { LoopAnswer, LoopRequest } from './loop-report.ts';

/** Fifty wake-ups a second are enough samples, and cost too little to show. */
const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let profiler: CpuProfiler | undefined;
let gcMinorCount = 0;
let gcMinorMs = 0;
let gcMajorCount = 0;
let gcMajorMs = 0;
let gcLongestMs = 0;

const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } = entry as { readonly detail?: { readonly kind?: number } };
    gcLongestMs = Math.max(gcLongestMs, entry.duration);
    if (detail?.kind === constants.NODE_PERFORMANCE_GC_MINOR) {
      gcMinorCount++;
      gcMinorMs += entry.duration;
    } else {
      gcMajorCount++;
      gcMajorMs += entry.duration;
    }
  }
});

function open(): void {
  gcMinorCount = gcMinorMs = gcMajorCount = gcMajorMs = gcLongestMs = 0;
  histogram.reset();
  histogram.enable();
  observer.observe({ entryTypes: ['gc'] });
}

async function close(): Promise<LoopAnswer> {
  histogram.disable();
  observer.disconnect();
  const cpuProfile = (await profiler?.stop()) ?? '';
  profiler = undefined;
  const lateMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  const { heapUsed, external } = process.memoryUsage();
  const report = {
    delayP50Ms: lateMs(histogram.percentile(50)),
    delayP99Ms: lateMs(histogram.percentile(99)),
    delayMaxMs: lateMs(histogram.max),
    gcMinorCount,
    gcMinorMs,
    gcMajorCount,
    gcMajorMs,
    gcLongestMs,
    heapUsedBytes: heapUsed,
    externalBytes: external,
  };
  return { report, cpuProfile };
}

process.on('message', (message: LoopRequest) => {
  if (message === 'tsrs-bench:open') open();
  if (message === 'tsrs-bench:open-profile') {
    profiler = new CpuProfiler();
    open();
  }
  if (message === 'tsrs-bench:close') void close().then((answer) => process.send?.(answer));
});
// The server must be able to end by itself, as it would without a parent that listens.
process.channel?.unref();
