// What a reload from one configuration to another would do, without doing it (--diff RUNNING NEW).

import { exitCodeOf } from '../config/command-line.ts';
import { diagnosticLine } from '../config/diagnostic.ts';
import { type ConfigChange, diffConfigs } from '../config/diff.ts';
import type { ReloadClass } from '../config/directives/row.ts';
import type { LoadResult } from '../config/load.ts';
import type { TestReport } from '../config/test-command.ts';
import { describeChange } from './reload/change-text.ts';

/** In the order in which a reader wants to know them. */
const OUTCOMES: readonly { readonly title: string; readonly classes: readonly ReloadClass[] }[] = [
  { title: 'takes effect at the next start', classes: ['restart'] },
  { title: 'takes effect at once', classes: ['applied', 'live'] },
  { title: 'holds for new connections and publishes', classes: ['new'] },
];

/** @param running what the server runs on; @param next what it would reload */
export function dryRunReport(running: LoadResult, next: LoadResult): TestReport {
  const broken = [running, next].find(({ config }) => config === undefined);
  const diagnostics = [...(broken === running ? running.diagnostics : []), ...next.diagnostics];
  const lines = diagnostics.map(diagnosticLine);
  const { config: before } = running;
  const { config: after } = next;
  if (before === undefined || after === undefined) {
    const what = broken === running ? 'no configuration to start from' : 'the reload would fail';
    return report(
      [...lines, `${what}: ${broken?.file} is not valid`],
      exitCodeOf(broken?.failure?.code ?? 1023),
    );
  }
  return report([...lines, ...changeLines(diffConfigs(before, after))], 0);
}

function changeLines(changes: readonly ConfigChange[]): readonly string[] {
  if (changes.length === 0) return ['nothing changes'];
  return OUTCOMES.flatMap(({ title, classes }) => {
    const those = changes.filter(({ reload }) => classes.includes(reload));
    return those.length === 0 ? [] : [`${title}:`, ...those.map((change) => `  ${describeChange(change)}`)];
  });
}

function report(lines: readonly string[], exitCode: number): TestReport {
  return { text: `${lines.join('\n')}\n`, exitCode };
}
