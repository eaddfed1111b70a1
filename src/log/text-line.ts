// The text lines of SRS 4, which users' tools match: [date][level][pid][connection id] text, with one more
// field for errno in warnings and errors.

import { errnoText, errorNumber, errorText } from './error-text.ts';
import { LEVEL_WORD } from './level.ts';
import type { LogRecord } from './record.ts';

/** Longest line in bytes, newline included: SRS cuts there (LOG_MAX_SIZE). */
export const MAX_LINE_BYTES = 8192;

/** The line for `record`, newline included; time in UTC or in the process's time zone. */
export function formatTextLine(record: LogRecord, isUtc: boolean): string {
  const isProblem = record.level === 'warn' || record.level === 'error';
  const errno = isProblem ? errorNumber(record.error) : 0;
  const head =
    `[${formatTime(record.timeMs, isUtc)}][${LEVEL_WORD[record.level]}][${record.pid}][${record.connectionId}]` +
    (isProblem ? `[${errno}]` : '') +
    (record.tag === undefined ? '' : `[${record.tag}]`);
  const cause = record.error === undefined ? '' : ` : ${errorText(record.error)}`;
  const reason = record.level === 'error' && errno !== 0 ? `(${errnoText(errno)})` : '';
  return `${cutToBytes(`${head} ${escapeControls(record.text + cause)}${reason}`, MAX_LINE_BYTES - 1)}\n`;
}

/** The second that the last line was of: lines come in crowds, and a wall clock costs more than all else of a line. */
let lastSecond = { startMs: Number.NaN, isUtc: false, text: '' };

/** `2026-11-22 15:33:15.607` */
export function formatTime(timeMs: number, isUtc: boolean): string {
  const startMs = Math.floor(timeMs / 1000) * 1000;
  if (startMs !== lastSecond.startMs || isUtc !== lastSecond.isUtc) {
    lastSecond = { startMs, isUtc, text: formatSecond(startMs, isUtc) };
  }
  return `${lastSecond.text}.${String(Math.floor(timeMs) - startMs).padStart(3, '0')}`;
}

function formatSecond(timeMs: number, isUtc: boolean): string {
  const date = new Date(timeMs);
  // A date shifted by the zone's offset reads, in UTC, as the local wall clock.
  const wall = isUtc ? date : new Date(timeMs - date.getTimezoneOffset() * 60_000);
  return wall.toISOString().slice(0, 19).replace('T', ' ');
}

/** What nearly all lines are, and quicker to see than what they are not. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Makes every control character visible (`\n`, `\x1b`, `\u202e`): stream names, user agents and the like come
 * from peers, who must be able neither to forge lines nor to drive the reader's terminal.
 */
export function escapeControls(text: string): string {
  const capped = text.length > MAX_LINE_BYTES ? text.slice(0, MAX_LINE_BYTES) : text;
  if (PRINTABLE.test(capped)) return capped;
  return capped.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Cuts so that UTF-8 needs no more than `maxBytes`, never inside a character. */
function cutToBytes(text: string, maxBytes: number): string {
  // A UTF-16 unit needs at most 3 bytes.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
