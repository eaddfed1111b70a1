// What -t prints (spec config 2.3): the last lines are those that tools of SRS 4 and 7 look for.

import { describe, expect, test } from 'vitest';
import { diagnosticLine } from '../../../src/config/diagnostic.ts';
import { testReport } from '../../../src/config/test-command.ts';
import { inVhost, loadText, withListen } from './load-text.ts';

describe('-t', () => {
  test('of a good file', () => {
    expect(testReport(loadText(withListen('')))).toEqual({
      text: 'the config file t.conf syntax is ok\nconfig file t.conf test is successful\nconfig file is ok\n',
      exitCode: 0,
    });
  });

  test('of a good file with something to say', () => {
    const { text, exitCode } = testReport(loadText(inVhost('tcp_nodelay on\nmin_latency on;')));
    expect(exitCode).toBe(0);
    expect(text).toBe(`t.conf:4:1: warning: tcp_nodelay takes one value: min_latency on is ignored
    hint: missing ; after "on"?
the config file t.conf syntax is ok
config file t.conf test is successful
config file is ok
`);
  });

  test('of a bad file', () => {
    const { text, exitCode } = testReport(loadText(withListen('foo 1;\nvhost a {\n  hls { bar 2; }\n}\n')));
    expect(exitCode).toBe(255);
    const lines = text.split('\n').filter((line) => !line.startsWith('    hint: '));
    expect(lines).toEqual([
      't.conf:2:1: error: illegal directive foo',
      't.conf:4:9: error: illegal vhost.hls.bar of a',
      '2 errors in t.conf',
      'invalid config, code=1023 : check normal : illegal directive foo',
      'config file t.conf test is failed',
      '',
    ]);
  });

  test('of a file with an error of syntax', () => {
    const { text, exitCode } = testReport(loadText('listen 1935;\nvhost a {\n'));
    expect(exitCode).toBe(255);
    expect(text).toContain('t.conf:2:1: error: line 2: unexpected end of file, expecting "}"');
    expect(text).toContain(
      'invalid config, code=1023 : parse buffer : root parse : parse dir : line 2: unexpected end of file',
    );
  });

  test('of a file that includes one that is not there', () => {
    expect(testReport(loadText('include x.conf;')).exitCode).toBe(18);
  });

  test('writes control characters of the file as escapes', () => {
    const { text } = testReport(loadText('listen 1935;\n"a\nb\u001b[31m" 1;'));
    expect(text).toContain('illegal directive a\\nb\\u001b[31m');
    expect(text).not.toContain('\u001b');
  });
});

test('a line of the log holds the hint as well', () => {
  const [first] = loadText(withListen('foo 1;\nmax_connection 9;')).diagnostics.map(diagnosticLine).slice(1);
  expect(first).toBe(
    't.conf:3:1: error: illegal directive max_connection (hint: did you mean max_connections?)',
  );
});
