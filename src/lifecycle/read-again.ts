// Reads the configuration for a reload. From the start on there is only one file: the search for another one, which
// helps a first start, must not put a quite different configuration in force.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LoadResult } from '../config/load.ts';

const CONFIG_INVALID = 1023;

/**
 * @param file the file in use, as named in the folder `cwd`; '' when the settings come from the environment
 * @param loadFile loads exactly that file
 */
export function readAgain(file: string, cwd: string, loadFile: () => LoadResult): LoadResult {
  // As in SRS 7: there is nothing that could have changed.
  if (file === '') return failed(file, 'empty config');
  if (!existsSync(resolve(cwd, file))) return failed(file, `no config file at ${file}`);
  return loadFile();
}

function failed(file: string, text: string): LoadResult {
  const at = { file: file === '' ? 'environment' : file, line: 0, column: 0 };
  return {
    file,
    config: undefined,
    diagnostics: [{ severity: 'error', code: 'file', ...at, message: text }],
    failure: { code: CONFIG_INVALID, text, startText: `config parse options : ${text}` },
    files: [],
    notices: [],
  };
}
