// What -t prints, and its exit code (spec config 2.3): the last lines of SRS 7 and of SRS 4, which tools match, and
// before them everything that is wrong with the file.

import { exitCodeOf } from './command-line.ts';
import { formatDiagnostic, printable } from './diagnostic.ts';
import type { LoadResult } from './load.ts';

export interface TestReport {
  /** For stdout; ends with a newline. */
  readonly text: string;
  readonly exitCode: number;
}

/** Exit code 0 if the server would start with it. */
export function testReport(result: LoadResult): TestReport {
  const notices = result.notices.map((notice) => notice.text);
  const diagnostics = result.diagnostics.map(formatDiagnostic);
  const { failure } = result;
  const verdict = failure === undefined ? goodLines(result.file || ENVIRONMENT) : badLines(result, failure);
  return {
    text: `${[...notices, ...diagnostics, ...verdict].join('\n')}\n`,
    exitCode: failure === undefined ? 0 : exitCodeOf(failure.code),
  };
}

/** Where a file would be named, if there is none (-e). */
const ENVIRONMENT = 'environment';

function goodLines(file: string): readonly string[] {
  return [
    `the config file ${file} syntax is ok`,
    `config file ${file} test is successful`,
    'config file is ok',
  ];
}

function badLines(result: LoadResult, failure: { code: number; text: string }): readonly string[] {
  const errors = result.diagnostics.filter((one) => one.severity === 'error').length;
  const count = errors === 1 ? '1 error' : `${errors} errors`;
  const file = result.file || ENVIRONMENT;
  return [
    `${count} in ${file}`,
    `invalid config, code=${failure.code} : ${printable(failure.text)}`,
    `config file ${file} test is failed`,
  ];
}
