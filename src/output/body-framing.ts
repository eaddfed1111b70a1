// What stands around each piece of a live HTTP stream on its way (an FLV tag, the packets of a frame): nothing, the
// chunk framing of HTTP/1.1, or a WebSocket frame header. It is part of the shared bytes, so a viewer costs no more
// than with a plain stream.

import { WS_BINARY, writeWsHeader, wsHeaderSize } from '../protocol/websocket/frame.ts';

export interface BodyFraming {
  /** Bytes before a body of `bodySize`. */
  headSize(bodySize: number): number;
  readonly tailSize: number;
  /** Writes the head before and the tail behind a body of `bodySize` bytes at `offset + headSize(bodySize)`. */
  write(target: Buffer, offset: number, bodySize: number): void;
  /** What ends the stream, undefined if only the close does. */
  readonly end: Buffer | undefined;
}

/** The bare bytes, for HTTP/1.0 clients. */
export const PLAIN_FRAMING: BodyFraming = {
  headSize: () => 0,
  tailSize: 0,
  write: () => {},
  end: undefined,
};

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const CR = 13;
const LF = 10;
/** A chunk size of fixed width: RFC 9112, 7.1. Bodies are at most 16 MiB and a little, 7 hexadecimal digits. */
const SIZE_DIGITS = 7;
const CHUNK_HEAD_SIZE = SIZE_DIGITS + 2;

/** One chunk per body: RFC 9112, 7.1. */
export const CHUNKED_FRAMING: BodyFraming = {
  headSize: () => CHUNK_HEAD_SIZE,
  tailSize: 2,
  write(target, offset, bodySize) {
    for (let digit = 0; digit < SIZE_DIGITS; digit++) {
      target[offset + digit] = HEX[(bodySize >>> (4 * (SIZE_DIGITS - 1 - digit))) & 15] as number;
    }
    let at = offset + SIZE_DIGITS;
    target[at++] = CR;
    target[at] = LF;
    at = offset + CHUNK_HEAD_SIZE + bodySize;
    target[at++] = CR;
    target[at] = LF;
  },
  end: Buffer.from('0\r\n\r\n', 'latin1'),
};

/** One unmasked binary message per body: RFC 6455, 5.2. The close frame is the connection's. */
export const WEBSOCKET_FRAMING: BodyFraming = {
  headSize: wsHeaderSize,
  tailSize: 0,
  write(target, offset, bodySize) {
    writeWsHeader(target, offset, WS_BINARY, bodySize);
  },
  end: undefined,
};

/** A body with its framing, in a Buffer of its own. */
export function framed(framing: BodyFraming, body: Buffer): Buffer {
  const headSize = framing.headSize(body.length);
  const bytes = Buffer.allocUnsafe(headSize + body.length + framing.tailSize);
  body.copy(bytes, headSize);
  framing.write(bytes, 0, body.length);
  return bytes;
}
