import { beforeEach, describe, expect, test } from 'vitest';
import { ApiFixture } from './api-fixture.ts';

const HEAD = '{"code":0,"server":"vid-server1","service":"service1","pid":"4711",';

let api: ApiFixture;
beforeEach(() => {
  api = new ApiFixture();
});

describe('objects, in SRS’s order of fields', () => {
  test('a vhost', async () => {
    api = new ApiFixture('vhost __defaultVhost__ { hls { enabled on; hls_fragment 2; } }');
    api.publish('livestream', 'pub00001');
    expect(await api.text('/api/v1/vhosts/')).toBe(
      `${HEAD}"vhosts":[{"id":"vid-0000000","name":"__defaultVhost__","enabled":true,"clients":1,"streams":1,` +
        `"send_bytes":0,"recv_bytes":0,"kbps":{"recv_30s":0,"send_30s":0},"hls":{"enabled":true,"fragment":2.00}}]}`,
    );
    expect(await api.text('/api/v1/vhosts/vid-0000000')).toMatch(/"vhost":\{"id":"vid-0000000",/);
  });

  test('a stream', async () => {
    api.publish('livestream', 'pub00001');
    const body = (await api.text('/api/v1/streams/')).replace(/"live_ms":1[67]\d{11}\b/, '"live_ms":NOW');
    expect(body).toMatch(/^\{"code":0,/);
    expect(body).toContain(
      '"streams":[{"id":"vid-0000001","name":"livestream","vhost":"vid-0000000","app":"live",',
    );
    expect(body).toContain('"tcUrl":"rtmp://127.0.0.1:1935/live","url":"/live/livestream","live_ms":');
    expect(body).toContain(',"clients":1,"frames":1,"send_bytes":0,"recv_bytes":0,');
    expect(body).toContain('"kbps":{"recv_30s":0,"send_30s":0},"publish":{"active":true,"cid":"pub00001"},');
    expect(body).toMatch(
      /"video":\{"codec":"H264","profile":"High","level":"3.1","width":1920,"height":1080\},/,
    );
    expect(body).toMatch(/"audio":\{"codec":"AAC","sample_rate":44100,"channel":2,"profile":"LC"\}\}\]\}$/);
  });

  test('a client', async () => {
    api.client('viewer01', {}, { bytesRead: 3733, bytesWritten: 7372092 });
    api.nowMs += 53_290;
    expect(await api.text('/api/v1/clients/viewer01')).toBe(
      `${HEAD}"client":{"id":"viewer01","vhost":"vid-0000000","stream":"vid-0000001","ip":"127.0.0.1",` +
        `"pageUrl":"http://page/a.html","swfUrl":"http://x/p.swf","tcUrl":"rtmp://127.0.0.1:1935/live",` +
        `"url":"/live/livestream","name":"livestream","type":"rtmp-play","publish":false,"alive":53.29,` +
        `"send_bytes":7372092,"recv_bytes":3733,"kbps":{"recv_30s":0,"send_30s":0}}}`,
    );
  });

  test('names of other people stay valid JSON', async () => {
    api.client('viewer01', { stream: 'a"\\\u0001<script>é', pageUrl: 'line\nbreak' });
    const answer = await api.get('/api/v1/clients/');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body).clients[0]).toMatchObject({
      name: 'a"\\\u0001<script>é',
      pageUrl: 'line\nbreak',
    });
  });
});

describe('tracks', () => {
  const tracks = async () => {
    const { streams } = JSON.parse(await api.text('/api/v1/streams/'));
    return { video: streams[0].video, audio: streams[0].audio };
  };

  test('are null before the publisher, and again after it', async () => {
    api.client('viewer01');
    expect(await tracks()).toEqual({ video: null, audio: null });
    const publication = api.publish('livestream', 'pub00001');
    expect((await tracks()).video).not.toBeNull();
    publication.end();
    expect(await tracks()).toEqual({ video: null, audio: null });
  });

  test('of codecs without a sequence header are known from the first frame', async () => {
    const publication = api.publish('livestream', 'pub00001', []);
    expect(await tracks()).toEqual({ video: null, audio: null });
    api.video(publication, '14000102');
    api.audio(publication, '2ffffb9064000000');
    expect(await tracks()).toEqual({
      video: { codec: 'VP6', profile: '', level: '', width: 0, height: 0 },
      audio: { codec: 'MP3', sample_rate: 44100, channel: 2, profile: '' },
    });
  });

  test('of codecs with one are null without it, and when it does not parse', async () => {
    const publication = api.publish('livestream', 'pub00001', []);
    api.video(publication, `2701000000${'00'.repeat(100)}`);
    api.audio(publication, 'af01210049');
    expect(await tracks()).toEqual({ video: null, audio: null });
    api.video(publication, '170000000001640028ffe000');
    expect((await tracks()).video).toBeNull();
  });
});

describe('ids and methods', () => {
  beforeEach(() => {
    api.client('viewer01');
  });

  test.each([
    ['/api/v1/vhosts/nope', 2014],
    ['/api/v1/streams/nope', 2048],
    ['/api/v1/clients/nope', 2049],
    ['/api/v1/clients/viewer01/', 2049],
  ])('%s is not found, whatever the method: %d', async (path, code) => {
    for (const method of ['GET', 'DELETE', 'POST', 'PUT'] as const) {
      const answer = await api.get(path, method);
      expect([answer.statusCode, answer.body]).toEqual([200, `{"code":${code}}`]);
    }
  });

  test.each([
    '/api/v1/vhosts/',
    '/api/v1/streams/',
    '/api/v1/clients/',
    '/api/v1/clients/viewer01',
    '/api/v1/streams/vid-0000001',
  ])('%s refuses POST', async (path) => {
    const answer = await api.get(path, 'POST');
    expect([answer.statusCode, answer.body]).toEqual([405, 'Method Not Allowed']);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test('DELETE kicks a client off; without an id it is not found', async () => {
    expect((await api.get('/api/v1/clients/viewer01', 'DELETE')).body).toBe(`${HEAD.slice(0, -1)}}`);
    expect(api.kicked).toEqual(['viewer01']);
    expect((await api.get('/api/v1/clients/', 'DELETE')).body).toBe('{"code":2049}');
  });
});

describe('paging', () => {
  const count = async (query: string) => {
    const { clients } = JSON.parse(await api.text(`/api/v1/clients/${query}`));
    return (clients as { id: string }[]).map(({ id }) => id);
  };

  beforeEach(() => {
    for (let i = 24; i >= 0; i--) api.client(`client${String(i).padStart(2, '0')}`);
  });

  test('ten by default and at least, in the order of their ids', async () => {
    const first = await count('');
    expect(first).toHaveLength(10);
    expect(first[0]).toBe('client00');
    expect(await count('?count=1')).toEqual(first);
    expect(await count('?count=-5&start=-3')).toEqual(first);
    expect(await count('?count=abc&start=abc')).toEqual(first);
  });

  test('more and later', async () => {
    expect(await count('?count=1000')).toHaveLength(25);
    expect(await count('?start=20&count=20')).toEqual([20, 21, 22, 23, 24].map((i) => `client${i}`));
    expect(await count('?start=25')).toEqual([]);
    expect(await count('?start=99999999999999999999')).toEqual([]);
  });
});
