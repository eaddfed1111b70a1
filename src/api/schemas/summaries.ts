// The summary of this process and its machine: also what heartbeats report.

import type { ApiContext } from '../api-context.ts';
import { decimal, flag, int, object, text, type ValueOf } from '../schema/schema.ts';

// Percent values are fractions: 0.19 is 19 %. `ilde_time` is SRS's spelling.
export const summariesSchema = object('Summary.', {
  ok: flag('Whether everything was sampled at least once.'),
  now_ms: int('Unix time, ms.'),
  self: object('This process.', {
    version: text('Version.'),
    pid: int('Process id.'),
    ppid: int('Parent process id.'),
    argv: text('Command line.'),
    cwd: text('Working directory.'),
    mem_kbyte: int('Peak resident memory, kB.'),
    mem_percent: decimal('The same as a fraction of all memory.'),
    cpu_percent: decimal('1.00 is one core.'),
    srs_uptime: int('Since the start, s.'),
  }),
  system: object('The machine.', {
    cpu_percent: decimal('1.00 is all cores.'),
    disk_read_KBps: int('Read from disks, kB/s.'),
    disk_write_KBps: int('Written to disks, kB/s.'),
    disk_busy_percent: decimal('Of the disks in stats.disk, a fraction.'),
    mem_ram_kbyte: int('Memory, kB.'),
    mem_ram_percent: decimal('Memory in use without caches, a fraction.'),
    mem_swap_kbyte: int('Swap, kB.'),
    mem_swap_percent: decimal('Swap in use, a fraction.'),
    cpus: int('Cores.'),
    cpus_online: int('Cores online.'),
    uptime: decimal('Since the machine started, s.'),
    ilde_time: decimal('Idle time of all cores since then, s.'),
    load_1m: decimal('Load of 1 min.'),
    load_5m: decimal('Load of 5 min.'),
    load_15m: decimal('Load of 15 min.'),
    net_sample_time: int('When the network was sampled, Unix ms.'),
    net_recv_bytes: int('Received over interfaces with a public address.'),
    net_send_bytes: int('Sent over them.'),
    net_recvi_bytes: int('Received over all other interfaces.'),
    net_sendi_bytes: int('Sent over them.'),
    srs_sample_time: int('When the next fields were sampled, Unix ms.'),
    srs_recv_bytes: int('Received from all clients since the start.'),
    srs_send_bytes: int('Sent to all clients since the start.'),
    conn_sys: int('TCP sockets of the machine.'),
    conn_sys_et: int('Of them established.'),
    conn_sys_tw: int('Of them in TIME_WAIT.'),
    conn_sys_udp: int('UDP sockets of the machine.'),
    conn_srs: int('Connections of this server, RTMP and HTTP.'),
  }),
});

/** The answer of /api/v1/summaries; `ok` once the machine has been sampled. */
export function summariesValue(context: ApiContext): ValueOf<typeof summariesSchema> {
  const { host } = context;
  const { self, cpu, usage, memory, disk, load, sockets } = host;
  const all = [self, cpu, usage, memory, disk, load, sockets];
  return {
    ok: all.every(({ sampleTimeMs }) => sampleTimeMs > 0),
    now_ms: Date.now(),
    self: selfValue(context),
    system: systemValue(context),
  };
}

function selfValue({ host, identity }: ApiContext): ValueOf<typeof summariesSchema>['self'] {
  const { self, usage, memory } = host;
  const isSampled = usage.sampleTimeMs > 0;
  return {
    version: identity.version,
    pid: process.pid,
    ppid: process.ppid,
    argv: process.argv.slice(1).join(' '),
    cwd: process.cwd(),
    mem_kbyte: isSampled ? usage.usage.maxRSS : 0,
    mem_percent: memory.total > 0 ? usage.usage.maxRSS / memory.total : 0,
    cpu_percent: self.cpuShare,
    srs_uptime: process.uptime(),
  };
}

function systemValue(context: ApiContext): ValueOf<typeof summariesSchema>['system'] {
  const { host, statistics, connections } = context;
  const { cpu, memory, disk, load, network, sockets } = host;
  statistics.update();
  return {
    cpu_percent: cpu.busyShare,
    disk_read_KBps: disk.readKbPerSec,
    disk_write_KBps: disk.writeKbPerSec,
    disk_busy_percent: disk.busyShare,
    mem_ram_kbyte: memory.total,
    mem_ram_percent: usedMemory(context).ramShare,
    mem_swap_kbyte: memory.swapTotal,
    mem_swap_percent: usedMemory(context).swapShare,
    cpus: host.cpus,
    cpus_online: host.cpus,
    uptime: load.uptimeSec,
    ilde_time: load.idleSec,
    load_1m: load.load1Min,
    load_5m: load.load5Min,
    load_15m: load.load15Min,
    net_sample_time: network.sampleTimeMs,
    net_recv_bytes: network.publicReceived,
    net_send_bytes: network.publicSent,
    net_recvi_bytes: network.privateReceived,
    net_sendi_bytes: network.privateSent,
    srs_sample_time: Date.now(),
    srs_recv_bytes: statistics.traffic.receivedBytes,
    srs_send_bytes: statistics.traffic.sentBytes,
    conn_sys: sockets.tcp,
    conn_sys_et: sockets.established,
    conn_sys_tw: sockets.timeWait,
    conn_sys_udp: sockets.udp,
    conn_srs: connections.size,
  };
}

/** kB and fractions of memory in use, caches not counted. */
export function usedMemory({ host }: ApiContext): {
  readonly activeKb: number;
  readonly realKb: number;
  readonly ramShare: number;
  readonly swapShare: number;
} {
  const { total, free, buffers, cached, swapTotal, swapFree } = host.memory;
  const activeKb = total - free;
  const realKb = activeKb - buffers - cached;
  return {
    activeKb,
    realKb,
    ramShare: total > 0 ? realKb / total : 0,
    swapShare: swapTotal > 0 ? (swapTotal - swapFree) / swapTotal : 0,
  };
}
