// What SRS takes for something else than it says, without a word (spec config 3.1): it loads here too, with the
// meaning that SRS gives it, and a warning.

import { describe, expect, test } from 'vitest';
import { brief, configOf, hints, inVhost, loadText, warnings, withListen } from './load-text.ts';

describe('misread values', () => {
  test.each([
    [
      'B0 yes',
      inVhost('tcp_nodelay yes;'),
      '3:13 tcp_nodelay yes: read as off, only the words on and off are known',
    ],
    [
      'B0 ON',
      inVhost('tcp_nodelay ON;'),
      '3:13 tcp_nodelay ON: read as off, only the words on and off are known',
    ],
    ['B1 no', withListen('daemon no;'), '2:8 daemon no: read as on, only the words on and off are known'],
    ['int with a unit', inVhost('play { queue_length 10s; }'), '3:21 queue_length 10s: read as 10'],
    ['int with a fraction', withListen('heartbeat { interval 9.3; }'), '2:22 interval 9.3: read as 9'],
    ['int in hexadecimal', inVhost('play { mw_latency 0x10; }'), '3:19 mw_latency 0x10: read as 0'],
    ['float with a unit', inVhost('hls { hls_fragment 2.5s; }'), '3:20 hls_fragment 2.5s: read as 2.5'],
    [
      'an unknown word',
      inVhost('play { time_jitter ful; }'),
      '3:20 time_jitter ful: no such word, read as off',
    ],
    [
      'a level in upper case',
      withListen('srs_log_level Trace;'),
      '2:15 srs_log_level Trace: no such word, read as off',
    ],
    ['a port with a word', 'listen 1935x;', '1:8 listen 1935x: read as port 1935'],
    [
      'row 19, chunk_size of the root',
      withListen('chunk_size 100;'),
      '2:12 chunk_size=100 should be in [128, 65536]',
    ],
    [
      'row 19, chunk_size of a vhost',
      inVhost('chunk_size 65537;'),
      '3:12 chunk_size=65537 should be in [128, 65536]',
    ],
    ['too many mw_msgs', inVhost('play { mw_msgs 200; }'), '3:16 mw_msgs=200 should be at most 128'],
    ['a full-width semicolon', withListen('pid ./a.pid；'), undefined],
  ])('%s', (_, text, expected) => {
    const found = warnings(text);
    if (expected === undefined) expect(hints(text).join()).toContain('U+FF1B');
    else expect(found).toEqual([expected]);
  });

  test.each([
    ['tcp_nodelay yes', false],
    ['tcp_nodelay 1', false],
    ['enabled no', true],
    ['enabled 0', true],
  ])('%s means what SRS takes it for', (line, expected) => {
    const vhost = configOf(inVhost(`${line};`)).vhosts[0];
    expect(line.startsWith('tcp') ? vhost?.tcp_nodelay : vhost?.enabled).toBe(expected);
  });

  test('advice', () => {
    expect(hints(inVhost('hls { enabled true; }'))).toContain('write on');
    expect(hints(inVhost('play { queue_length 10s; }'))).toEqual([
      'queue_length is a whole number, always in s, without a unit',
    ]);
    expect(hints(withListen('srs_log_tank consol;'))).toEqual([
      'did you mean console? allowed: file, console',
    ]);
    expect(hints(withListen('chunk_size 100;'))).toEqual(['128 is used']);
  });
});

describe('a lost semicolon', () => {
  test.each([
    [
      'before another directive',
      inVhost('tcp_nodelay on\nmin_latency on;'),
      '4:1 tcp_nodelay takes one value: min_latency on is ignored',
      'missing ; after "on"?',
    ],
    [
      'on one line',
      inVhost('tcp_nodelay on min_latency on;'),
      '3:16 tcp_nodelay takes one value: min_latency on is ignored',
      'missing ; after "on"?',
    ],
    [
      'before something unknown on the next line',
      inVhost('tcp_nodelay on\nfoo on;'),
      '4:1 tcp_nodelay takes one value: foo on is ignored',
      'missing ; after "on"?',
    ],
    [
      'before a block',
      withListen('daemon off\nhttp_api { enabled on; }'),
      '2:1 daemon is no block: what stands in its braces is ignored',
      'missing ; after "http_api"?',
    ],
    [
      'in a list',
      inVhost('cluster { mode remote; origin a:1 b:2\ntoken_traverse on; }'),
      '4:1 origin takes "token_traverse" for one of its values',
      'missing ; after "b:2"?',
    ],
    ['before }', inVhost('hls{enabled on} }'), '3:13 enabled: "on}" is one word', 'missing ; before its }?'],
  ])('%s', (_, text, message, hint) => {
    const { diagnostics } = loadText(text);
    expect(brief(diagnostics)).toContain(message);
    expect(diagnostics.some((one) => one.hint === hint)).toBe(true);
  });

  test('that listen swallows is an error, as in SRS', () => {
    const { diagnostics, failure } = loadText('listen 1935\nmax_connections 1000;');
    expect(brief(diagnostics)).toEqual(['2:1 listen.port=0 is invalid']);
    expect(diagnostics[0]?.hint).toBe('"max_connections" is read as an endpoint: missing ; after "1935"?');
    expect(failure?.text).toBe('check normal : listen.port=0 is invalid');
  });

  test('is not seen where a value only looks like a name', () => {
    expect(warnings(inVhost('security { enabled on; allow publish all; deny play all; }'))).toEqual([]);
    expect(warnings(inVhost('exec { publish ./ffmpeg -i [url] -c copy\n -f flv\n out.flv; }'))).toEqual([]);
  });
});

describe('other things that have no effect', () => {
  test.each([
    [
      'extra arguments',
      withListen('max_connections 100 200;'),
      '2:21 max_connections takes one value: 200 is ignored',
    ],
    ['arguments of a block', withListen('http_api on { }'), '2:10 http_api takes no value: on is ignored'],
    ['a block without braces', inVhost('hls on;'), '3:1 hls is a block: without braces it says nothing'],
    [
      'a directive with braces',
      withListen('daemon { enabled off; }'),
      '2:1 daemon is no block: what stands in its braces is ignored',
    ],
    [
      'a directive without a value',
      withListen('max_connections;'),
      '2:1 max_connections has no value: read as 1000',
    ],
    [
      'a second directive',
      withListen('max_connections 1;\nmax_connections 2;'),
      '3:1 max_connections is ignored: the first one, at line 2, counts',
    ],
    [
      'a second block',
      withListen('http_api { }\nhttp_api { }'),
      '3:1 http_api is ignored: the first one, at line 2, counts',
    ],
    [
      'a second vhost of a name',
      withListen('vhost a { }\nvhost b { }\nvhost a { }'),
      '4:1 vhost a is ignored: the first one, at line 2, counts',
    ],
    [
      'a second block in a vhost',
      inVhost('play { }\nplay { }'),
      '4:1 play is ignored: the first one, at line 3, counts',
    ],
    [
      'HLS in memory',
      inVhost('hls { hls_storage ram; }'),
      '3:7 HLS RAM is removed in SRS3+, read https://github.com/ossrs/srs/issues/513.',
    ],
    [
      'row 11, HTTPS without HTTP',
      withListen('http_api { https { enabled on; } }'),
      '2:12 https api depends on http',
    ],
    [
      'row 16',
      inVhost('hls { enabled on; }\nhttp_remux { enabled on; mount [vhost]/[app]/[stream].ts; }'),
      '4:26 vhost.hls conflict with vhost.http-ts of __defaultVhost__',
    ],
    [
      'an edge without origin',
      inVhost('cluster { mode remote; }'),
      '3:1 cluster of __defaultVhost__: mode remote without origin',
    ],
    [
      'an origin cluster without peers',
      inVhost('cluster { origin_cluster on; }'),
      '3:1 cluster of __defaultVhost__: origin_cluster on without coworkers',
    ],
  ])('%s', (_, text, expected) => {
    expect(warnings(text)).toContain(expected);
  });

  test('what may be repeated is not reported', () => {
    const text = inVhost(
      'security { deny play 1.2.3.4; deny play 5.6.7.8; }\ningest a { }\ningest b { }\nexec { publish a; publish b; }',
    );
    expect(warnings(text)).toEqual([]);
  });

  test('a feature that is on and not part of the server is named once', () => {
    const { diagnostics } = loadText(
      withListen('rtc_server { enabled on; tcp { enabled on; } }\nsrt_server { enabled off; }'),
    );
    expect(diagnostics.map((one) => one.message)).toEqual([
      'rtc_server is not part of this server: accepted without effect',
    ]);
  });
});
