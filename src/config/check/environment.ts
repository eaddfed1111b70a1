// Variables: misspelt names, and values that are read as something else than they say.

import { environment } from '../diagnostic.ts';
import type { Row } from '../directives/row.ts';
import type { Environment } from '../environment.ts';
import { placedRows, variableArgs } from '../environment.ts';
import { editDistance } from '../suggest.ts';
import { misreading } from '../value.ts';
import type { Report } from './report.ts';

/** Variables of SRS, of its images and charts that belong to no directive. */
const OTHERS: readonly string[] = [
  'SRS_CONFIG_FILE',
  'SRS_ENV_ONLY',
  'SRS_DEVICE_IP',
  'SRS_REGION',
  'SRS_SOURCE',
  'SRS_PLATFORM',
  'SRS_AUTO',
];

/** What Kubernetes injects for a Service whose name starts with srs. */
const INJECTED =
  /^SRS(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Every variable of the table with its row, made once when first needed. */
let knownVariables: ReadonlyMap<string, Row> | undefined;

function known(): ReadonlyMap<string, Row> {
  knownVariables ??= new Map(
    [...placedRows()].flatMap(({ row, variables }) => variables.map((name) => [name, row] as const)),
  );
  return knownVariables;
}

/** Looks only at names that start with SRS_. */
export function checkEnvironment(env: Environment, report: Report): void {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('SRS_') || value === undefined || value === '') continue;
    const row = known().get(name);
    if (row === undefined) {
      checkSpelling(name, [...known().keys(), ...OTHERS], report);
      continue;
    }
    const first = variableArgs(row, value)[0] ?? '';
    const misread = misreading(name, row, first);
    if (misread !== undefined) report.warn('misread-value', environment, misread.message, misread.hint);
  }
}

function checkSpelling(name: string, known: readonly string[], report: Report): void {
  if (OTHERS.includes(name) || INJECTED.test(name)) return;
  const near = known.find((one) => squeeze(one) === squeeze(name)) ?? closest(name, known);
  if (near === undefined) return;
  report.warn(
    'unknown-variable',
    environment,
    `${name} is no known variable and has no effect`,
    `did you mean ${near}?`,
  );
}

/** Without repeated words, so that SRS_VHOST_HLS_FRAGMENT finds SRS_VHOST_HLS_HLS_FRAGMENT. */
function squeeze(name: string): string {
  return name
    .split('_')
    .filter((part, i, parts) => part !== parts[i - 1])
    .join('_');
}

function closest(name: string, known: readonly string[]): string | undefined {
  const limit = name.length < 12 ? 1 : 2;
  return known.find((one) => Math.abs(one.length - name.length) <= limit && editDistance(name, one) <= limit);
}
