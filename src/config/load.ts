// From the command line's file name to a Config: choose, read, rewrite old forms, check, read the settings.
// Pure: files, environment and facts about the host are given.

import { resolve } from 'node:path';
import { check } from './check/check.ts';
import type { Host } from './check/rules.ts';
import type { Notice } from './choose-file.ts';
import { chooseFile, isEnvironmentOnly } from './choose-file.ts';
import type { Config } from './config.ts';
import { createConfig, DEFAULT_VHOST } from './config.ts';
import type { Diagnostic } from './diagnostic.ts';
import { environment, error, inFileOrder } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { rewriteOldForms } from './old-forms.ts';
import type { ParsedFiles, ReadFile } from './syntax/include.ts';
import { parseFiles } from './syntax/include.ts';
import type { Directive } from './syntax/tree.ts';
import { rootOf } from './syntax/tree.ts';

const CONFIG_INVALID = 1023;

export interface LoadRequest {
  /** The -c argument, '' without one. */
  readonly configFile: string;
  /** -e: settings from the environment only. */
  readonly envOnly: boolean;
  /** Gets absolute paths. */
  readonly readFile: ReadFile;
  readonly env: Environment;
  /** Absolute; relative paths of -c and include start here. */
  readonly cwd: string;
  /** Facts about the machine; {} checks nothing against them. */
  readonly host: Host;
}

/** The first error as SRS describes it. */
export interface LoadFailure {
  /** SRS's error number; the exit status is its low byte. */
  readonly code: number;
  /** For -t: `invalid config, code=1023 : ${text}`. */
  readonly text: string;
  /** For a start: `Failed, code=1023 : ${startText}`. */
  readonly startText: string;
}

export interface LoadResult {
  /** The file in use, '' with -e, the wanted one when none was found. */
  readonly file: string;
  /** Every file that was read, with those of include directives, as named: what a reload has to watch. */
  readonly files: readonly string[];
  /** Undefined exactly when there is an error among the diagnostics. */
  readonly config: Config | undefined;
  /** In file order. */
  readonly diagnostics: readonly Diagnostic[];
  readonly failure: LoadFailure | undefined;
  /** Log lines that SRS writes meanwhile. */
  readonly notices: readonly Notice[];
}

/** Never throws on any content of files or variables. */
export function load(asked: LoadRequest): LoadResult {
  const request = { ...asked, env: srsVariables(asked.env) };
  if (isEnvironmentOnly(request.envOnly, request.env)) return loadEnvironment(request);
  const readFile: ReadFile = (file) => request.readFile(resolve(request.cwd, file));
  const choice = chooseFile(request.configFile, request.env, (file) => exists(file, readFile));
  if (!choice.found) return noFile(request.configFile, choice.tried, choice.notices);
  const parsed = parseFiles(choice.file, readFile);
  return finish(choice.file, parsed, request, choice.notices);
}

/** What SRS makes of no file at all. */
const defaultVhost: Directive = {
  name: 'vhost',
  args: [DEFAULT_VHOST],
  at: environment,
  argsAt: [environment],
  isBlock: true,
  children: [],
};

function loadEnvironment(request: LoadRequest): LoadResult {
  const env = withDefault(withDefault(request.env, 'SRS_DAEMON', 'off'), 'SRS_LOG_TANK', 'console');
  return finish(
    '',
    { tree: rootOf('', [defaultVhost]), diagnostics: [], files: [] },
    { ...request, env },
    [],
  );
}

function finish(
  file: string,
  parsed: ParsedFiles,
  { env, host }: Pick<LoadRequest, 'env' | 'host'>,
  notices: readonly Notice[],
): LoadResult {
  const rewritten = rewriteOldForms(parsed.tree);
  const config = createConfig(file, rewritten.tree, env);
  const isDamaged = parsed.diagnostics.some((one) => one.severity === 'error');
  const checks = check({ config, tree: rewritten.tree, env, host, isDamaged });
  const diagnostics = [...parsed.diagnostics, ...rewritten.diagnostics, ...checks];
  const first = diagnostics.find((one) => one.severity === 'error');
  const failure = first === undefined ? undefined : describeFailure(first, isDamaged);
  return {
    file,
    files: parsed.files,
    config: failure === undefined ? config : undefined,
    diagnostics: inFileOrder(diagnostics),
    failure,
    notices,
  };
}

/** SRS reads the file as part of the options, and checks it later. */
function describeFailure(first: Diagnostic, isDamaged: boolean): LoadFailure {
  const text = first.srs ?? first.message;
  const step = isDamaged ? 'config parse options : invalid config' : 'check config';
  return { code: first.srsCode ?? CONFIG_INVALID, text, startText: `${step} : ${text}` };
}

function exists(file: string, readFile: ReadFile): boolean {
  try {
    return readFile(file) !== undefined;
  } catch {
    return true;
  }
}

function noFile(wanted: string, tried: readonly string[], notices: readonly Notice[]): LoadResult {
  const message = `no config file at ${tried.join(', ')}`;
  const file = wanted === '' ? (tried[0] ?? '') : wanted;
  const hint = 'name one with -c FILE, or use -e to take the configuration from SRS_* variables';
  const diagnostics = [error('file', { file, line: 0, column: 0 }, message, { srs: message, hint })];
  return {
    file,
    files: [],
    config: undefined,
    diagnostics,
    failure: { code: CONFIG_INVALID, text: message, startText: `config parse options : ${message}` },
    notices,
  };
}

/** Only what can matter, as a plain object: process.env asks the system at each look. */
function srsVariables(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('SRS_')));
}

/** An empty variable counts as unset. */
function withDefault(env: Environment, name: string, value: string): Environment {
  return env[name] === undefined || env[name] === '' ? { ...env, [name]: value } : env;
}
