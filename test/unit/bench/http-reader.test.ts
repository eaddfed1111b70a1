import { expect, test } from 'vitest';
import { HttpReader } from '../../../bench/wire/http-reader.ts';
import { forEachCut } from './cut.ts';

function readerInto(log: string[]): HttpReader {
  let body = '';
  return new HttpReader({
    onHead: (head) => log.push(String(head.status)),
    onBody: (data, start, end) => {
      body += data.toString('latin1', start, end);
    },
    onEnd: () => {
      log.push(body);
      body = '';
    },
  });
}

test.each<[string, string, readonly string[]]>([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', ['200', 'hello']],
  ['a length of nothing', 'HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n', ['404', '']],
  [
    'chunks, with an extension and a trailer',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n, dear all\r\n0\r\nX: y\r\n\r\n',
    ['200', 'hello, dear all'],
  ],
  [
    'two answers on one connection',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb',
    ['200', 'a', '200', 'b'],
  ],
])('%s', (_name, text, expected) => {
  forEachCut(Buffer.from(text), (feed) => {
    const log: string[] = [];
    feed(readerInto(log));
    expect(log).toEqual(expected);
  });
});

test('without a length the body goes on until the close, and after an upgrade too', () => {
  for (const status of ['200 OK', '101 Switching Protocols']) {
    const parts: string[] = [];
    const reader = new HttpReader({
      onHead: () => {},
      onBody: (data, start, end) => parts.push(data.toString('latin1', start, end)),
      onEnd: () => parts.push('end'),
    });
    const bytes = Buffer.from(`HTTP/1.1 ${status}\r\n\r\nabc`);
    reader.feed(bytes, 0, bytes.length);
    expect(parts).toEqual(['abc']);
  }
});

test.each([
  ['RTMP\r\n\r\n', 'not an HTTP answer'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'not an HTTP chunk size: zz'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n', 'does not end with an empty line'],
])('%j is refused', (text, message) => {
  const bytes = Buffer.from(text);
  expect(() => readerInto([]).feed(bytes, 0, bytes.length)).toThrow(message);
});
