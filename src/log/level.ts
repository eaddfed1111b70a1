// Log levels, with the names that SRS gives them: its "trace" is what others call "info".

/** From the most talkative to the gravest. */
export type LogLevel = 'verbose' | 'info' | 'trace' | 'warn' | 'error';
/** What a configuration can ask for; `off` logs nothing at all. */
export type LogThreshold = LogLevel | 'off';

const SEVERITY = { verbose: 1, info: 2, trace: 3, warn: 4, error: 5, off: 6 } as const;

/** The word in a text line of SRS 4.0. */
export const LEVEL_WORD = {
  verbose: 'Verb',
  info: 'Debug',
  trace: 'Trace',
  warn: 'Warn',
  error: 'Error',
} as const;

/** The level in a JSON line, as pino and everybody else counts them; also the words of `srs_log_level_v2`. */
export const STANDARD_LEVEL = {
  verbose: 'trace',
  info: 'debug',
  trace: 'info',
  warn: 'warn',
  error: 'error',
} as const;

/** Whether a line of `level` is written when `threshold` is configured. */
export function isLevelEnabled(level: LogLevel, threshold: LogThreshold): boolean {
  return SEVERITY[level] >= SEVERITY[threshold];
}

/** `srs_log_level`: as in SRS any unknown word, also `Trace`, switches all logging off. */
export function parseLogLevel(word: string): LogThreshold {
  return Object.hasOwn(LEVEL_WORD, word) ? (word as LogLevel) : 'off';
}

/** `srs_log_level_v2` (SRS 5 and later): trace, debug, info, warn, error. Unknown words switch logging off. */
export function parseLogLevelV2(word: string): LogThreshold {
  for (const level of Object.keys(STANDARD_LEVEL) as LogLevel[]) {
    if (STANDARD_LEVEL[level] === word) return level;
  }
  return 'off';
}
