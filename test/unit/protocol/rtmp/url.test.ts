import { describe, expect, test } from 'vitest';
import { discoverUrl, encodeStreamWithQuery, encodeTcUrl } from '../../../../src/protocol/rtmp/url.ts';

describe('discoverUrl', () => {
  // The table of spec section 6, run against SRS 4.0.271, then the forms that SRS 7 accepts in addition.
  test.each([
    ['rtmp://H/live', 's', 'H', 'live', 's', ''],
    ['rtmp://H/live?vhost=V', 's', 'V', 'live', 's', '?vhost=V'],
    ['rtmp://H/live', 's?vhost=V&token=1', 'V', 'live', 's', '?vhost=V&token=1'],
    ['rtmp://H/live...vhost...V', 's', 'V', 'live', 's', ''],
    ['rtmp://H/live?domain=V', 's', 'V', 'live', 's', '?domain=V'],
    ['rtmp://H/live?a=b', 's?c=d', 'H', 'live', 's', '?c=d'],
    ['rtmp://H/live?vhost=A', 's?vhost=B', 'B', 'live', 's', '?vhost=B'],
    ['rtmp://H/live/sub/app', 's', 'H', 'live/sub/app', 's', ''],
    ['rtmp://H/live/_definst_', 's', 'H', 'live', 's', ''],
    ['rtmp://H/live/_definst_?vhost=V', 's', 'V', 'live', 's', '?vhost=V'],
    ['rtmp://H/', 's', 'H', '__defaultApp__', 's', ''],
    ['rtmp://H/live', 'dir/s', 'H', 'live', 'dir/s', ''],
    ['rtmp://H/live', 'a=x,y', 'H', 'live', 'a', ''],
    ['rtmp://H/live', 's.flv', 'H', 'live', 's.flv', ''],
    ['rtmp://H/live?vhost=__defaultVhost__', 's', '__defaultVhost__', 'live', 's', ''],
    ['rtmp://s td.os srs.n et/li v e', 's t', 'std.ossrs.net', 'live', 'st', ''],
    ['rtmp://H/live/', '/s/', 'H', 'live', 's', ''],
    ['rtmp://H', 's', 'H', '__defaultApp__', 's', ''],
    ['rtmp://H/live/s', '', 'H', 'live', 's', ''],
    ['rtmp://H/live/dir/s', '', 'H', 'live', 'dir/s', ''],
    ['rtmp://H/live/s', '?token=x', 'H', 'live', 's', '?token=x'],
    ['rtmp://H/live?token=x/s', '', 'H', 'live', 's', '?token=x'],
    ['rtmp://H/live?vhost=V/s', '', 'V', 'live', 's', '?vhost=V'],
    ['rtmp://H/live', '', 'H', 'live', '', ''],
  ])('%s + "%s"', (tcUrl, stream, vhost, app, name, param) => {
    const url = discoverUrl(tcUrl, stream);
    expect([url.vhost, url.app, url.stream, url.param]).toEqual([vhost, app, name, param]);
    expect(url.schema).toBe('rtmp');
    expect(url.port).toBe(1935);
  });

  test('without a stream name yet, nothing is guessed', () => {
    expect(discoverUrl('rtmp://H/live/s')).toMatchObject({ app: 'live/s', stream: '' });
  });

  test.each([
    ['rtmp://H:1936/live', 'rtmp', 'H', 1936],
    ['rtmp://H:0/live', 'rtmp', 'H', 1935],
    ['rtmp://H:/live', 'rtmp', 'H', 1935],
    ['rtmp://H:99999/live', 'rtmp', 'H', 1935],
    ['rtmps://H/live', 'rtmps', 'H', 1935],
    ['rtmp://[::1]:19350/live', 'rtmp', '::1', 19350],
    ['rtmp://[::1]/live', 'rtmp', '::1', 1935],
    ['rtmp://fe80::1/live', 'rtmp', 'fe80::1', 1935],
    ['H/live', '', 'H', 1935],
    ['', '', '', 1935],
  ])('%s', (tcUrl, schema, host, port) => {
    expect(discoverUrl(tcUrl)).toMatchObject({ schema, host, port, vhost: host });
  });
});

test.each([
  ['127.0.0.1', '__defaultVhost__', 'live', 1935, 'rtmp://127.0.0.1/live'],
  ['127.0.0.1', 'V', 'live', 1935, 'rtmp://V/live'],
  ['127.0.0.1', 'V', 'live', 19350, 'rtmp://V:19350/live'],
  ['::1', '__defaultVhost__', 'live', 19350, 'rtmp://[::1]:19350/live'],
])('encodeTcUrl %s %s %s %i', (host, vhost, app, port, tcUrl) => {
  expect(encodeTcUrl(host, vhost, app, port)).toBe(tcUrl);
});

test.each([
  ['1.2.3.4', 'V', 's', 'token=abc', true, 's?token=abc&vhost=V'],
  ['1.2.3.4', '__defaultVhost__', 's', '', true, 's'],
  ['origin.net', '__defaultVhost__', 's', '', true, 's?vhost=origin.net'],
  ['1.2.3.4', 'V', 's', '?vhost=W', true, 's?vhost=W'],
  ['1.2.3.4', 'x', 's', '?vhost=x&k=v', false, 's?k=v'],
  ['1.2.3.4', 'x', 's', '?k=v&vhost=x', false, 's?k=v'],
  ['1.2.3.4', 'x', 's', '', false, 's'],
])('encodeStreamWithQuery %s %s %s %s %s', (host, vhost, stream, param, withVhost, expected) => {
  expect(encodeStreamWithQuery(host, vhost, stream, param, withVhost)).toBe(expected);
});
