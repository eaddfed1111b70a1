// What a reload would change.

import { describe, expect, test } from 'vitest';
import { diffConfigs } from '../../../src/config/diff.ts';
import { configOf, withListen } from './load-text.ts';

function diff(before: string, after: string): string[] {
  return diffConfigs(configOf(withListen(before)), configOf(withListen(after))).map((change) => {
    const where = change.vhost === undefined ? change.path : `${change.vhost}: ${change.path}`;
    return `${change.kind} ${where} (${change.reload})`;
  });
}

describe('the difference of two configurations', () => {
  test('is nothing when only the writing differs', () => {
    expect(diff('vhost a { play { gop_cache on; } }', '# new\nvhost   a {\n}\n')).toEqual([]);
  });

  test.each([
    ['max_connections 10;', '', ['changed max_connections (live)']],
    ['daemon off;', 'daemon on;', ['changed daemon (restart)']],
    [
      'http_api { enabled on; }',
      'http_api { listen 9; }',
      ['changed http_api.enabled (applied)', 'changed http_api.listen (applied)'],
    ],
    ['vhost a { }', 'vhost a { enabled off; }', ['changed a: enabled (applied)']],
    [
      'vhost a { hls { } }',
      'vhost a { hls { } cluster { mode remote; } }',
      ['changed a: cluster.mode (applied)'],
    ],
    ['vhost a { }', 'vhost b { }', ['added b:  (applied)', 'removed a:  (applied)']],
    ['vhost a { ingest x { } }', 'vhost a { ingest x { enabled on; } }', ['changed a: ingest (applied)']],
    ['vhost a { transcode x { } }', 'vhost a { transcode y { } }', ['changed a: transcode (applied)']],
    ['stream_caster { }', '', ['changed stream_caster (restart)']],
  ])('%s to %s', (before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });

  test('carries the values', () => {
    const [change] = diffConfigs(
      configOf(withListen('vhost a { }')),
      configOf(withListen('vhost a { play { queue_length 5; } }')),
    );
    expect(change).toEqual({
      vhost: 'a',
      path: 'play.queue_length',
      kind: 'changed',
      before: 30,
      after: 5,
      reload: 'applied',
    });
  });

  test('follows defaults: another chunk_size of the root changes it in vhosts', () => {
    expect(diff('chunk_size 128;\nvhost a { }', 'chunk_size 4096;\nvhost a { }')).toEqual([
      'changed chunk_size (new)',
      'changed a: chunk_size (new)',
    ]);
  });
});
