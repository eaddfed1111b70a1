import { describe, expect, test } from 'vitest';
import { pageModule } from './page-module.ts';

interface AddressModule {
  addressOf(pageUrl: string): string;
  formatOf(url: string): string;
  inFormat(url: string, key: string): string;
}

const { addressOf, formatOf, inFormat } = await pageModule<AddressModule>('players/address.js');

describe('the stream that the page’s URL names', () => {
  test.each([
    ['http://h:8080/players/', 'http://h:8080/live/livestream.flv'],
    ['http://h:8080/players/#http://x/live/a.m3u8', 'http://x/live/a.m3u8'],
    ['http://h:8080/players/#http%3A%2F%2Fx%2Flive%2Fa.flv', 'http://x/live/a.flv'],
    ['http://h:8080/players/#javascript:alert(1)', 'http://h:8080/live/livestream.flv'],
    [
      'http://h:8080/players/?vhost=h&app=live&stream=s.flv&server=h&port=8080&autostart=true&schema=http',
      'http://h:8080/live/s.flv',
    ],
    ['http://h/players/?app=show&stream=s&server=other&port=9000', 'http://other:9000/show/s.flv'],
    ['http://h:8080/players/?stream=s.m3u8', 'http://h:8080/live/s.m3u8'],
    ['http://h:8080/players/?stream=s.flv&vhost=__defaultVhost__', 'http://h:8080/live/s.flv'],
    [
      'http://h:8080/players/?stream=s.flv&vhost=v.example.com',
      'http://h:8080/live/s.flv?vhost=v.example.com',
    ],
    ['https://h/players/?stream=s', 'https://h/live/s.flv'],
    ['http://h:8080/players/?stream=s&schema=javascript', 'http://h:8080/live/s.flv'],
    ['http://h:8080/players/?stream=s&schema=ws', 'ws://h:8080/live/s.flv'],
    ['http://h:8080/players/?stream=s.flv?token=1', 'http://h:8080/live/s.flv?token=1'],
  ])('%s', (page, expected) => {
    expect(addressOf(page)).toBe(expected);
  });
});

test.each([
  ['http://h/live/s.flv?token=1', 'flv', 'http://h/live/s.flv?token=1'],
  ['http://h/live/s.flv?token=1', 'ws', 'ws://h/live/s.flv?token=1'],
  ['https://h/live/s.flv', 'ws', 'wss://h/live/s.flv'],
  ['ws://h/live/s.flv', 'hls', 'http://h/live/s.m3u8'],
  ['wss://h/live/s.m3u8', 'flv', 'https://h/live/s.flv'],
])('%s as %s', (url, key, expected) => {
  expect(inFormat(url, key)).toBe(expected);
  expect(formatOf(expected)).toBe(key);
});
