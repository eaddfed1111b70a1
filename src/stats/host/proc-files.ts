// The machine's files under /proc, taken apart. Unknown or missing lines leave zeros.

/** The line `cpu` of /proc/stat, in clock ticks since boot. */
export const CPU_TIME_FIELDS = [
  'user',
  'nice',
  'sys',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
] as const;

export type CpuTimes = Readonly<Record<(typeof CPU_TIME_FIELDS)[number], number>>;

/** The line `cpu` of /proc/stat. */
export function parseCpuTimes(text: string): CpuTimes {
  const fields = /^cpu +(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  return Object.fromEntries(CPU_TIME_FIELDS.map((name, i) => [name, Number(fields[i] ?? 0)])) as CpuTimes;
}

/** Clock ticks of all kinds. */
export function totalCpuTime(times: CpuTimes): number {
  return CPU_TIME_FIELDS.reduce((sum, name) => sum + times[name], 0);
}

/** /proc/meminfo, kB. */
export interface Memory {
  readonly total: number;
  readonly free: number;
  readonly buffers: number;
  readonly cached: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** /proc/meminfo. */
export function parseMemory(text: string): Memory {
  const value = (name: string) => numberAfter(text, `${name}:`);
  return {
    total: value('MemTotal'),
    free: value('MemFree'),
    buffers: value('Buffers'),
    cached: value('Cached'),
    swapTotal: value('SwapTotal'),
    swapFree: value('SwapFree'),
  };
}

/** One line of /proc/net/dev. */
export interface NetworkDevice {
  readonly name: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** /proc/net/dev: bytes since boot, a device a line. */
export function parseNetworkDevices(text: string): readonly NetworkDevice[] {
  return [...text.matchAll(/^ *([^\s:]+): *(.*)$/gm)].map(([, name = '', counts = '']) => {
    const fields = counts.split(/\s+/).map(Number);
    return { name, receivedBytes: fields[0] ?? 0, sentBytes: fields[8] ?? 0 };
  });
}

/** /proc/vmstat: kB that came from and went to disks since boot. */
export function parsePaging(text: string): { readonly inKb: number; readonly outKb: number } {
  return { inKb: numberAfter(text, 'pgpgin'), outKb: numberAfter(text, 'pgpgout') };
}

/** /proc/diskstats: how long the named devices were busy since boot, ms. */
export function parseDiskBusyMs(text: string, devices: readonly string[]): number {
  let busyMs = 0;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (devices.includes(fields[2] ?? '')) busyMs += Number(fields[12] ?? 0);
  }
  return busyMs;
}

/** Sockets of the machine, or of the container's network namespace. */
export interface SocketCounts {
  /** TCP: allocated ones and those in TIME_WAIT. */
  readonly tcp: number;
  readonly established: number;
  readonly timeWait: number;
  readonly udp: number;
}

/** /proc/net/sockstat and /proc/net/snmp. */
export function parseSockets(sockstat: string, snmp: string): SocketCounts {
  const tcp = /^TCP: .*$/m.exec(sockstat)?.[0] ?? '';
  const udp = /^UDP: .*$/m.exec(sockstat)?.[0] ?? '';
  const timeWait = numberAfter(tcp, 'tw');
  const established = /^Tcp: \d.*$/m.exec(snmp)?.[0].split(' ')[9] ?? '0';
  return {
    tcp: numberAfter(tcp, 'alloc') + timeWait,
    established: Number(established),
    timeWait,
    udp: numberAfter(udp, 'inuse'),
  };
}

/** /proc/uptime and /proc/loadavg: the leading numbers. */
export function parseNumbers(text: string): readonly number[] {
  return text.split(/\s+/).map((field) => Number(field) || 0);
}

function numberAfter(text: string, name: string): number {
  return Number(new RegExp(`(?:^|\\s)${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
