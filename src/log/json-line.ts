// JSON lines, one object each, as pino writes them, for those who collect logs by machine.

import { type Logger as PinoLogger, pino } from 'pino';
import { errorNumber, errorText } from './error-text.ts';
import { STANDARD_LEVEL } from './level.ts';
import type { LineFormatter, LogRecord } from './record.ts';
import { MAX_LINE_BYTES } from './text-line.ts';

/**
 * A formatter of lines like
 * `{"level":"warn","time":"2026-11-22T15:33:15.607Z","pid":1,"cid":"0tp01f1g","errno":11,"error":"…","msg":"…"}`.
 * Time is always UTC. `tag`, `errno` and `error` are there only when there is something to say.
 */
export function createJsonFormatter(): LineFormatter {
  let line = '';
  const catcher = {
    write(text: string): void {
      line = text;
    },
  };
  const json = pino(
    { level: 'trace', base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    catcher,
  );
  return (record) => {
    writeRecord(json, record);
    return line;
  };
}

function writeRecord(json: PinoLogger, record: LogRecord): void {
  const errno = errorNumber(record.error);
  const fields = {
    time: new Date(record.timeMs).toISOString(),
    pid: record.pid,
    cid: record.connectionId,
    ...(record.tag === undefined ? {} : { tag: record.tag }),
    ...(errno === 0 ? {} : { errno }),
    ...(record.error === undefined ? {} : { error: errorText(record.error).slice(0, MAX_LINE_BYTES) }),
  };
  json[STANDARD_LEVEL[record.level]](fields, record.text.slice(0, MAX_LINE_BYTES));
}
