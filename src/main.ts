#!/usr/bin/env node
// Arguments, configuration, daemon, exit code. The only file that ends the process.

import { readFileSync } from 'node:fs';
import { type Command, exitCodeOf, parseCommandLine } from './config/command-line.ts';
import type { Config } from './config/config.ts';
import { diagnosticLine } from './config/diagnostic.ts';
import { type LoadResult, load } from './config/load.ts';
import { processOptions } from './config/options/lifecycle-options.ts';
import { logOptions } from './config/options/log-options.ts';
import { type TestReport, testReport } from './config/test-command.ts';
import { logPlaceLines } from './lifecycle/banner.ts';
import { isDaemonChild, reportToParent, startDaemon } from './lifecycle/daemon.ts';
import { dryRunReport } from './lifecycle/dry-run.ts';
import { addressCount, nameProcess, openFilesLimit } from './lifecycle/host.ts';
import { readAgain } from './lifecycle/read-again.ts';
import type { Service } from './lifecycle/service.ts';
import { StartFailure } from './lifecycle/start-failure.ts';
import { LogOutput } from './log/log-output.ts';
import type { Logger } from './log/logger.ts';
import { NAME, VERSION } from './version.ts';

const CHDIR_FAILED = -1;
const SIGNATURE = `${NAME}/${VERSION}`;
/** Where relative paths of the command line start; `work_dir` changes that of all others. */
const CALLED_IN = process.cwd();

type LoadCommand = Extract<Command, { type: 'start' | 'test' }>;

/** Before the log is configured, lines go to the console. */
function consoleLog(): LogOutput {
  return new LogOutput({
    format: 'text',
    level: 'trace',
    isUtc: false,
    hasConsole: true,
    filePath: undefined,
  });
}

async function end(log: LogOutput, exitCode: number): Promise<never> {
  await log.close();
  process.exit(exitCode);
}

async function fail(log: LogOutput, logger: Logger, code: number, text: string): Promise<never> {
  const message = `Failed, code=${code} : ${text}`;
  logger.error(message);
  reportToParent({ type: 'failed', text: message });
  return end(log, exitCodeOf(code));
}

function readConfigFile(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function loadConfig({ configFile, envOnly }: Pick<LoadCommand, 'configFile' | 'envOnly'>): LoadResult {
  const host = { openFiles: openFilesLimit(), addresses: addressCount() };
  return load({ configFile, envOnly, readFile: readConfigFile, env: process.env, cwd: CALLED_IN, host });
}

async function main(): Promise<void> {
  nameProcess(process.argv0);
  const program = { name: 'tsrs', version: VERSION, signature: SIGNATURE };
  const command = parseCommandLine(process.argv.slice(2), program);
  if (command.type === 'print') {
    process.stdout.write(command.text, () => process.exit(command.exitCode));
    return;
  }
  if (command.type === 'test' || command.type === 'diff') {
    const { text, exitCode } =
      command.type === 'test' ? testReport(loadConfig(command)) : diffReport(command);
    process.stdout.write(text, () => process.exit(exitCode));
    return;
  }
  const startLog = consoleLog();
  const logger = startLog.logger();
  if (command.type === 'fail') return fail(startLog, logger, command.code, command.text);
  const loaded = loadConfig(command);
  const config = await enter(loaded, startLog, logger);
  for (const line of logPlaceLines(config)) logger.trace(line);
  await startLog.close();
  await run(config, loaded.files);
}

function diffReport({ runningFile, newFile }: Extract<Command, { type: 'diff' }>): TestReport {
  return dryRunReport(loadExactly(runningFile), loadExactly(newFile));
}

/** That file and no other, as a reload does it. */
function loadExactly(file: string): LoadResult {
  return readAgain(file, CALLED_IN, () => loadConfig({ configFile: file, envOnly: false }));
}

/** Says what is wrong with the configuration, and goes to its working directory. */
async function enter(result: LoadResult, startLog: LogOutput, logger: Logger): Promise<Config> {
  const { config, failure, notices, diagnostics } = result;
  logger.trace(`XCORE-${SIGNATURE}`);
  for (const { level, text } of notices) logger[level](text);
  for (const one of diagnostics) logger[one.severity === 'error' ? 'error' : 'warn'](diagnosticLine(one));
  if (config === undefined || failure !== undefined) {
    return fail(startLog, logger, failure?.code ?? 1023, failure?.startText ?? 'no configuration');
  }
  logger.trace('config parse complete');
  const { work_dir: folder } = config.root;
  try {
    process.chdir(folder);
  } catch (error) {
    return fail(startLog, logger, CHDIR_FAILED, `chdir to ${folder}, r0=-1, ${(error as Error).message}`);
  }
  return config;
}

async function run(config: Config, files: readonly string[]): Promise<void> {
  const log = new LogOutput(logOptions(config.root));
  const logger = log.logger();
  endOnUncaughtErrors(log, logger);
  const options = processOptions(config.root);
  if (options.isDaemon && !isDaemonChild) {
    const logFile = logOptions(config.root).filePath;
    const print = (text: string) => void process.stdout.write(text);
    return end(log, await startDaemon({ logFile, cwd: CALLED_IN, log: logger, print }));
  }
  if (isDaemonChild) logger.trace('son(daemon) process running.');
  // On demand: -v, -t and a start that fails need none of it, and most of the start-up time is spent there.
  const { Service } = await import('./lifecycle/service.ts');
  const service = new Service({
    config,
    files,
    options,
    identity: { name: NAME, version: VERSION },
    output: log,
    log: logger,
    read: () => loadExactly(config.file),
    cwd: CALLED_IN,
    onEnd: () => void end(log, 0),
  });
  await start(service, config, log, logger);
}

async function start(service: Service, config: Config, log: LogOutput, logger: Logger): Promise<void> {
  try {
    await service.start();
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    const { srsCode, message } = error;
    // A log file alone would leave whoever called without an answer.
    if (!logOptions(config.root).hasConsole) process.stderr.write(`Failed, code=${srsCode} : ${message}\n`);
    return fail(log, logger, srsCode, message);
  }
  // Whoever called may look into the log now.
  if (isDaemonChild) await log.flush();
  reportToParent({ type: 'ready' });
}

function endOnUncaughtErrors(log: LogOutput, logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.error(`uncaught error, the server ends: ${error instanceof Error ? error.stack : String(error)}`);
    log.flushSync();
    process.exit(1);
  });
}

await main();
