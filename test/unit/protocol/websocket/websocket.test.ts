// WebSocket frames and handshake against the examples of RFC 6455, and what no client may send.

import { describe, expect, test } from 'vitest';
import {
  encodeClose,
  WS_BINARY,
  writeWsHeader,
  wsHeaderSize,
} from '../../../../src/protocol/websocket/frame.ts';
import { WsFrameReader } from '../../../../src/protocol/websocket/frame-reader.ts';
import { checkHandshake, wantsWebSocket } from '../../../../src/protocol/websocket/handshake.ts';
import { arrayBuffersHeld } from '../../../helpers/array-buffers.ts';

describe('the handshake', () => {
  const headers = {
    upgrade: 'WebSocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };

  test('answers the example of RFC 6455, 1.3', () => {
    expect(wantsWebSocket(headers)).toBe(true);
    expect(checkHandshake('GET', headers)).toEqual({
      type: 'accepted',
      accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    });
  });

  test.each([
    ['another method', 'POST', {}, 400],
    ['an old version', 'GET', { 'sec-websocket-version': '8' }, 426],
    ['no key', 'GET', { 'sec-websocket-key': undefined }, 400],
    ['a key that is no nonce', 'GET', { 'sec-websocket-key': 'x' }, 400],
  ])('refuses %s', (_, method, change, status) => {
    expect(checkHandshake(method, { ...headers, ...change })).toMatchObject({ type: 'refused', status });
  });

  test('is for requests that want it', () => {
    expect(wantsWebSocket({ upgrade: 'h2c' })).toBe(false);
    expect(wantsWebSocket({})).toBe(false);
  });
});

describe('frames of the server', () => {
  test.each([
    [0, '8200'],
    [125, '827d'],
    [126, '827e007e'],
    [256, '827e0100'],
    [65535, '827effff'],
    [65536, '827f0000000000010000'],
  ])('of %i bytes have the shortest header', (size, hex) => {
    const header = Buffer.alloc(wsHeaderSize(size));
    writeWsHeader(header, 0, WS_BINARY, size);
    expect(header.toString('hex')).toBe(hex);
  });

  test('a close frame cuts a reason that does not fit', () => {
    const frame = encodeClose(1000, 'x'.repeat(300));
    expect(frame.length).toBe(127);
    expect(frame.toString('hex', 0, 4)).toBe('887d03e8');
  });
});

/** What a reader says of bytes that come in pieces of `size`. */
function events(hex: string, size: number): string[] {
  const bytes = Buffer.from(hex, 'hex');
  const seen: string[] = [];
  const reader = new WsFrameReader({
    ping: (payload) => seen.push(`ping ${payload.toString()}`),
    close: () => seen.push('close'),
  });
  try {
    for (let at = 0; at < bytes.length; at += size) reader.receive(bytes.subarray(at, at + size));
  } catch (error) {
    seen.push((error as Error).message);
  }
  return seen;
}

/** A masked frame as RFC 6455, 5.7 shows one: `Hello` masked with 37fa213d. */
const HELLO = '37fa213d7f9f4d5158';

describe('frames of a client', () => {
  test.each([
    ['a masked text message', `8185${HELLO}`, []],
    ['a message in two fragments', `0185${HELLO}8085${HELLO}`, []],
    ['a ping', `8985${HELLO}`, ['ping Hello']],
    ['a ping between fragments', `0185${HELLO}8985${HELLO}8085${HELLO}`, ['ping Hello']],
    ['an empty ping and a pong', `898037fa213d8a85${HELLO}`, ['ping ']],
    ['a close frame, and what follows it', `888037fa213dffff`, ['close']],
    ['a long message, then a ping', `82fe012c00000000${'ab'.repeat(300)}8985${HELLO}`, ['ping Hello']],
    ['a frame without mask', '810548656c6c6f', ['WebSocket frame without a mask']],
    ['reserved bits', `c185${HELLO}`, ['WebSocket frame with reserved bits']],
    ['an unknown opcode', `8385${HELLO}`, ['WebSocket frame with opcode 3']],
    ['an unknown control opcode', `8b85${HELLO}`, ['WebSocket frame with opcode 11']],
    ['a long ping', '89fe007e37fa213d', ['WebSocket control frame that is long or in fragments']],
    ['a ping in fragments', `0985${HELLO}`, ['WebSocket control frame that is long or in fragments']],
    ['plain HTTP', Buffer.from('GET / HTTP/1.1').toString('hex'), ['WebSocket frame with reserved bits']],
  ])('%s, cut anywhere', (_, hex, expected) => {
    for (let size = 1; size <= hex.length / 2; size++) expect(events(hex, size)).toEqual(expected);
  });

  test('a message of a terabyte costs nothing but its header', () => {
    const reader = new WsFrameReader({ ping: () => {}, close: () => {} });
    reader.receive(Buffer.from('82ff0000010000000000' + '00000000', 'hex'));
    const megabyte = Buffer.alloc(1 << 20);
    const before = arrayBuffersHeld();
    for (let count = 0; count < 200; count++) reader.receive(megabyte);
    const held = arrayBuffersHeld() - before;
    reader.receive(megabyte);
    expect(held).toBeLessThan(1 << 20);
  });
});
