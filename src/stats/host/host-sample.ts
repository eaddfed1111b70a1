// What the sampler has found last: plain values with the time at which they were taken.

import type { CpuTimes, Memory, SocketCounts } from './proc-files.ts';
import type { SelfStat } from './self-stat.ts';

interface Sampled {
  /** Unix time, ms; 0 = never. */
  readonly sampleTimeMs: number;
}

export interface SelfSample extends Sampled {
  readonly stat: SelfStat;
  /** CPU time over wall time: 1 is one core. */
  readonly cpuShare: number;
}

export interface CpuSample extends Sampled {
  readonly times: CpuTimes;
  /** Of all cores together, 0 to 1. */
  readonly busyShare: number;
}

export interface UsageSample extends Sampled {
  readonly usage: NodeJS.ResourceUsage;
}

export interface MemorySample extends Sampled, Memory {}

export interface DiskSample extends Sampled {
  readonly readKbPerSec: number;
  readonly writeKbPerSec: number;
  /** Of the configured devices, 0 to 1 each. */
  readonly busyShare: number;
}

export interface LoadSample extends Sampled {
  /** Of the machine, seconds. */
  readonly uptimeSec: number;
  readonly idleSec: number;
  readonly load1Min: number;
  readonly load5Min: number;
  readonly load15Min: number;
}

/** Byte totals of network devices since boot. */
export interface NetworkSample extends Sampled {
  readonly publicReceived: number;
  readonly publicSent: number;
  readonly privateReceived: number;
  readonly privateSent: number;
}

export interface SocketSample extends Sampled, SocketCounts {}

export interface HostSample {
  readonly cpus: number;
  readonly self: SelfSample;
  readonly cpu: CpuSample;
  readonly usage: UsageSample;
  readonly memory: MemorySample;
  readonly disk: DiskSample;
  readonly load: LoadSample;
  readonly network: NetworkSample;
  readonly sockets: SocketSample;
}
