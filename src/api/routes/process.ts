// The process and its machine: summaries, and the details of /proc one by one.

import { CPU_TIME_FIELDS } from '../../stats/host/proc-files.ts';
import { SELF_STAT_NUMBERS } from '../../stats/host/self-stat.ts';
import { type ApiRoute, data, route } from '../route.ts';
import { decimal, flag, type IntSchema, int, object, text } from '../schema/schema.ts';
import { summariesSchema, summariesValue, usedMemory } from '../schemas/summaries.ts';

const sampled = {
  ok: flag('Whether it was sampled.'),
  sample_time: int('When, Unix ms.'),
};

/** `names` as integers whose meaning `source` explains. */
function ints<const N extends string>(names: readonly N[], source: string): Readonly<Record<N, IntSchema>> {
  return Object.fromEntries(names.map((name) => [name, int(source)])) as Record<N, IntSchema>;
}

const SELF_STAT = 'As in /proc/self/stat.';
const RUSAGE_FIELDS = [
  'ru_utime',
  'ru_stime',
  'ru_maxrss',
  'ru_ixrss',
  'ru_idrss',
  'ru_isrss',
  'ru_minflt',
  'ru_majflt',
  'ru_nswap',
  'ru_inblock',
  'ru_oublock',
  'ru_msgsnd',
  'ru_msgrcv',
  'ru_nsignals',
  'ru_nvcsw',
  'ru_nivcsw',
] as const;

function rusageValue(usage: NodeJS.ResourceUsage): Readonly<Record<(typeof RUSAGE_FIELDS)[number], number>> {
  return {
    ru_utime: usage.userCPUTime / 1e6,
    ru_stime: usage.systemCPUTime / 1e6,
    ru_maxrss: usage.maxRSS,
    ru_ixrss: usage.sharedMemorySize,
    ru_idrss: usage.unsharedDataSize,
    ru_isrss: usage.unsharedStackSize,
    ru_minflt: usage.minorPageFault,
    ru_majflt: usage.majorPageFault,
    ru_nswap: usage.swappedOut,
    ru_inblock: usage.fsRead,
    ru_oublock: usage.fsWrite,
    ru_msgsnd: usage.ipcSent,
    ru_msgrcv: usage.ipcReceived,
    ru_nsignals: usage.signalsCount,
    ru_nvcsw: usage.voluntaryContextSwitches,
    ru_nivcsw: usage.involuntaryContextSwitches,
  };
}

export const processRoutes: readonly ApiRoute[] = [
  route({
    path: '/api/v1/summaries',
    says: 'Summary of the process and the machine.',
    fields: { data: summariesSchema },
    handle: (context) => data({ data: summariesValue(context) }),
  }),
  route({
    path: '/api/v1/rusages',
    says: 'Resource usage of the process.',
    fields: { data: object('As getrusage(2).', { ...sampled, ...ints(RUSAGE_FIELDS, 'As getrusage(2).') }) },
    handle: ({ host }) => {
      const { sampleTimeMs, usage } = host.usage;
      const value = rusageValue(usage);
      return data({ data: { ok: sampleTimeMs > 0, sample_time: sampleTimeMs, ...value } });
    },
  }),
  route({
    path: '/api/v1/self_proc_stats',
    says: 'What the kernel says about the process.',
    fields: {
      data: object('As in /proc/self/stat.', {
        ...sampled,
        percent: decimal('CPU: 1.00 is one core.'),
        pid: int(SELF_STAT),
        comm: text(SELF_STAT),
        state: text(SELF_STAT),
        ...ints(SELF_STAT_NUMBERS, SELF_STAT),
      }),
    },
    handle: ({ host }) => {
      const { sampleTimeMs, cpuShare, stat } = host.self;
      return data({ data: { ok: sampleTimeMs > 0, sample_time: sampleTimeMs, percent: cpuShare, ...stat } });
    },
  }),
  route({
    path: '/api/v1/system_proc_stats',
    says: 'CPU times of the machine.',
    fields: {
      data: object('As in /proc/stat, clock ticks.', {
        ...sampled,
        percent: decimal('CPU: 1.00 is all cores.'),
        ...ints(CPU_TIME_FIELDS, 'As in /proc/stat.'),
      }),
    },
    handle: ({ host }) => {
      const { sampleTimeMs, busyShare, times } = host.cpu;
      const percent = busyShare;
      return data({ data: { ok: sampleTimeMs > 0, sample_time: sampleTimeMs, percent, ...times } });
    },
  }),
  route({
    path: '/api/v1/meminfos',
    says: 'Memory of the machine.',
    fields: {
      data: object('As in /proc/meminfo, kB.', {
        ...sampled,
        percent_ram: decimal('In use without caches, a fraction.'),
        percent_swap: decimal('In use, a fraction.'),
        MemActive: int('MemTotal - MemFree.'),
        RealInUse: int('MemActive - Buffers - Cached.'),
        NotInUse: int('MemTotal - RealInUse.'),
        ...ints(['MemTotal', 'MemFree', 'Buffers', 'Cached', 'SwapTotal', 'SwapFree'], 'kB.'),
      }),
    },
    handle: (context) => {
      const { memory } = context.host;
      const { activeKb, realKb, ramShare, swapShare } = usedMemory(context);
      return data({
        data: {
          ok: memory.sampleTimeMs > 0,
          sample_time: memory.sampleTimeMs,
          percent_ram: ramShare,
          percent_swap: swapShare,
          MemActive: activeKb,
          RealInUse: realKb,
          NotInUse: memory.total - realKb,
          MemTotal: memory.total,
          MemFree: memory.free,
          Buffers: memory.buffers,
          Cached: memory.cached,
          SwapTotal: memory.swapTotal,
          SwapFree: memory.swapFree,
        },
      });
    },
  }),
];
