// The opening handshake of a WebSocket from the server's side: RFC 6455, 4.2. No extensions, no subprotocols.

import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Headers of the request, names in lower case. */
export interface WsRequestHeaders {
  readonly upgrade?: string | undefined;
  readonly 'sec-websocket-version'?: string | undefined;
  readonly 'sec-websocket-key'?: string | undefined;
}

export type WsHandshake =
  | { readonly type: 'accepted'; readonly accept: string }
  | { readonly type: 'refused'; readonly status: 400 | 426; readonly reason: string };

/** Whether a request asks for a WebSocket, in order or not. */
export function wantsWebSocket({ upgrade }: WsRequestHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket';
}

/** Checks a request that wants one. */
export function checkHandshake(method: string, headers: WsRequestHeaders): WsHandshake {
  const refuse = (status: 400 | 426, reason: string): WsHandshake => ({ type: 'refused', status, reason });
  if (method !== 'GET') return refuse(400, 'a WebSocket starts with GET');
  if (headers['sec-websocket-version'] !== '13') return refuse(426, 'WebSocket version 13 is spoken here');
  const key = headers['sec-websocket-key'] ?? '';
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) return refuse(400, 'Sec-WebSocket-Key is missing or no nonce');
  return { type: 'accepted', accept: createHash('sha1').update(`${key}${GUID}`).digest('base64') };
}

/** @param server value of the Server header */
export function encodeWsHead(accept: string, server: string): Buffer {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Server: ${server}`,
    'Upgrade: websocket',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
