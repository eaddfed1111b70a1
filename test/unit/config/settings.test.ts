// What the rest of the server reads: defaults (those of SRS 4.0), meanings, vhosts (spec config 1.2, 1.4, 3).

import { describe, expect, test } from 'vitest';
import { configOf, inVhost, withListen } from './load-text.ts';

const defaults = configOf(withListen('vhost __defaultVhost__ { }'));

describe('defaults', () => {
  test('of the root', () => {
    expect(defaults.root).toMatchObject({
      listen: [{ host: '0.0.0.0', port: 1935, text: '1935' }],
      pid: './objs/srs.pid',
      daemon: true,
      max_connections: 1000,
      chunk_size: 60000,
      srs_log_tank: undefined,
      srs_log_level: 'trace',
      srs_log_level_v2: undefined,
      srs_log_file: './objs/srs.log',
      log_format: 'text',
      grace_start_wait: 2300,
      grace_final_wait: 3200,
      force_grace_quit: false,
    });
  });

  test('of HTTP: nothing listens unless enabled', () => {
    expect(defaults.http_api).toMatchObject({ enabled: false, listen: { port: 1985 }, crossdomain: true });
    expect(defaults.http_api.https).toMatchObject({
      enabled: false,
      listen: { port: 1990 },
      key: './conf/server.key',
    });
    expect(defaults.http_server).toMatchObject({
      enabled: false,
      listen: { port: 8080 },
      dir: './objs/nginx/html',
    });
    expect(defaults.http_server.https.listen.port).toBe(8088);
    expect(configOf(withListen('http_api { enabled on; }')).http_api.listen.port).toBe(1985);
  });

  test('of a vhost', () => {
    const vhost = defaults.findVhost('any');
    expect(vhost).toMatchObject({
      enabled: true,
      chunk_size: 60000,
      min_latency: false,
      out_ack_size: 2500000,
    });
    expect(vhost?.play).toEqual({
      gop_cache: true,
      gop_cache_max_frames: 2500,
      queue_length: 30,
      time_jitter: 'full',
      atc: false,
      atc_auto: false,
      mix_correct: false,
      mw_latency: 350,
      mw_msgs: 8,
      send_min_interval: 0,
      reduce_sequence_header: false,
    });
    expect(vhost?.publish).toMatchObject({
      mr: false,
      mr_latency: 350,
      firstpkt_timeout: 20000,
      normal_timeout: 5000,
    });
    expect(vhost?.cluster).toMatchObject({
      mode: 'local',
      origin: [],
      vhost: '[vhost]',
      debug_srs_upnode: true,
    });
    expect(vhost?.http_remux).toMatchObject({ enabled: false, mount: '[vhost]/[app]/[stream].flv' });
    expect(vhost?.hls).toMatchObject({
      enabled: false,
      hls_fragment: 10,
      hls_td_ratio: 1.5,
      hls_aof_ratio: 2,
      hls_dispose: 0,
    });
    expect(vhost?.dash).toMatchObject({ dash_fragment: 30, dash_update_period: 150 });
    expect(vhost?.dvr).toMatchObject({ dvr_apply: [], dvr_plan: 'session', dvr_duration: 30 });
  });

  test('that follow another directive', () => {
    const config = configOf(
      'listen 1935;\nchunk_size 4096;\nvhost a { min_latency on; hls { hls_path /data; } }\nvhost b { chunk_size 128; }',
    );
    expect(config.findVhost('a')?.chunk_size).toBe(4096);
    expect(config.findVhost('a')?.play.mw_msgs).toBe(0);
    expect(config.findVhost('a')?.hls.hls_key_file_path).toBe('/data');
    expect(config.findVhost('b')?.chunk_size).toBe(128);
  });
});

describe('meanings', () => {
  test.each([
    ['1935', '0.0.0.0', 1935],
    ['127.0.0.1:1935', '127.0.0.1', 1935],
    ['[::]:1935', '::', 1935],
    ['[fd00::2]:80', 'fd00::2', 80],
  ])('endpoint %s', (text, host, port) => {
    expect(configOf(`listen ${text};`).root.listen).toEqual([{ host, port, text }]);
  });

  test.each([
    ['queue_length 10s', 10],
    ['queue_length -5', -5],
    ['queue_length abc', 0],
    ['queue_length 99999999999', 0x7fffffff],
  ])('whole number: %s', (line, expected) => {
    expect(configOf(inVhost(`play { ${line}; }`)).vhosts[0]?.play.queue_length).toBe(expected);
  });

  test.each([
    ['hls_fragment 0.5', 0.5],
    ['hls_fragment 1e1', 10],
    ['hls_fragment .25', 0.25],
    ['hls_fragment 2s', 2],
    ['hls_fragment x', 0],
  ])('number: %s', (line, expected) => {
    expect(configOf(inVhost(`hls { ${line}; }`)).vhosts[0]?.hls.hls_fragment).toBe(expected);
  });

  test('words that SRS does not know are what SRS takes them for', () => {
    const config = configOf(
      `${inVhost('play { time_jitter none; }\ncluster { mode edge; }\nhls { hls_on_error stop; }')}srs_log_tank x; srs_log_level Trace;`,
    );
    expect(config.vhosts[0]).toMatchObject({
      play: { time_jitter: 'off' },
      cluster: { mode: 'local' },
      hls: { hls_on_error: 'continue' },
    });
    expect(config.root).toMatchObject({ srs_log_tank: 'file', srs_log_level: 'off' });
  });

  test('hls_keys is off when absent and on for anything but off when present', () => {
    const keys = (text: string) => configOf(inVhost(`hls { ${text} }`)).vhosts[0]?.hls.hls_keys;
    expect([keys(''), keys('hls_keys;'), keys('hls_keys off;'), keys('hls_keys yes;')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test('a list that is absent is not one that is empty', () => {
    const refer = configOf(inVhost('refer { enabled on; all; play a b; }')).vhosts[0]?.refer;
    expect(refer).toEqual({ enabled: true, all: [], play: ['a', 'b'], publish: undefined });
  });

  test('repeated directives and blocks are all there', () => {
    const text = inVhost(`security { allow play all; deny publish 1.2.3.4; allow publish 10.0.0.0/8; }
      exec { publish a b; publish c; }
      ingest one { input { type stream; url rtsp://x; } engine e { vparams { g 50; 'x y' z; } output rtmp://y; } }
      ingest two { }
      transcode live { engine a { } engine b { vcodec copy; } }`);
    const vhost = configOf(text).vhosts[0];
    expect(vhost?.security).toMatchObject({
      allow: [
        ['play', 'all'],
        ['publish', '10.0.0.0/8'],
      ],
      deny: [['publish', '1.2.3.4']],
    });
    expect(vhost?.exec.publish).toEqual([['a', 'b'], ['c']]);
    expect(vhost?.ingest).toMatchObject([
      { id: 'one', input: { type: 'stream', url: 'rtsp://x' } },
      { id: 'two' },
    ]);
    expect(vhost?.ingest[0]?.engine[0]).toMatchObject({
      name: 'e',
      vparams: [
        { name: 'g', args: ['50'] },
        { name: 'x y', args: ['z'] },
      ],
      output: 'rtmp://y',
    });
    expect(vhost?.transcode).toMatchObject({
      scope: 'live',
      engine: [
        { name: 'a', iformat: 'flv' },
        { name: 'b', vcodec: 'copy' },
      ],
    });
  });
});

describe('vhosts', () => {
  const config = configOf(
    'listen 1935;\nvhost a { }\nvhost A { enabled off; }\nvhost a { enabled off; }\nvhost __defaultVhost__ { }\nvhost { }\nvhost b;',
  );

  test('are found by their exact name, else the default one', () => {
    expect(config.findVhost('a')?.name).toBe('a');
    expect(config.findVhost('A')?.name).toBe('A');
    expect(config.findVhost('b')?.name).toBe('b');
    expect(config.findVhost('c')?.name).toBe('__defaultVhost__');
    expect(configOf('listen 1935;\nvhost a { }').findVhost('b')).toBeUndefined();
  });

  test('the first of a name counts, disabled ones stay', () => {
    expect(config.vhosts.map((vhost) => [vhost.name, vhost.enabled])).toEqual([
      ['a', true],
      ['A', false],
      ['__defaultVhost__', true],
      ['', true],
      ['b', true],
    ]);
  });

  test('the first of duplicate directives and blocks counts, blocks are not merged', () => {
    const twice = configOf(
      'listen 1935;\nlisten 1936;\nhttp_api { enabled on; }\nhttp_api { listen 9; }\nvhost a { hls { } hls { enabled on; } }',
    );
    expect(twice.root.listen.map((one) => one.port)).toEqual([1935]);
    expect(twice.http_api).toMatchObject({ enabled: true, listen: { port: 1985 } });
    expect(twice.findVhost('a')?.hls.enabled).toBe(false);
  });
});
