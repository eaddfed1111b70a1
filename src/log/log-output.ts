// The one place behind all loggers: decides by level, formats a line once, and hands it to file and console.

import { createJsonFormatter } from './json-line.ts';
import { isLevelEnabled, type LogLevel, type LogThreshold } from './level.ts';
import { LogTank } from './log-tank.ts';
import { consoleTarget, fileTarget } from './log-target.ts';
import { createLogger, type Logger, type LogWriter } from './logger.ts';
import type { LineFormatter } from './record.ts';
import { formatTextLine } from './text-line.ts';

export interface LogOptions {
  /** SRS's text lines, or one JSON object per line. */
  readonly format: 'text' | 'json';
  readonly level: LogThreshold;
  /** Text lines in UTC instead of local time. JSON lines always are. */
  readonly isUtc: boolean;
  readonly hasConsole: boolean;
  /** A file to append to, undefined for none. It may be written beside the console. */
  readonly filePath: string | undefined;
}

/** Where lines leave the process; given only by tests. */
export interface LogSurroundings {
  readonly pid: number;
  readonly now: () => number;
  readonly openConsole: (lostLine: (count: number) => string) => Tank;
  readonly openFile: (file: string, lostLine: (count: number) => string) => Tank;
}

/** What the output needs of a `LogTank`. */
export type Tank = Pick<LogTank, 'write' | 'reopen' | 'flush' | 'flushSync' | 'close'>;

const PROCESS: LogSurroundings = {
  pid: process.pid,
  now: Date.now,
  openConsole: (lostLine) => new LogTank(consoleTarget(), { lostLine }),
  openFile: (file, lostLine) => new LogTank(fileTarget(file), { lostLine }),
};

// Terminal colours as SRS writes them: the reset comes behind the newline.
const YELLOW = '\x1b[33m';
const RED = '\x1b[31m';
const RESET = '\x1b[0m';

export class LogOutput implements LogWriter {
  readonly #surroundings: LogSurroundings;
  readonly #formatJson = createJsonFormatter();
  #options: LogOptions;
  #format: LineFormatter;
  #console: Tank | undefined;
  #file: Tank | undefined;
  /** Tanks that a reload took out of use and that still write their last lines. */
  readonly #retired = new Set<Promise<void>>();

  constructor(options: LogOptions, surroundings: LogSurroundings = PROCESS) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#format = this.#formatterOf(options);
    this.#console = options.hasConsole ? this.#openConsole() : undefined;
    this.#file = options.filePath === undefined ? undefined : this.#openFile(options.filePath);
  }

  /** A logger on this output, by default with a new connection id. */
  logger(connectionId?: string, tag?: string): Logger {
    return createLogger(this, connectionId, tag);
  }

  /** Takes over new settings for all loggers (reload). Lines of before still reach the tanks of before. */
  configure(options: LogOptions): void {
    const isFileNew = options.filePath !== this.#options.filePath;
    this.#options = options;
    this.#format = this.#formatterOf(options);
    if (options.hasConsole) this.#console ??= this.#openConsole();
    else this.#console = this.#retire(this.#console);
    if (!isFileNew) return;
    this.#retire(this.#file);
    this.#file = options.filePath === undefined ? undefined : this.#openFile(options.filePath);
  }

  isEnabled(level: LogLevel): boolean {
    return isLevelEnabled(level, this.#options.level);
  }

  writeLine(
    level: LogLevel,
    connectionId: string,
    tag: string | undefined,
    text: string,
    error: unknown,
  ): void {
    const { now, pid } = this.#surroundings;
    const line = this.#format({ timeMs: now(), level, pid, connectionId, tag, text, error });
    this.#file?.write(line);
    this.#console?.write(this.#options.format === 'text' ? colour(level, line) : line);
  }

  /** Opens the log file anew, which was moved away (SIGUSR1). */
  reopen(): void {
    this.#file?.reopen();
  }

  /** Resolves when all lines so far are written, or their writing failed. */
  async flush(): Promise<void> {
    await Promise.all([this.#file?.flush(), this.#console?.flush(), ...this.#retired]);
  }

  /** Writes what waits before the process dies of an uncaught error. Blocks for a second at most. */
  flushSync(): void {
    this.#file?.flushSync();
    this.#console?.flushSync();
  }

  /** Writes what waits and closes, within half a second. Later lines are ignored. May be called twice. */
  async close(): Promise<void> {
    await Promise.all([this.#file?.close(), this.#console?.close(), ...this.#retired]);
  }

  #formatterOf(options: LogOptions): LineFormatter {
    return options.format === 'json' ? this.#formatJson : (record) => formatTextLine(record, options.isUtc);
  }

  #openConsole(): Tank {
    return this.#surroundings.openConsole(this.#lostLine);
  }

  #openFile(file: string): Tank {
    return this.#surroundings.openFile(file, this.#lostLine);
  }

  readonly #lostLine = (count: number): string => {
    const { now, pid } = this.#surroundings;
    const text = `log lost ${count} lines, the disk or the reader was too slow`;
    return this.#format({
      timeMs: now(),
      level: 'warn',
      pid,
      connectionId: '',
      tag: undefined,
      text,
      error: undefined,
    });
  };

  #retire(tank: Tank | undefined): undefined {
    if (tank === undefined) return;
    const closed: Promise<void> = tank.close().finally(() => this.#retired.delete(closed));
    this.#retired.add(closed);
  }
}

function colour(level: LogLevel, line: string): string {
  if (level === 'warn') return `${YELLOW}${line}${RESET}`;
  if (level === 'error') return `${RED}${line}${RESET}`;
  return line;
}
