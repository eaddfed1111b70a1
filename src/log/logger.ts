// What the rest of the server logs with. One logger per connection, all writing to the same output.

import { connectionId as newConnectionId } from './connection-id.ts';
import type { LogLevel } from './level.ts';

/** Lines of one connection. `error` is what went wrong, if an Error or the like is at hand. */
export interface Logger {
  readonly connectionId: string;
  /** For texts that are costly to put together. */
  isEnabled(level: LogLevel): boolean;
  verbose(text: string): void;
  info(text: string): void;
  /** The usual level: one line per meaningful event. */
  trace(text: string): void;
  warn(text: string, error?: unknown): void;
  error(text: string, error?: unknown): void;
  /** A logger for a new connection, by default with a new id. `tag` is one more field after the id. */
  child(connectionId?: string, tag?: string): Logger;
}

/** What a logger needs of the output behind it. */
export interface LogWriter {
  isEnabled(level: LogLevel): boolean;
  writeLine(
    level: LogLevel,
    connectionId: string,
    tag: string | undefined,
    text: string,
    error: unknown,
  ): void;
}

/** A logger that hands each enabled line to `writer`. */
export function createLogger(writer: LogWriter, connectionId = newConnectionId(), tag?: string): Logger {
  return new WriterLogger(writer, connectionId, tag);
}

/** A class rather than closures: every viewer has one, and it weighs three words. */
class WriterLogger implements Logger {
  readonly connectionId: string;
  readonly #writer: LogWriter;
  readonly #tag: string | undefined;

  constructor(writer: LogWriter, connectionId: string, tag: string | undefined) {
    this.connectionId = connectionId;
    this.#writer = writer;
    this.#tag = tag;
  }

  isEnabled(level: LogLevel): boolean {
    return this.#writer.isEnabled(level);
  }

  verbose(text: string): void {
    this.#log('verbose', text);
  }

  info(text: string): void {
    this.#log('info', text);
  }

  trace(text: string): void {
    this.#log('trace', text);
  }

  warn(text: string, error?: unknown): void {
    this.#log('warn', text, error);
  }

  error(text: string, error?: unknown): void {
    this.#log('error', text, error);
  }

  child(connectionId?: string, tag?: string): Logger {
    return createLogger(this.#writer, connectionId, tag);
  }

  #log(level: LogLevel, text: string, error?: unknown): void {
    if (this.#writer.isEnabled(level)) {
      this.#writer.writeLine(level, this.connectionId, this.#tag, text, error);
    }
  }
}
