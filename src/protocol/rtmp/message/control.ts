// Payloads of the protocol control messages (RTMP 1.0, 5.4) and of user control messages (6.2, 7.1.7).

import { ProtocolError } from '../../error.ts';

export const USER_CONTROL = {
  streamBegin: 0,
  streamEof: 1,
  setBufferLength: 3,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/** Set Peer Bandwidth, limit type 2: the peer decides between hard and soft. */
export const DYNAMIC_LIMIT = 2;

export interface UserControl {
  readonly event: number;
  /** Stream id, or a time for pings. */
  readonly value: number;
  /** Of SetBufferLength, ms; else 0. */
  readonly bufferLengthMs: number;
}

/** Payload of Set Chunk Size, Abort, Acknowledgement and Window Acknowledgement Size. */
export function encodeU32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value >>> 0, 0);
  return payload;
}

/** Throws ProtocolError (2007) if there are not four bytes. */
export function parseU32(payload: Buffer): number {
  if (payload.length < 4) throw tooShort(4, payload.length);
  return payload.readUInt32BE(0);
}

/** Five bytes: RTMP 1.0, 5.4.5. `limitType` 0 hard, 1 soft, 2 dynamic. */
export function encodeSetPeerBandwidth(sizeBytes: number, limitType: number): Buffer {
  const payload = Buffer.allocUnsafe(5);
  payload.writeUInt32BE(sizeBytes, 0);
  payload[4] = limitType;
  return payload;
}

/** Six bytes, for events with one value of 32 bits: RTMP 1.0, 7.1.7. */
export function encodeUserControl(event: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(6);
  payload.writeUInt16BE(event, 0);
  payload.writeUInt32BE(value >>> 0, 2);
  return payload;
}

/** Ten bytes: RTMP 1.0, 7.1.7, event 3. */
export function encodeSetBufferLength(streamId: number, lengthMs: number): Buffer {
  const payload = Buffer.allocUnsafe(10);
  payload.writeUInt16BE(USER_CONTROL.setBufferLength, 0);
  payload.writeUInt32BE(streamId, 2);
  payload.writeUInt32BE(lengthMs, 6);
  return payload;
}

/**
 * Throws ProtocolError (2007) if the event or its data is cut off. Events that only Flash knows (0x1a, 31, …) carry
 * less than the documented ones; what is missing of them reads as 0.
 */
export function parseUserControl(payload: Buffer): UserControl {
  if (payload.length < 2) throw tooShort(2, payload.length);
  const event = payload.readUInt16BE(0);
  const isDocumented = event <= USER_CONTROL.pingResponse;
  if (isDocumented && payload.length < 6) throw tooShort(4, payload.length - 2);
  const value = payload.length >= 6 ? payload.readUInt32BE(2) : 0;
  const isBufferLength = event === USER_CONTROL.setBufferLength && payload.length >= 10;
  return { event, value, bufferLengthMs: isBufferLength ? payload.readUInt32BE(6) : 0 };
}

function tooShort(needed: number, left: number): ProtocolError {
  return new ProtocolError('messageDecode', `requires ${needed} only ${left} bytes`);
}
