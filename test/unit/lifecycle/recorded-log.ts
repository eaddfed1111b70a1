import { createLogger, type Logger } from '../../../src/log/logger.ts';

/** A logger whose lines can be looked at: `trace text`, `warn text`. */
export function recordedLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({
    isEnabled: () => true,
    writeLine: (level, _id, _tag, text) => void lines.push(`${level} ${text}`),
  });
  return { log, lines };
}
