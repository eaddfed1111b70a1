// Which file is the configuration (spec config 2.2): users' manifests mount only conf/srs.conf and start the image
// with conf/docker.conf.

import type { Environment } from './environment.ts';

const DEFAULT_FILE = 'conf/srs.conf';
const SYSTEM_FILE = '/etc/srs/srs.conf';

/** A line for the log, said while the configuration was loaded. */
export interface Notice {
  readonly level: 'trace' | 'warn';
  readonly text: string;
}

export type FileChoice =
  | { readonly found: true; readonly file: string; readonly notices: readonly Notice[] }
  | { readonly found: false; readonly tried: readonly string[]; readonly notices: readonly Notice[] };

/** The first file that exists. `wanted` is the -c argument, '' without one; SRS_CONFIG_FILE replaces it. */
export function chooseFile(wanted: string, env: Environment, exists: (file: string) => boolean): FileChoice {
  const notices: Notice[] = [];
  const named = env.SRS_CONFIG_FILE ?? '';
  if (named !== '') notices.push({ level: 'trace', text: `ENV: Overwrite config ${wanted} to ${named}` });
  const user = named === '' ? wanted : named;
  const tried = candidates(user);
  const file = tried.find(exists);
  if (file === undefined) return { found: false, tried, notices };
  if (file !== user)
    notices.push({ level: 'warn', text: `user config ${user} does not exists, use ${file} instead` });
  return { found: true, file, notices };
}

function candidates(user: string): readonly string[] {
  const beside = user.endsWith('docker.conf') ? [user.replaceAll('docker.conf', 'srs.conf')] : [];
  return [...(user === '' ? [] : [user]), ...beside, DEFAULT_FILE, SYSTEM_FILE];
}

/** Whether no file is to be read at all: -e, or SRS_ENV_ONLY with any value, even an empty one. */
export function isEnvironmentOnly(option: boolean, env: Environment): boolean {
  return option || env.SRS_ENV_ONLY !== undefined;
}
