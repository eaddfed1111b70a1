import { expect, test } from 'vitest';
import { connectionId } from '../../../src/log/connection-id.ts';
import { isLevelEnabled, parseLogLevel, parseLogLevelV2 } from '../../../src/log/level.ts';
import type { LogRecord } from '../../../src/log/record.ts';
import { escapeControls, formatTextLine, formatTime } from '../../../src/log/text-line.ts';

const RECORD: LogRecord = {
  timeMs: Date.UTC(2026, 10, 2, 5, 3, 9, 7),
  level: 'trace',
  pid: 1,
  connectionId: '0tp01f1g',
  tag: undefined,
  text: 'RTMP listen at tcp://0.0.0.0:1935, fd=9',
  error: undefined,
};

const again = Object.assign(new Error('write EAGAIN'), { errno: -11, code: 'EAGAIN' });
const addressInUse = Object.assign(new Error('listen EADDRINUSE: 0.0.0.0:1935'), { errno: -98 });

const lines: [string, Partial<LogRecord>, string][] = [
  ['trace', {}, '[2026-11-02 05:03:09.007][Trace][1][0tp01f1g] RTMP listen at tcp://0.0.0.0:1935, fd=9\n'],
  ['verbose', { level: 'verbose', text: 'x' }, '[2026-11-02 05:03:09.007][Verb][1][0tp01f1g] x\n'],
  ['info', { level: 'info', text: 'x' }, '[2026-11-02 05:03:09.007][Debug][1][0tp01f1g] x\n'],
  ['warn', { level: 'warn', text: 'x' }, '[2026-11-02 05:03:09.007][Warn][1][0tp01f1g][0] x\n'],
  [
    'warn with errno',
    { level: 'warn', text: 'x', error: again },
    '[2026-11-02 05:03:09.007][Warn][1][0tp01f1g][11] x : write EAGAIN\n',
  ],
  [
    'error with causes and the system’s sentence',
    { level: 'error', text: 'serve error', error: new Error('listen', { cause: addressInUse }) },
    '[2026-11-02 05:03:09.007][Error][1][0tp01f1g][98] serve error : listen : listen EADDRINUSE: 0.0.0.0:1935(address already in use)\n',
  ],
  [
    'something thrown that is no Error',
    { level: 'error', text: 'x', error: 'what' },
    '[2026-11-02 05:03:09.007][Error][1][0tp01f1g][0] x : what\n',
  ],
  [
    'a tag',
    { tag: 'MAIN', text: 'SRS/4.0.271(Leo), MIT' },
    '[2026-11-02 05:03:09.007][Trace][1][0tp01f1g][MAIN] SRS/4.0.271(Leo), MIT\n',
  ],
  [
    'an attempt to forge a line',
    { text: 'stream=a\r\n[2026-11-02 00:00:00.000][Error][1][x] gone\x1b[2J\u009b31m' },
    '[2026-11-02 05:03:09.007][Trace][1][0tp01f1g] stream=a\\r\\n[2026-11-02 00:00:00.000][Error][1][x] gone\\x1b[2J\\x9b31m\n',
  ],
];

test.each(lines)('line: %s', (_name, part, expected) => {
  expect(formatTextLine({ ...RECORD, ...part }, true)).toBe(expected);
});

test('connect errors of several addresses have one message', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:1'), { errno: -111 });
  const error = new AggregateError([refused], '');
  expect(formatTextLine({ ...RECORD, level: 'warn', text: 'pull', error }, true)).toBe(
    '[2026-11-02 05:03:09.007][Warn][1][0tp01f1g][111] pull : connect ECONNREFUSED ::1:1\n',
  );
});

test('an error that is its own cause ends', () => {
  const error = new Error('loop');
  error.cause = error;
  expect(formatTextLine({ ...RECORD, error }, true).length).toBeLessThan(300);
});

test.each([
  ['ASCII', 'a'],
  ['three bytes each', '日'],
  ['four bytes each', '😀'],
  ['control characters', '\x01'],
])('lines of 8192 bytes at most: %s', (_name, character) => {
  const line = formatTextLine({ ...RECORD, text: character.repeat(10_000) }, true);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8192);
  expect(Buffer.byteLength(line)).toBeGreaterThan(8188);
  expect(line.endsWith('\n')).toBe(true);
  expect(line).not.toContain('\ufffd');
});

test('local time is that of the process', () => {
  const time = new Date(2026, 0, 2, 3, 4, 5, 6);
  expect(formatTime(time.getTime(), false)).toBe('2026-01-02 03:04:05.006');
});

test.each([
  ['tab\there', 'tab\\there'],
  ['\0\x7f\x85', '\\x00\\x7f\\x85'],
  ['right\u202eleft\u2028', 'right\\u202eleft\\u2028'],
  ['直播 äöü 😀', '直播 äöü 😀'],
])('escapeControls(%j)', (text, expected) => {
  expect(escapeControls(text)).toBe(expected);
});

test.each([
  ['trace', 'trace'],
  ['verbose', 'verbose'],
  ['Trace', 'off'],
  ['toString', 'off'],
  ['debug', 'off'],
])('srs_log_level %s', (word, expected) => {
  expect(parseLogLevel(word)).toBe(expected);
});

test.each([
  ['trace', 'verbose'],
  ['debug', 'info'],
  ['info', 'trace'],
  ['warn', 'warn'],
  ['verbose', 'off'],
])('srs_log_level_v2 %s', (word, expected) => {
  expect(parseLogLevelV2(word)).toBe(expected);
});

test('a threshold lets graver levels pass', () => {
  expect(isLevelEnabled('warn', 'trace')).toBe(true);
  expect(isLevelEnabled('info', 'trace')).toBe(false);
  expect(isLevelEnabled('error', 'off')).toBe(false);
});

test('connection ids', () => {
  expect(connectionId()).toMatch(/^[0-9a-z]{8}$/);
  expect(connectionId()).not.toBe(connectionId());
});
