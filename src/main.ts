#!/usr/bin/env node
// Arguments, configuration, signals, exit code. The only file that ends the process.

import { readFileSync } from 'node:fs';
import { type Command, exitCodeOf, parseCommandLine } from './config/command-line.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import { type LoadResult, load } from './config/load.ts';
import { logOptions } from './config/options/log-options.ts';
import { testReport } from './config/test-command.ts';
import { addressCount, openFilesLimit } from './lifecycle/host.ts';
import { LogOutput } from './log/log-output.ts';
import type { Logger } from './log/logger.ts';
import { ListenError, Server } from './server.ts';
import { NAME, VERSION } from './version.ts';

/** SRS's error numbers for what can go wrong here; the exit status is the low byte. */
const LISTEN_FAILED = 1002;
const CHDIR_FAILED = -1;
const SIGNATURE = `${NAME}/${VERSION}`;

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
  logger.error(`Failed, code=${code} : ${text}`);
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

function loadConfig(command: Extract<Command, { type: 'start' | 'test' }>): LoadResult {
  const { configFile, envOnly } = command;
  const host = { openFiles: openFilesLimit(), addresses: addressCount() };
  return load({ configFile, envOnly, readFile: readConfigFile, env: process.env, cwd: process.cwd(), host });
}

async function main(): Promise<void> {
  const program = { name: 'tsrs', version: VERSION, signature: SIGNATURE };
  const command = parseCommandLine(process.argv.slice(2), program);
  if (command.type === 'print') {
    process.stdout.write(command.text, () => process.exit(command.exitCode));
    return;
  }
  const startLog = consoleLog();
  const logger = startLog.logger();
  if (command.type === 'fail') return fail(startLog, logger, command.code, command.text);
  const result = loadConfig(command);
  if (command.type === 'test') {
    const { text, exitCode } = testReport(result);
    process.stdout.write(text, () => process.exit(exitCode));
    return;
  }
  await start(result, startLog, logger);
}

async function start(result: LoadResult, startLog: LogOutput, startLogger: Logger): Promise<void> {
  const { config, failure, notices, diagnostics } = result;
  startLogger.trace(`XCORE-${SIGNATURE}`);
  for (const { level, text } of notices) startLogger[level](text);
  for (const diagnostic of diagnostics) {
    startLogger[diagnostic.severity === 'error' ? 'error' : 'warn'](formatDiagnostic(diagnostic));
  }
  if (config === undefined || failure !== undefined) {
    return fail(startLog, startLogger, failure?.code ?? 1023, failure?.text ?? 'no configuration');
  }
  startLogger.trace('config parse complete');
  try {
    process.chdir(config.root.work_dir);
  } catch (error) {
    return fail(
      startLog,
      startLogger,
      CHDIR_FAILED,
      `chdir to ${config.root.work_dir} failed: ${(error as Error).message}`,
    );
  }
  const options = logOptions(config.root);
  const log = new LogOutput(options);
  if (options.filePath === undefined) startLogger.trace('write log to console');
  else startLogger.trace(`you can check log by: tail -n 30 -f ${options.filePath}`);
  await startLog.close();
  await run(new Server(config, log.logger(), { name: NAME, version: VERSION }), log);
}

async function run(server: Server, log: LogOutput): Promise<void> {
  const logger = log.logger();
  let isQuitting = false;
  const quit = (signal: NodeJS.Signals, number: number): void => {
    if (isQuitting) return;
    isQuitting = true;
    logger.trace(`sig=${number}, user terminate program, fast quit`);
    server.close(signal);
    logger.trace('srs terminated');
    void end(log, 0);
  };
  process.on('SIGTERM', () => quit('SIGTERM', 15));
  process.on('SIGINT', () => quit('SIGINT', 2));
  process.on('SIGUSR1', () => {
    log.reopen();
    logger.warn('reopen log file, signo=10');
  });
  process.on('uncaughtException', (error) => {
    logger.error('uncaught error, the server ends', error);
    log.flushSync();
    process.exit(1);
  });
  try {
    await server.start();
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    await fail(log, logger, LISTEN_FAILED, `listen : ${error.message}`);
  }
  logger.trace(`${SIGNATURE} is ready, pid=${process.pid}, conf=${server.configFile}`);
}

await main();
