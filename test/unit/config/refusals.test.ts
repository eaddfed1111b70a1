// What SRS refuses (spec config 3.7), with its words, and what is refused here besides. Verdicts and texts were
// compared with SRS 4.0.271 and 7.0.18 (`-t`).

import { describe, expect, test } from 'vitest';
import { errors, hints, inVhost, loadText, warnings, withListen } from './load-text.ts';

type Case = readonly [name: string, text: string, expected: string];

describe('names', () => {
  test.each<Case>([
    ['row 2, root', withListen('foo bar;'), '2:1 illegal directive foo'],
    ['row 2, upper case', 'LISTEN 1935;\nlisten 1935;', '1:1 illegal directive LISTEN'],
    ['row 3, http_api', withListen('http_api { foo; }'), '2:12 illegal http_api.foo'],
    ['row 3, raw_api', withListen('http_api { raw_api { foo; } }'), '2:22 illegal http_api.raw_api.foo'],
    ['row 3, auth', withListen('http_api { auth { foo; } }'), '2:19 illegal http_api.auth.foo'],
    ['row 4, http_server', withListen('http_server { foo; }'), '2:15 illegal http_stream.foo'],
    ['row 4, its old name', withListen('http_stream { foo; }'), '2:15 illegal http_stream.foo'],
    ['row 5, srt_server', withListen('srt_server { foo; }'), '2:14 illegal srt_stream.foo'],
    ['row 6, heartbeat', withListen('heartbeat { foo; }'), '2:13 illegal heartbeat.foo'],
    ['row 6, stats', withListen('stats { foo; }'), '2:9 illegal stats.foo'],
    ['row 6, rtc_server', withListen('rtc_server { foo; }'), '2:14 illegal rtc_server.foo'],
    ['row 6, exporter', withListen('exporter { foo; }'), '2:12 illegal exporter.foo'],
    [
      'row 13, every caster',
      withListen('stream_caster { }\nstream_caster { foo; }'),
      '3:17 illegal stream_caster.foo',
    ],
    ['row 13, sip', withListen('stream_caster { sip { foo; } }'), '2:23 illegal stream_caster.foo'],
    ['row 14, vhost', withListen('vhost a { foo; }'), '2:11 illegal vhost.foo'],
    ['row 14, every vhost of a name', withListen('vhost a { }\nvhost a { foo; }'), '3:11 illegal vhost.foo'],
    [
      'row 15, every block of a name',
      withListen('vhost a { hls { } hls { foo; } }'),
      '2:25 illegal vhost.hls.foo of a',
    ],
    [
      'row 15, engine',
      withListen('vhost a { transcode { engine e { foo; } } }'),
      '2:34 illegal vhost.transcode.engine.foo of a',
    ],
    ...sections().map(
      (name) =>
        [
          `row 15, ${name}`,
          withListen(`vhost a { ${name} { foo; } }`),
          `2:${name.length + 14} illegal vhost.${name}.foo of a`,
        ] as const,
    ),
  ])('%s', (_, text, expected) => {
    expect(errors(text)).toEqual([expected]);
  });

  function sections(): readonly string[] {
    const plain =
      'dvr exec play cluster publish ingest http_static http_remux dash hls http_hooks security transcode rtc srt bandcheck';
    return [...plain.split(' '), 'refer', 'forward'];
  }

  test.each([
    ['a second http_api, which SRS does not look at', 'http_api { }\nhttp_api { foo; }'],
    ['https', 'http_api { https { foo 1; } }'],
    ['circuit_breaker', 'circuit_breaker { foo 1; }'],
    ['black_hole', 'rtc_server { black_hole { foo 1; } }'],
    ['hds', 'vhost a { hds { foo 1; } }'],
    ['the input of an ingest', 'vhost a { ingest i { input { foo 1; } } }'],
    ['the engine of an ingest', 'vhost a { ingest i { engine { foo 1; } } }'],
    ['tencentcloud_cls', 'tencentcloud_cls { foo 1; }'],
  ])('are not refused in %s', (_, text) => {
    expect(errors(withListen(text))).toEqual([]);
    expect(warnings(withListen(text))).toHaveLength(1);
  });

  test.each([
    ['a misspelling', withListen('max_connection 1000;'), 'did you mean max_connections?'],
    ['upper case', withListen('Max_Connections 1000;'), 'did you mean max_connections?'],
    [
      'another block',
      inVhost('hls { gop_cache on; }'),
      'gop_cache belongs into vhost { play { gop_cache } }',
    ],
    [
      'the top of the file',
      inVhost('max_connections 1000;'),
      'max_connections belongs into the top of the file',
    ],
    [
      'a misspelling of another block',
      inVhost('hls_fragmen 5;'),
      'did you mean hls_fragment, which belongs into vhost { hls { hls_fragment } }?',
    ],
    ['nothing near', inVhost('exec { zzzzzzzz 1; }'), 'allowed here: enabled publish'],
    [
      'a byte order mark',
      '\ufefflisten 1935;\nlisten 1935;',
      'the file starts with a byte order mark (BOM): save it as UTF-8 without BOM',
    ],
    ['nginx', withListen('worker_processes 1;'), 'this looks like a file for nginx'],
  ])('get advice: %s', (_, text, expected) => {
    expect(hints(text)).toContain(expected);
  });

  test('of JavaScript objects are as unknown as others', () => {
    expect(errors(withListen('constructor 1;\nvhost a { __proto__ { a b; } toString on; }'))).toEqual([
      '2:1 illegal directive constructor',
      '3:11 illegal vhost.__proto__',
      '3:30 illegal vhost.toString',
    ]);
  });
});

describe('values', () => {
  test.each([
    ['row 1', '', '1:1 conf is empty'],
    ['row 1, comments only', '# listen 1935;\n', '1:1 conf is empty'],
    ['row 7', 'daemon off;', '1:1 listen requires params'],
    ['row 7, no argument', 'listen;', '1:1 listen requires params'],
    ['row 8, host name', 'listen localhost:1935;', '1:8 listen.ip=localhost is invalid'],
    ['row 8, no host', 'listen :1935;', '1:8 listen.ip= is invalid'],
    ['row 8, no port', 'listen abc;', '1:8 listen.port=0 is invalid'],
    ['row 8, negative', 'listen -1;', '1:8 listen.port=-1 is invalid'],
    ['row 8, the second', 'listen 1935 0;', '1:13 listen.port=0 is invalid'],
    ['a port beyond 65535, which SRS wraps', 'listen 70000;', '1:8 listen.port=70000 is invalid'],
    ['row 9', withListen('heartbeat { interval 0.9; }'), '2:22 invalid heartbeat.interval=0'],
    [
      'row 9, in microseconds',
      withListen('heartbeat { interval -2; }'),
      '2:22 invalid heartbeat.interval=-2000000',
    ],
    ['row 10', withListen('stats { network -1; }'), '2:17 invalid stats.network=-1'],
    [
      'row 17',
      inVhost('forward { enabled on; destination a; }\npublish { kickoff_for_idle 3; }'),
      '4:11 vhost.forward conflicts with vhost.publish.kickoff_for_idle',
    ],
    ['row 18', inVhost('ingest a { }\ningest a { }'), '4:1 ingest id=a exists for __defaultVhost__'],
    ['row 18, no id', inVhost('ingest { }\ningest { }'), '4:1 ingest id= exists for __defaultVhost__'],
    ['row 20', withListen('asprocess on;'), '2:1 daemon conflicts with asprocess'],
    ['row 21', withListen('max_connections 0;'), '2:17 max_connections=0 is invalid'],
    ['row 22', withListen('is_full on;'), '2:1 never use full.conf(t.conf)'],
    [
      'a plan that fails every publish in SRS',
      inVhost('dvr { enabled on; dvr_plan append; }'),
      '3:28 illegal plan=append, vhost=__defaultVhost__',
    ],
    [
      'an HTTP port that is a random one in SRS',
      withListen('http_api { enabled on; listen abc; }'),
      '2:31 http_api.listen.port=0 is invalid',
    ],
  ])('%s', (_, text, expected) => {
    expect(errors(text)).toEqual([expected]);
  });

  test('row 10 compares with the addresses of the machine', () => {
    const text = withListen('stats { network 99; }');
    expect(errors(text, { host: { addresses: 3 } })).toEqual(['2:17 invalid stats.network=99 of 3']);
    expect(errors(text)).toEqual([]);
    expect(errors(withListen('stats { }'), { host: { addresses: 0 } })).toEqual([]);
  });

  test('row 21 compares with the open files as SRS 4 counts them: 1016 is the largest with 1024 and a log file', () => {
    const host = { openFiles: 1024 };
    expect(errors(withListen('max_connections 1016;'), { host })).toEqual([]);
    expect(errors(withListen('max_connections 1017;'), { host })).toEqual([
      '2:17 1024 exceed max open files=1024',
    ]);
    expect(errors(withListen('max_connections 1017; srs_log_tank console;'), { host })).toEqual([]);
    expect(errors(withListen('max_connections 1018; srs_log_tank console;'), { host })).toHaveLength(1);
    expect(hints(withListen('max_connections 2000;'), { host })[0]).toContain('ulimit -HSn 2107');
  });

  test.each([
    ['exactly', 'listen 1935;', 'listen 1935'],
    ['one of all addresses', 'listen 127.0.0.1:1935;', 'listen 1935'],
    ['all addresses and one of them', 'listen 1935;', 'listen 127.0.0.1:1935'],
  ])('one endpoint twice: %s', (_, first, second) => {
    const text = `${first}\nhttp_server { enabled on; ${second}; }`;
    const [error] = errors(text);
    expect(error).toMatch(/^2:34 http_server\.listen .*1935 is already the endpoint of listen, line 1$/);
  });

  test.each([
    ['IPv4 and IPv6', 'listen 1935 [::]:1935;'],
    ['two addresses', 'listen 127.0.0.1:1935 127.0.0.2:1935;'],
    [
      'the API on the port of the HTTP server',
      'listen 1935;\nhttp_api { enabled on; listen 8080; }\nhttp_server { enabled on; listen 0.0.0.0:8080; }',
    ],
    ['a listener that is off', 'listen 8080;\nhttp_server { listen 8080; }'],
  ])('no endpoint twice: %s', (_, text) => {
    expect(errors(text)).toEqual([]);
  });

  test.each([
    [
      'row 11, HTTP shared, HTTPS not',
      '8080',
      '1990',
      '8080',
      '8088',
      '2:64 for same http, https api(1990) != server(8088)',
    ],
    [
      'row 11, HTTPS shared, HTTP not',
      '1985',
      '8088',
      '8080',
      '8088',
      '2:31 for same https, http api(1985) != server(8080)',
    ],
  ])('%s', (_, api, apis, server, servers, expected) => {
    const block = (http: string, https: string) =>
      `{ enabled on; listen ${http}; https { enabled on; listen ${https}; } }`;
    expect(errors(withListen(`http_api ${block(api, apis)}\nhttp_server ${block(server, servers)}`))).toEqual(
      [expected],
    );
  });
});

describe('a file with several errors', () => {
  test('reports them all in the order of the file, and fails with the one that SRS fails with', () => {
    const { diagnostics, failure, config } = loadText(
      'vhost a {\n  foo 1;\n}\nmax_connections -1;\nhttp_apy { }\nlisten 0;\n',
    );
    const found = diagnostics.filter((one) => one.severity === 'error');
    expect(found.map((one) => one.line)).toEqual([2, 4, 5, 6]);
    expect(failure).toEqual({
      code: 1023,
      text: 'check normal : illegal directive http_apy',
      startText: 'check config : check normal : illegal directive http_apy',
    });
    expect(config).toBeUndefined();
  });

  test('still checks names and values after errors of syntax', () => {
    expect(errors('listen 1935;;\nfoo bar;\nvhost a {\n  hls { bar on; }\n')).toEqual([
      "1:13 line 1: unexpected ';'",
      '2:1 illegal directive foo',
      '3:1 line 3: unexpected end of file, expecting "}"',
      '4:9 illegal vhost.hls.bar of a',
    ]);
  });
});
