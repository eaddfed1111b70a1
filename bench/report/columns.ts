// Which figures stand in the table, in which order, and of which lower is better.

import type { Measurement } from '../run/measurement.ts';

export interface Column {
  readonly title: string;
  readonly digits: number;
  readonly value: (one: Measurement) => number | undefined;
  /** Shown as a ratio of the first server to each other one. */
  readonly isCompared: boolean;
}

export const COLUMNS: readonly Column[] = [
  { title: 'CPU %', digits: 1, value: (one) => one.cpuPercent, isCompared: true },
  { title: 'user %', digits: 1, value: (one) => one.userPercent, isCompared: true },
  { title: 'sys %', digits: 1, value: (one) => one.sysPercent, isCompared: true },
  { title: 'CPU µs per viewer·s', digits: 1, value: (one) => one.usPerViewerSec, isCompared: false },
  { title: 'memory MB', digits: 0, value: (one) => one.rssMb, isCompared: true },
  { title: 'KB per viewer', digits: 1, value: (one) => one.kbPerViewer, isCompared: true },
  { title: 'published Mbps', digits: 1, value: (one) => one.publishedMbps, isCompared: false },
  { title: 'delivered Mbps', digits: 1, value: (one) => one.deliveredMbps, isCompared: false },
  { title: 'delivered/published', digits: 3, value: (one) => one.deliveredRatio, isCompared: false },
  { title: 'first key frame p50 ms', digits: 1, value: (one) => one.firstKeyP50Ms, isCompared: false },
  { title: 'first key frame p99 ms', digits: 1, value: (one) => one.firstKeyP99Ms, isCompared: false },
  { title: 'delay p50 ms', digits: 1, value: (one) => one.delayP50Ms, isCompared: false },
  { title: 'delay p99 ms', digits: 1, value: (one) => one.delayP99Ms, isCompared: false },
  { title: 'event loop p99 ms', digits: 1, value: (one) => one.loop?.delayP99Ms, isCompared: false },
  { title: 'longest GC ms', digits: 1, value: (one) => one.loop?.gcLongestMs, isCompared: false },
  { title: 'bytes per write', digits: 0, value: (one) => one.syscalls?.bytesPerWrite, isCompared: false },
  { title: 'start-up ms', digits: 0, value: (one) => one.startupMs, isCompared: true },
  { title: 'failed viewers', digits: 0, value: (one) => one.failedViewers, isCompared: false },
  { title: 'starved viewers', digits: 0, value: (one) => one.starvedViewers, isCompared: false },
  { title: 'publishers load %', digits: 1, value: (one) => one.publisherPercent, isCompared: false },
  { title: 'viewers load %', digits: 1, value: (one) => one.clientPercent, isCompared: false },
  { title: 'other processes %', digits: 1, value: (one) => one.otherPercent, isCompared: false },
  { title: 'machine busy %', digits: 0, value: (one) => one.machinePercent, isCompared: false },
];
