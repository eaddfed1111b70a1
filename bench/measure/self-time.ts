// Where a Node server spends its time: the functions with the largest self time in a CPU profile.

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** The parts of V8's profile format that are needed here. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Of all samples but the idle ones, %. */
  readonly percent: number;
}

const IDLE = '(idle)';
const TOP = 20;

export function topSelfTimes(profileJson: string): SelfTime[] {
  const profile = JSON.parse(profileJson) as CpuProfile;
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const counts = new Map<string, number>();
  let busy = 0;
  for (const id of profile.samples) {
    const name = names.get(id) ?? '(unknown)';
    if (name === IDLE) continue;
    busy++;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([name, count]) => ({ name, percent: (100 * count) / busy }));
}

/** Function, and the file from the last three folders on. `(program)` is native code, the kernel included. */
function nameOf({ callFrame }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  return `${name} ${url
    .replace(/^file:\/\//, '')
    .split('/')
    .slice(-3)
    .join('/')}:${lineNumber + 1}`;
}
