// The command line, read by the table and turned into typed options. Wrong values are named with what is
// allowed.

import { parseArgs } from 'node:util';
import type { LoadOptions } from '../run/load-options.ts';
import type { ViewerProtocolName } from '../target/target.ts';
import { OPTION_ROWS, type OptionName } from './option-table.ts';

export class UsageError extends Error {}

const PROTOCOLS: readonly ViewerProtocolName[] = ['rtmp', 'flv', 'ws', 'hls'];
const VIEWERS_PER_PROCESS = 5000;
const MIN_RUNNING_SHARE = 0.9;

export class Arguments {
  private readonly values: ReadonlyMap<string, string | boolean | readonly string[]>;

  constructor(argv: readonly string[]) {
    this.values = parse(argv);
  }

  has(name: OptionName): boolean {
    return this.values.get(name) === true;
  }

  text(name: OptionName): string | undefined {
    const value = this.values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  list(name: OptionName): readonly string[] {
    const value = this.values.get(name);
    return typeof value === 'object' ? value : [];
  }

  /** A number from `min` to `max`; whole unless `fraction`. */
  number(name: OptionName, min: number, max: number, kind: 'whole' | 'fraction' = 'whole'): number {
    const text = this.text(name);
    const value = Number(text);
    const isRight =
      text !== '' && value >= min && value <= max && (kind === 'fraction' || Number.isInteger(value));
    if (!isRight)
      throw new UsageError(`--${name} takes a ${kind} number from ${min} to ${max}, not "${text}"`);
    return value;
  }
}

function parse(argv: readonly string[]): Map<string, string | boolean | readonly string[]> {
  const options = Object.fromEntries(
    OPTION_ROWS.map((row) => [
      row.name,
      {
        type: row.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: row.multiple === true,
      },
    ]),
  );
  try {
    const { values } = parseArgs({ args: joinValues(argv), options, strict: true });
    const given = Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    const fallbacks = OPTION_ROWS.flatMap((row) =>
      row.fallback === undefined ? [] : [[row.name, row.fallback] as const],
    );
    return new Map<string, string | boolean | readonly string[]>([
      ...fallbacks,
      ...given.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : value] as const),
    ]);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} Try --help.`);
  }
}

/** `--name -value` as `--name=-value`: values may start with a dash, such as arguments for a peer. */
function joinValues(argv: readonly string[]): string[] {
  const taking = new Set(OPTION_ROWS.filter((row) => row.value !== undefined).map((row) => `--${row.name}`));
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [name, value] = [argv[i]!, argv[i + 1]];
    if (taking.has(name) && value !== undefined) {
      joined.push(`${name}=${value}`);
      i++;
    } else {
      joined.push(name);
    }
  }
  return joined;
}

export function loadOptions(args: Arguments): LoadOptions {
  const viewers = args.number('viewers', 0, 200_000);
  const protocol = PROTOCOLS.find((name) => name === args.text('protocol'));
  if (protocol === undefined) throw new UsageError(`--protocol takes one of ${PROTOCOLS.join(', ')}`);
  const slow = args.number('slow', 0, viewers);
  return {
    viewers,
    protocol,
    publishers: args.number('publishers', 1, 10_000),
    bitrateKbps: args.number('bitrate', 100, 100_000),
    writesPerSec: args.number('write-rate', 0, 1000),
    chunkSizeBytes: args.number('chunk-size', 128, 65_536),
    minLatency: args.has('min-latency'),
    mergedRead: args.has('merged-read'),
    hls: protocol === 'hls' || args.has('hls-on'),
    slow,
    slowRate: args.number('slow-rate', 0, 1, 'fraction'),
    ffmpeg: args.number('ffmpeg', 0, 1000),
    durationSec: args.number('duration', 1, 3600),
    settleSec: args.number('settle', 0, 600),
    rampPerSec: args.number('ramp', 1, 10_000),
    viewerProcesses: processes(args, viewers),
    checked: args.text('check') === 'all' ? viewers : args.number('check', 0, 200_000),
    maxFirstMs: args.number('max-first', 0, 3_600_000),
    minRunning: MIN_RUNNING_SHARE,
    keep: args.has('keep'),
    syscalls: args.has('syscalls'),
    profileDir: args.text('profile'),
    waitQuietSec: args.number('wait-quiet', 0, 86_400),
  };
}

function processes(args: Arguments, viewers: number): number {
  if (args.text('processes') !== undefined) return args.number('processes', 1, 64);
  return Math.max(1, Math.ceil(viewers / VIEWERS_PER_PROCESS));
}
