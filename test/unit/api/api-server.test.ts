import { beforeEach, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../../src/api/route-table.ts';
import { ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeEach(() => {
  api = new ApiFixture();
});

describe('listings', () => {
  test.each([
    ['/', 'api the api root'],
    ['/nope', 'api the api root'],
    ['/favicon.ico', 'api the api root'],
    ['/api/', 'v1 the api version 1.0'],
    ['/api/nope', 'v1 the api version 1.0'],
  ])('%s', async (path, expected) => {
    const { code, urls } = JSON.parse(await api.text(path));
    const [name = '', text = ''] = expected.split(/ (.*)/);
    expect(code).toBe(0);
    expect(urls[name]).toBe(text);
  });

  test.each(['/api/v1/', '/api/v1/nope', '/api/v1/versions/', '/api/v1/perf', '/api/v1/tests/nope'])(
    '%s lists version 1',
    async (path) => {
      const answer = await api.get(path);
      expect(answer.statusCode).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({
        code: 0,
        server: 'vid-server1',
        urls: { versions: 'the version of SRS', clusters: 'origin cluster server API' },
        tests: { errors: 'always return an error 100' },
      });
    },
  );

  test.each([
    ['/api', '/api/'],
    ['/api/v1', '/api/v1/'],
    ['/api/v1/clients?start=1', '/api/v1/clients/?start=1'],
    ['/api/v1/streams', '/api/v1/streams/'],
    ['/api/v1/vhosts', '/api/v1/vhosts/'],
  ])('%s leads to %s', async (path, location) => {
    const answer = await api.get(path);
    expect([answer.statusCode, answer.headers.location]).toEqual([302, location]);
    expect(answer.body).toBe(`Redirect to ${location}`);
  });
});

describe('fixed answers', () => {
  test('versions', async () => {
    const answer = await api.get('/api/v1/versions');
    expect(answer.body).toBe(
      '{"code":0,"server":"vid-server1","service":"service1","pid":"4711","data":{"major":4,"minor":0,"revision":271,"version":"4.0.271"}}',
    );
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
  });

  test('tests', async () => {
    expect(await api.text('/api/v1/tests/errors')).toBe('{"code":100}');
    const redirected = await api.get('/api/v1/tests/redirects');
    expect([redirected.statusCode, redirected.headers.location]).toEqual([301, '/api/v1/tests/errors']);
    expect(JSON.parse(await api.text('/api/v1/tests/requests?a=b')).data).toMatchObject({
      uri: 'http://srs.example.com/api/v1/tests/requests',
      path: '/api/v1/tests/requests',
      METHOD: 'GET',
      headers: { sigature: 'SRS' },
    });
  });

  test.each(['POST', 'PUT', 'DELETE'] as const)(
    '%s is answered like GET where it means nothing',
    async (method) => {
      expect(JSON.parse((await api.get('/api/v1/versions', method)).body).code).toBe(0);
    },
  );

  test('a body of any type is read and dropped', async () => {
    const answer = await api.fastify.inject({
      method: 'POST',
      url: '/api/v1/versions',
      headers: { 'content-type': 'application/json' },
      payload: '{"broken',
    });
    expect(answer.statusCode).toBe(200);
  });
});

describe('the process', () => {
  test('summaries: fields in order, decimals with two digits', async () => {
    const body = await api.text('/api/v1/summaries');
    expect(body).toMatch(
      /^\{"code":0,"server":"vid-server1","service":"service1","pid":"4711","data":\{"ok":false,"now_ms":\d+,"self":\{"version":"4.0.271","pid":\d+,"ppid":\d+,"argv":"/,
    );
    expect(body).toMatch(
      /"mem_percent":0\.\d\d,"cpu_percent":\d\.\d\d,"srs_uptime":\d+\},"system":\{"cpu_percent":0\.\d\d,"disk_read_KBps":0,/,
    );
    expect(body).toMatch(/"conn_sys_udp":\d+,"conn_srs":0\}\}\}$/);
  });

  test.each([
    ['rusages', '"ok":false,"sample_time":0,"ru_utime":\\d+,"ru_stime":\\d+,"ru_maxrss":\\d+,'],
    [
      'self_proc_stats',
      '"ok":false,"sample_time":0,"percent":0.00,"pid":0,"comm":"","state":"","ppid":0,"pgrp":0,',
    ],
    ['system_proc_stats', '"ok":false,"sample_time":0,"percent":0.00,"user":0,"nice":0,"sys":0,"idle":0,'],
    [
      'meminfos',
      '"ok":false,"sample_time":0,"percent_ram":0.00,"percent_swap":0.00,"MemActive":0,"RealInUse":0,',
    ],
    [
      'features',
      '"options":"","options2":"node [^"]*","build":"","build2":"","features":\\{"ssl":true,"hls":true,',
    ],
    ['authors', '"license":"MIT","contributors":'],
  ])('%s', async (name, start) => {
    expect(await api.text(`/api/v1/${name}`)).toMatch(new RegExp(`"data":\\{${start}`));
  });
});

describe('raw', () => {
  test('rpc=raw is always answered', async () => {
    api = new ApiFixture('http_api { enabled on; listen 127.0.0.1:1985; crossdomain off; }');
    expect(await api.text('/api/v1/raw?rpc=raw')).toBe(
      '{"code":0,"http_api":{"enabled":true,"listen":"127.0.0.1:1985","crossdomain":false,"raw_api":' +
        '{"enabled":false,"allow_reload":false,"allow_query":false,"allow_update":false}}}',
    );
    expect(await api.text('/api/v1/raw?rpc=reload')).toBe('{"code":1061}');
    expect(await api.text('/api/v1/raw')).toBe('{"code":1061}');
  });

  test('reload needs its own permission; unknown calls are 1060', async () => {
    api = new ApiFixture('http_api { enabled on; raw_api { enabled on; } }');
    expect(await api.text('/api/v1/raw?rpc=reload')).toBe('{"code":1061}');
    for (const rpc of ['', '?rpc=query', '?rpc=update']) {
      expect(await api.text(`/api/v1/raw${rpc}`)).toBe('{"code":1060}');
    }
    expect(api.reloads).toBe(0);
  });

  test('reload, and what became of it', async () => {
    api = new ApiFixture('http_api { enabled on; raw_api { enabled on; allow_reload on; } }');
    expect(await api.text('/api/v1/raw?rpc=reload')).toBe('{"code":0}');
    expect(api.reloads).toBe(1);
    expect(await api.text('/api/v1/raw?rpc=reload-fetch')).toMatch(
      /^\{"code":0,"data":\{"err":0,"msg":"Success","state":0,"rid":"[0-9a-f]{7}"\}\}$/,
    );
    api.reloadState.begin(1);
    api.reloadState.fail(1023, 'code=1023(ConfigInvalid) : check config', []);
    expect(JSON.parse(await api.text('/api/v1/raw?rpc=reload-fetch')).data).toMatchObject({
      err: 1023,
      state: 10,
    });
  });
});

describe('JSONP', () => {
  test('wraps data and failures', async () => {
    const answer = await api.get('/api/v1/versions?callback=angular.callbacks._0');
    expect(answer.body).toMatch(/^angular\.callbacks\._0\(\{"code":0,.*\}\)$/);
    expect(answer.headers['content-type']).toBe('text/javascript');
    expect(await api.text('/api/v1/tests/errors?callback=cb')).toBe('cb({"code":100})');
    expect((await api.get('/api/v1/versions?callback=')).headers['content-type']).toBe('application/json');
  });

  test.each(['alert(1)//', '<script>', 'a b', 'a%0d%0ab', 'x;y', "a'", 'é', 'a'.repeat(129), '%E2%80%A8'])(
    'refuses the callback %s and does not repeat it',
    async (name) => {
      const answer = await api.get(`/api/v1/versions?callback=${encodeURI(name)}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).not.toContain(name);
    },
  );

  test('names the method, but only with a callback', async () => {
    api.client('viewer01');
    expect(await api.text('/api/v1/clients/viewer01?method=DELETE')).toContain('"client":{');
    expect(api.kicked).toEqual([]);
    expect(await api.text('/api/v1/clients/viewer01?callback=cb&method=DELETE')).toMatch(/^cb\(\{"code":0,/);
    expect(api.kicked).toEqual(['viewer01']);
    expect(await api.text('/api/v1/clients/viewer01?callback=cb&method=PATCH')).toContain('"client":{');
    expect((await api.get('/api/v1/clients/?callback=cb&method=POST')).body).toBe('Method Not Allowed');
  });

  test('a parameter given twice counts once', async () => {
    expect(await api.text('/api/v1/tests/errors?callback=a&callback=b')).toBe('a({"code":100})');
  });
});

describe('OpenAPI', () => {
  test('describes every route and every field of its answer', async () => {
    const document = JSON.parse(await api.text('/api/v1/openapi.json'));
    expect(document.openapi).toBe('3.0.3');
    for (const route of apiRoutes) {
      const path = document.paths[route.path.replace(':id', '{id}')];
      expect(Object.keys(path)).toEqual(route.documented.map((method) => method.toLowerCase()));
      const { properties } = path.get.responses[200].content['application/json'].schema;
      expect(Object.keys(properties)).toEqual(Object.keys(route.fields));
    }
    const { video } =
      document.paths['/api/v1/streams/{id}'].get.responses[200].content['application/json'].schema.properties
        .stream.properties;
    expect(video).toMatchObject({ type: 'object', nullable: true });
  });
});

describe('auth', () => {
  const conf = 'http_api { enabled on; auth { enabled on; username admin; password "s:cret"; } }';
  const ask = (url: string, credentials?: string) =>
    api.fastify.inject({
      url,
      headers: credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` },
    });

  beforeEach(() => {
    api = new ApiFixture(conf);
  });

  test.each([
    '/api/v1/versions',
    '/api/v1/clients/',
    '/api/nope',
    '/%61pi/v1/clients/',
    '/api/v1/openapi.json',
    '/api',
  ])('%s needs the right name and password', async (url) => {
    for (const credentials of [undefined, 'admin:', 'admin:s', 'root:s:cret', ':', 'admin', '']) {
      const answer = await ask(url, credentials);
      expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
        401,
        expect.stringMatching(/^Basic /),
      ]);
      expect(answer.body).not.toContain('vid-server1');
    }
    expect((await ask(url, 'admin:s:cret')).statusCode).toBeLessThan(400);
  });

  test('what is not below /api/ is open', async () => {
    expect((await ask('/')).statusCode).toBe(200);
  });
});
