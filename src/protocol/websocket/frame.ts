// Frames of the WebSocket protocol as a server sends them: never masked, never fragmented. RFC 6455, 5.

export const WS_BINARY = 0x2;
export const WS_CLOSE = 0x8;
export const WS_PING = 0x9;
export const WS_PONG = 0xa;

/** Status codes of close frames, 7.4.1. */
export const WS_CLOSED_NORMALLY = 1000;
export const WS_GOING_AWAY = 1001;
export const WS_PROTOCOL_ERROR = 1002;

/** Payload of a control frame at most, 5.5. */
export const WS_MAX_CONTROL_SIZE = 125;

const FIN = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes of the header before a payload of `size` bytes: the shortest form, as 5.2 wants it. */
export function wsHeaderSize(size: number): number {
  if (size < LENGTH_16) return 2;
  return size <= 0xffff ? 4 : 10;
}

/** Writes the header of a whole message at `offset`. */
export function writeWsHeader(target: Buffer, offset: number, opcode: number, size: number): void {
  target[offset] = FIN | opcode;
  if (size < LENGTH_16) {
    target[offset + 1] = size;
  } else if (size <= 0xffff) {
    target[offset + 1] = LENGTH_16;
    target.writeUInt16BE(size, offset + 2);
  } else {
    target[offset + 1] = LENGTH_64;
    target.writeUInt32BE(Math.floor(size / 0x100000000), offset + 2);
    target.writeUInt32BE(size >>> 0, offset + 6);
  }
}

/** A control frame; `payload` has at most 125 bytes. */
export function encodeControlFrame(opcode: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + payload.length);
  writeWsHeader(frame, 0, opcode, payload.length);
  payload.copy(frame, 2);
  return frame;
}

/** `reason` is cut to what fits. */
export function encodeClose(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, WS_MAX_CONTROL_SIZE - 2);
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  text.copy(payload, 2);
  return encodeControlFrame(WS_CLOSE, payload);
}
