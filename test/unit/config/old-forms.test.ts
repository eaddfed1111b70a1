// Spellings of SRS 1 to 4 (spec config 3.8): what they become, and the warning of SRS.

import { describe, expect, test } from 'vitest';
import { rewriteOldForms } from '../../../src/config/old-forms.ts';
import { rootOf } from '../../../src/config/syntax/tree.ts';
import { configOf, inVhost, parseText, shape, withListen } from './load-text.ts';

function rewrite(text: string): { tree: string; warnings: string[] } {
  const { tree, diagnostics } = rewriteOldForms(rootOf('t.conf', parseText(text).children));
  return {
    tree: shape(tree.children),
    warnings: diagnostics.map((one) => one.message.replace('transform: ', '')),
  };
}

const play =
  'time_jitter mix_correct atc atc_auto mw_latency gop_cache gop_cache_max_frames queue_length send_min_interval reduce_sequence_header';
const cluster = 'mode origin token_traverse vhost debug_srs_upnode';

type Case = readonly [text: string, tree: string, warnings: readonly string[]];

describe('old forms', () => {
  test.each<Case>([
    ['http_stream { enabled on; }', 'http_server { enabled on; }', []],
    [
      'vhost a { http { enabled on; } }',
      'vhost a { http_static { enabled on; } }',
      ['vhost.http => vhost.http_static for vhost'],
    ],
    ['vhost a { http_remux { hstrs on; enabled on; } }', 'vhost a { http_remux { enabled on; } }', []],
    [
      'vhost a { refer b c; }',
      'vhost a { refer { enabled on; all b c; } }',
      ['vhost.refer to vhost.refer.all for vhost'],
    ],
    [
      'vhost a { refer_play b; refer_publish c; }',
      'vhost a { refer { enabled on; play b; publish c; } }',
      [
        'vhost.refer_play to vhost.refer.play for vhost',
        'vhost.refer_publish to vhost.refer.publish for vhost',
      ],
    ],
    [
      'vhost a { refer { enabled off; } refer_play b; }',
      'vhost a { refer { enabled off; play b; } }',
      ['vhost.refer_play to vhost.refer.play for vhost'],
    ],
    [
      'vhost a { mr { enabled on; latency 9; } }',
      'vhost a { publish { mr on; mr_latency 9; } }',
      [
        'vhost.mr.enabled to vhost.publish.mr for vhost',
        'vhost.mr.latency to vhost.publish.mr_latency for vhost',
      ],
    ],
    [
      'vhost a { publish_1stpkt_timeout 1; }',
      'vhost a { publish { firstpkt_timeout 1; } }',
      ['vhost.publish_1stpkt_timeout to vhost.publish.firstpkt_timeout for vhost'],
    ],
    [
      'vhost a { publish_normal_timeout 1; }',
      'vhost a { publish { normal_timeout 1; } }',
      ['vhost.publish_normal_timeout to vhost.publish.normal_timeout for vhost'],
    ],
    ...play
      .split(' ')
      .map(
        (name) =>
          [
            `vhost a { ${name} 1; }`,
            `vhost a { play { ${name} 1; } }`,
            [`vhost.${name} to vhost.play.${name} of vhost`],
          ] as const,
      ),
    ...cluster
      .split(' ')
      .map(
        (name) =>
          [
            `vhost a { ${name} b c; }`,
            `vhost a { cluster { ${name} b c; } }`,
            [`vhost.${name} to vhost.cluster.${name} of vhost`],
          ] as const,
      ),
    [
      'vhost a { forward b c; }',
      'vhost a { forward { enabled on; destination b c; } }',
      ['vhost.forward to vhost.forward.destination for vhost'],
    ],
    ['vhost a { forward { enabled off; } }', 'vhost a { forward { enabled off; } }', []],
    [
      'vhost a { nack { enabled off; no_copy off; } }',
      'vhost a { rtc { nack off; nack_no_copy off; } }',
      ['vhost.nack to vhost.rtc.nack of vhost'],
    ],
    [
      'vhost a { twcc { enabled off; } }',
      'vhost a { rtc { twcc off; } }',
      ['vhost.twcc to vhost.rtc.twcc of vhost'],
    ],
    [
      'vhost a { rtc { aac transcode; } }',
      'vhost a { rtc { rtmp_to_rtc on; } }',
      ['vhost.rtc.aac to vhost.rtc.rtmp_to_rtc on'],
    ],
    [
      'vhost a { rtc { aac discard; bframe keep; } }',
      'vhost a { rtc { rtmp_to_rtc off; keep_bframe on; } }',
      ['vhost.rtc.aac to vhost.rtc.rtmp_to_rtc off', 'vhost.rtc.bframe to vhost.rtc.keep_bframe on'],
    ],
    ['srt_server { tlpkdrop off; }', 'srt_server { tlpktdrop off; }', []],
    ['rtc_server { perf_stat on; queue_length 1; listen 1; }', 'rtc_server { listen 1; }', []],
    [
      'stream_caster { tcp_enable on; sip { serial 1; listen 2; } }',
      'stream_caster { sip { listen 2; } }',
      ['Config tcp_enable for GB is not used', 'Config sip.serial for GB is not used'],
    ],
    [
      'stream_caster { host *; }',
      'stream_caster { sip { candidate *; } }',
      ['Config move host to sip.candidate for GB'],
    ],
  ])('%s', (text, tree, warnings) => {
    expect(rewrite(text)).toEqual({ tree, warnings: [...warnings] });
  });

  test('beat the same setting in the block, wherever they stand', () => {
    expect(
      configOf(inVhost('play { gop_cache on; queue_length 5; }\ngop_cache off;')).vhosts[0]?.play,
    ).toMatchObject({ gop_cache: false, queue_length: 5 });
    expect(configOf(inVhost('gop_cache off;\nplay { gop_cache on; }')).vhosts[0]?.play.gop_cache).toBe(false);
  });

  test('of several the last one counts', () => {
    expect(configOf(inVhost('gop_cache off;\ngop_cache on;')).vhosts[0]?.play.gop_cache).toBe(true);
  });

  test('with braces lose what stands in them, with a warning', () => {
    const { warnings } = rewrite('vhost a { hls { } vhost b { hls { } } }');
    expect(warnings[0]).toBe('the braces behind vhost and what stands in them are dropped');
  });

  test('keep their places, for other warnings about them', () => {
    const config = configOf(withListen('vhost a {\n  queue_length 10;\n}'));
    expect(config.tree.children[1]?.children[0]?.children[0]?.at).toEqual({
      file: 't.conf',
      line: 3,
      column: 3,
    });
  });

  test('leave the parsed tree as it is', () => {
    const tree = rootOf('t.conf', parseText('vhost a { gop_cache off; http { } }').children);
    rewriteOldForms(tree);
    expect(shape(tree.children)).toBe('vhost a { gop_cache off; http { } }');
  });

  test.each([
    ['grace_start_wait 700; grace_final_wait 800; force_grace_quit on;', '4.0.5 in the guide'],
    [
      'empty_ip_ok on; disable_daemon_for_docker on; inotify_auto_reload off; auto_reload_for_docker on;',
      '3.0',
    ],
    [
      'stream_caster { enabled off; caster rtsp; rtp_port_min 57200; rtp_port_max 57300; }',
      'the caster of 3.0',
    ],
    [
      'http_api { raw_api { enabled on; allow_reload on; allow_query on; allow_update on; } }',
      'raw_api of 3.0',
    ],
    ['heartbeat { interval 9.3; }', 'a float in 3.0'],
  ])('names of older images load: %s (%s)', (text) => {
    expect(configOf(withListen(text))).toBeDefined();
  });
});
