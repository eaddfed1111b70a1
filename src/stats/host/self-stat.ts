// /proc/self/stat (proc(5)): what the kernel says about this process.

/** The numeric fields behind `pid (comm) state`, in the order of the file and under SRS's names. */
export const SELF_STAT_NUMBERS = [
  'ppid',
  'pgrp',
  'session',
  'tty_nr',
  'tpgid',
  'flags',
  'minflt',
  'cminflt',
  'majflt',
  'cmajflt',
  'utime',
  'stime',
  'cutime',
  'cstime',
  'priority',
  'nice',
  'num_threads',
  'itrealvalue',
  'starttime',
  'vsize',
  'rss',
  'rsslim',
  'startcode',
  'endcode',
  'startstack',
  'kstkesp',
  'kstkeip',
  'signal',
  'blocked',
  'sigignore',
  'sigcatch',
  'wchan',
  'nswap',
  'cnswap',
  'exit_signal',
  'processor',
  'rt_priority',
  'policy',
  'delayacct_blkio_ticks',
  'guest_time',
  'cguest_time',
] as const;

export type SelfStatNumbers = Readonly<Record<(typeof SELF_STAT_NUMBERS)[number], number>>;

export interface SelfStat extends SelfStatNumbers {
  readonly pid: number;
  /** With its parentheses. */
  readonly comm: string;
  /** One letter. */
  readonly state: string;
}

/** What is missing is 0. */
export function parseSelfStat(text: string): SelfStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const [state = '', ...fields] = text
    .slice(close + 1)
    .trim()
    .split(/\s+/);
  const numbers = Object.fromEntries(SELF_STAT_NUMBERS.map((name, i) => [name, signed(fields[i])]));
  return {
    ...(numbers as SelfStatNumbers),
    pid: Number.parseInt(text, 10) || 0,
    comm: text.slice(Math.max(0, open), close + 1),
    state,
  };
}

/** As SRS prints them: 64 bits with a sign, so that "no limit" is -1. */
function signed(field: string | undefined): number {
  if (field === undefined || !/^-?\d+$/.test(field)) return 0;
  return Number(BigInt.asIntN(64, BigInt(field)));
}
