import { cpus, totalmem } from 'node:os';

/** One line that says where figures come from. */
export function describeMachine(): string {
  const all = cpus();
  const model = all[0]?.model ?? 'unknown processor';
  return `${all.length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
}
