// Looks at the machine and at this process in SRS's rhythm, so that the API, heartbeats and metrics find numbers
// of the last seconds. On systems without /proc most of them stay 0.

import { readFileSync } from 'node:fs';
import { cpus, networkInterfaces } from 'node:os';
import { publicInterfaces } from './addresses.ts';
import type { HostSample, NetworkSample } from './host-sample.ts';
import {
  parseCpuTimes,
  parseDiskBusyMs,
  parseMemory,
  parseNetworkDevices,
  parseNumbers,
  parsePaging,
  parseSockets,
  totalCpuTime,
} from './proc-files.ts';
import { parseSelfStat } from './self-stat.ts';

export interface HostSamplerOptions {
  /** `stats.enabled`: off leaves everything but the CPU at 0. */
  readonly isEnabled: boolean;
  /** `stats.disk`: names as in /proc/diskstats. */
  readonly disks: readonly string[];
}

const TICK_MS = 1000;
/** Ticks between two samples of a kind, as SRS has them. */
const USAGE_TICKS = 3;
const MEMORY_TICKS = 6;
const NETWORK_TICKS = 9;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class HostSampler {
  #options: HostSamplerOptions;
  readonly #sample: Mutable<HostSample> = emptySample();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #selfUsage = process.cpuUsage();
  #paging = { inKb: 0, outKb: 0 };
  #diskBusyMs = 0;

  constructor(options: HostSamplerOptions) {
    this.#options = options;
  }

  /** Newest values; the object is the same all the time. */
  get sample(): HostSample {
    return this.#sample;
  }

  setOptions(options: HostSamplerOptions): void {
    this.#options = options;
  }

  /** The first samples are taken at once. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
    this.#tick();
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const tick = this.#ticks++;
    this.#sampleCpu();
    if (!this.#options.isEnabled) return;
    if (tick % USAGE_TICKS === 0) this.#sampleUsage();
    if (tick % MEMORY_TICKS === 0) this.#sampleMemoryAndDisk();
    if (tick % NETWORK_TICKS === 0) this.#sampleNetworkAndLoad();
  }

  #sampleCpu(): void {
    const sampleTimeMs = Date.now();
    const { self, cpu } = this.#sample;
    const spent = process.cpuUsage(this.#selfUsage);
    this.#selfUsage = process.cpuUsage();
    const wallMs = sampleTimeMs - self.sampleTimeMs;
    const isFirst = self.sampleTimeMs === 0 || wallMs <= 0;
    this.#sample.self = {
      sampleTimeMs,
      stat: parseSelfStat(read('/proc/self/stat')),
      cpuShare: isFirst ? 0 : (spent.user + spent.system) / 1000 / wallMs,
    };
    const times = parseCpuTimes(read('/proc/stat'));
    const total = totalCpuTime(times) - totalCpuTime(cpu.times);
    const idle = times.idle - cpu.times.idle;
    this.#sample.cpu = {
      sampleTimeMs,
      times,
      busyShare: cpu.sampleTimeMs === 0 || total <= 0 ? 0 : Math.max(0, 1 - idle / total),
    };
  }

  #sampleUsage(): void {
    const sampleTimeMs = Date.now();
    this.#sample.usage = { sampleTimeMs, usage: process.resourceUsage() };
    const counts = parseSockets(read('/proc/net/sockstat'), read('/proc/net/snmp'));
    this.#sample.sockets = { sampleTimeMs, ...counts };
  }

  #sampleMemoryAndDisk(): void {
    const sampleTimeMs = Date.now();
    this.#sample.memory = { sampleTimeMs, ...parseMemory(read('/proc/meminfo')) };
    const elapsedMs = sampleTimeMs - this.#sample.disk.sampleTimeMs;
    const isFirst = this.#sample.disk.sampleTimeMs === 0 || elapsedMs <= 0;
    const paging = parsePaging(read('/proc/vmstat'));
    const { disks } = this.#options;
    const busyMs = disks.length === 0 ? 0 : parseDiskBusyMs(read('/proc/diskstats'), disks);
    const perSec = (kb: number) => (isFirst ? 0 : Math.floor((Math.max(0, kb) * 1000) / elapsedMs));
    this.#sample.disk = {
      sampleTimeMs,
      readKbPerSec: perSec(paging.inKb - this.#paging.inKb),
      writeKbPerSec: perSec(paging.outKb - this.#paging.outKb),
      busyShare: isFirst ? 0 : Math.max(0, busyMs - this.#diskBusyMs) / elapsedMs,
    };
    this.#paging = paging;
    this.#diskBusyMs = busyMs;
  }

  #sampleNetworkAndLoad(): void {
    const sampleTimeMs = Date.now();
    const [uptimeSec = 0, idleSec = 0] = parseNumbers(read('/proc/uptime'));
    const [load1Min = 0, load5Min = 0, load15Min = 0] = parseNumbers(read('/proc/loadavg'));
    this.#sample.load = { sampleTimeMs, uptimeSec, idleSec, load1Min, load5Min, load15Min };
    this.#sample.network = sumNetwork(sampleTimeMs);
  }
}

function sumNetwork(sampleTimeMs: number): NetworkSample {
  const sum = { sampleTimeMs, publicReceived: 0, publicSent: 0, privateReceived: 0, privateSent: 0 };
  const isPublic = publicInterfaces(networkInterfaces());
  for (const { name, receivedBytes, sentBytes } of parseNetworkDevices(read('/proc/net/dev'))) {
    if (isPublic.has(name)) {
      sum.publicReceived += receivedBytes;
      sum.publicSent += sentBytes;
    } else {
      sum.privateReceived += receivedBytes;
      sum.privateSent += sentBytes;
    }
  }
  return sum;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function emptySample(): HostSample {
  const sampleTimeMs = 0;
  return {
    cpus: cpus().length,
    self: { sampleTimeMs, stat: parseSelfStat(''), cpuShare: 0 },
    cpu: { sampleTimeMs, times: parseCpuTimes(''), busyShare: 0 },
    usage: { sampleTimeMs, usage: process.resourceUsage() },
    memory: { sampleTimeMs, ...parseMemory('') },
    disk: { sampleTimeMs, readKbPerSec: 0, writeKbPerSec: 0, busyShare: 0 },
    load: { sampleTimeMs, uptimeSec: 0, idleSec: 0, load1Min: 0, load5Min: 0, load15Min: 0 },
    network: { sampleTimeMs, publicReceived: 0, publicSent: 0, privateReceived: 0, privateSent: 0 },
    sockets: { sampleTimeMs, tcp: 0, established: 0, timeWait: 0, udp: 0 },
  };
}
