// What stands around each FLV tag on its way: nothing, the chunk framing of HTTP/1.1, or later a WebSocket
// frame header. It is part of the shared bytes, so a viewer costs no more than with a plain stream.

export interface FlvFraming {
  readonly headSize: number;
  readonly tailSize: number;
  /** Writes the head before and the tail behind a body of `bodySize` bytes at `offset + headSize`. */
  write(target: Buffer, offset: number, bodySize: number): void;
  /** What ends the stream, undefined if only the close does. */
  readonly end: Buffer | undefined;
}

/** The bare tags, for HTTP/1.0 clients. */
export const PLAIN_FRAMING: FlvFraming = {
  headSize: 0,
  tailSize: 0,
  write: () => {},
  end: undefined,
};

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const CR = 13;
const LF = 10;
/** A chunk size of fixed width, so that the body's place is known before its size: RFC 9112, 7.1. */
const SIZE_DIGITS = 7;

/** One chunk per tag: RFC 9112, 7.1. Tags are at most 16 MiB + 15 bytes, 7 hexadecimal digits. */
export const CHUNKED_FRAMING: FlvFraming = {
  headSize: SIZE_DIGITS + 2,
  tailSize: 2,
  write(target, offset, bodySize) {
    for (let digit = 0; digit < SIZE_DIGITS; digit++) {
      target[offset + digit] = HEX[(bodySize >>> (4 * (SIZE_DIGITS - 1 - digit))) & 15] as number;
    }
    let at = offset + SIZE_DIGITS;
    target[at++] = CR;
    target[at] = LF;
    at = offset + this.headSize + bodySize;
    target[at++] = CR;
    target[at] = LF;
  },
  end: Buffer.from('0\r\n\r\n', 'latin1'),
};

/** A body with its framing, in a Buffer of its own. */
export function framed(framing: FlvFraming, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(framing.headSize + body.length + framing.tailSize);
  body.copy(bytes, framing.headSize);
  framing.write(bytes, 0, body.length);
  return bytes;
}
