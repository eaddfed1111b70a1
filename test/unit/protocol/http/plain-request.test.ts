import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlainRequest } from '../../../../src/protocol/http/plain-request.ts';

const parse = (text: string) => parsePlainRequest(Buffer.from(text, 'latin1'));
const withField = (field: string) => parse(`GET /live/x.m3u8 HTTP/1.1\r\nHost: a.com\r\n${field}\r\n\r\n`);

/** As hls.js in Chromium sends it, shortened. */
const BROWSER = [
  'GET /live/livestream-7.ts?hls_ctx=p93x4803 HTTP/1.1',
  'Host: 127.0.0.1:8080',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="142", "Not A(Brand";v="99"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64)',
  'Accept: */*',
  'Referer: http://127.0.0.1:8080/players/srs_player.html',
  'Accept-Encoding: gzip, deflate, br, zstd',
  '\r\n',
].join('\r\n');

test('what a browser asks for is plain, and the next request begins behind it', () => {
  const request = parse(`${BROWSER}GET /next`);
  expect(request).toMatchObject({
    url: '/live/livestream-7.ts?hls_ctx=p93x4803',
    wantsClose: false,
    sizeBytes: BROWSER.length,
  });
  expect(request?.headers).toMatchObject({ host: '127.0.0.1:8080', accept: '*/*' });
});

test('it is complete or not there, wherever it is cut', () => {
  for (let size = 0; size < BROWSER.length; size++) expect(parse(BROWSER.slice(0, size))).toBeUndefined();
});

test('the client may want the connection closed', () => {
  expect(withField('Connection: Close')?.wantsClose).toBe(true);
  expect(withField('Connection: Keep-Alive')?.wantsClose).toBe(false);
});

test('a field may be empty, and white space around a value is none of it', () => {
  expect(withField('X-Token: \t a b \t')?.headers['x-token']).toBe('a b');
  expect(withField('X-Token:')?.headers['x-token']).toBe('');
  expect(withField('__proto__: x')?.headers.host).toBe('a.com');
});

test('a wish for a part is told', () => {
  expect(withField('Range: bytes=0-')?.headers.range).toBe('bytes=0-');
});

describe('left to the complete parser', () => {
  test.each([
    'Content-Length: 5',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Upgrade: websocket',
    'Connection: upgrade',
    'Connection: keep-alive, upgrade',
    'Expect: 100-continue',
    'If-Match: "x"',
    'Host: b.com',
    'Bad Name: x',
    ' folded: x',
    'No-Colon',
    ': nameless',
    'X: a\0b',
    'X: a\nY: b',
    'X: a\rY: b',
    `X: ${'a'.repeat(8200)}`,
  ])('%s', (field) => {
    expect(withField(field)).toBeUndefined();
  });

  test.each([
    'POST /x HTTP/1.1\r\nHost: a\r\n\r\n',
    'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n',
    'get /x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /x HTTP/1.0\r\nHost: a\r\n\r\n',
    'GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET  /x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /x HTTP/1.1\nHost: a\n\n',
    'GET /x HTTP/1.1\r\nHost:\r\n\r\n',
    'GET /x HTTP/1.1\r\nAccept: a\r\n\r\n',
    'GET /x HTTP/1.1\r\n\r\n',
    '\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n',
  ])('%j', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

test('no bytes make it fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (target, field) => {
      const request = parse(`GET /${target} HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`);
      if (request !== undefined) expect(request.url).toMatch(/^\/[\x21-\x7e]*$/);
    }),
  );
});

test('the field lines of the request before are not read again, and others are', () => {
  const first = parse(BROWSER);
  const next = (text: string) => parsePlainRequest(Buffer.from(text, 'latin1'), first);
  const same = next(BROWSER.replace('livestream-7', 'livestream-8'));
  expect(same).toMatchObject({ url: '/live/livestream-8.ts?hls_ctx=p93x4803', sizeBytes: BROWSER.length });
  expect(same?.headers).toBe(first?.headers);
  expect(next(BROWSER.replace('keep-alive', 'close'))?.wantsClose).toBe(true);
  expect(next(BROWSER.replace('Accept: */*', 'If-Range: "x"'))).toBeUndefined();
  expect(next(BROWSER.replace('GET', 'PUT'))).toBeUndefined();
});
