// Frames as a client sends them, in pieces as they come: masked, and of no interest but for the control frames. What
// else a viewer says is skipped as it comes and never collected. RFC 6455, 5.2.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { ProtocolError } from '../error.ts';
import { WS_BINARY, WS_CLOSE, WS_MAX_CONTROL_SIZE, WS_PING, WS_PONG } from './frame.ts';

export interface WsFrameHandler {
  /** `payload` may be kept. */
  ping(payload: Buffer): void;
  close(): void;
}

const MAX_HEADER_SIZE = 14;
const MASK_SIZE = 4;

export class WsFrameReader {
  readonly #handler: WsFrameHandler;
  readonly #header = Buffer.alloc(MAX_HEADER_SIZE);
  #headerSize = 0;
  #opcode = 0;
  /** Payload bytes of the current frame that are still to come. */
  #left = 0;
  /** Payload of a control frame. */
  #control = NO_BYTES;
  #isClosed = false;

  constructor(handler: WsFrameHandler) {
    this.#handler = handler;
  }

  /** Throws ProtocolError if that is no WebSocket client. What comes after a close frame is ignored. */
  receive(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#isClosed) {
      at = this.#left > 0 ? this.#takePayload(bytes, at) : this.#takeHeader(bytes, at);
    }
  }

  #takeHeader(bytes: Buffer, at: number): number {
    this.#header[this.#headerSize++] = bytes[at]!;
    if (this.#headerSize === 2) this.#checkStart();
    if (this.#headerSize >= 2 && this.#headerSize === headerSizeOf(this.#header)) this.#startPayload();
    return at + 1;
  }

  #checkStart(): void {
    const [first, second] = [this.#header[0]!, this.#header[1]!];
    this.#opcode = first & 0x0f;
    const isControl = this.#opcode >= WS_CLOSE;
    if ((first & 0x70) !== 0) throw new ProtocolError('webSocket', 'WebSocket frame with reserved bits');
    if ((second & 0x80) === 0) throw new ProtocolError('webSocket', 'WebSocket frame without a mask');
    if ((this.#opcode > WS_BINARY && !isControl) || this.#opcode > WS_PONG) {
      throw new ProtocolError('webSocket', `WebSocket frame with opcode ${this.#opcode}`);
    }
    if (isControl && ((second & 0x7f) > WS_MAX_CONTROL_SIZE || (first & 0x80) === 0)) {
      throw new ProtocolError('webSocket', 'WebSocket control frame that is long or in fragments');
    }
  }

  #startPayload(): void {
    this.#left = payloadSizeOf(this.#header);
    this.#control = this.#opcode >= WS_CLOSE ? Buffer.alloc(this.#left) : NO_BYTES;
    if (this.#left === 0) this.#endFrame();
  }

  #takePayload(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    if (this.#opcode >= WS_CLOSE) bytes.copy(this.#control, this.#control.length - this.#left, at, end);
    this.#left -= end - at;
    if (this.#left === 0) this.#endFrame();
    return end;
  }

  #endFrame(): void {
    const payload = this.#control;
    const mask = this.#header.subarray(this.#headerSize - MASK_SIZE, this.#headerSize);
    for (let index = 0; index < payload.length; index++) {
      payload[index] = payload[index]! ^ mask[index % MASK_SIZE]!;
    }
    this.#headerSize = 0;
    if (this.#opcode === WS_PING) this.#handler.ping(payload);
    if (this.#opcode !== WS_CLOSE) return;
    this.#isClosed = true;
    this.#handler.close();
  }
}

/** With its mask; a client's frame has one or is refused. */
function headerSizeOf(header: Buffer): number {
  const length = header[1]! & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
  return 2 + extended + MASK_SIZE;
}

function payloadSizeOf(header: Buffer): number {
  const length = header[1]! & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? header.readUInt32BE(2) * 0x100000000 + header.readUInt32BE(6) : length;
}
