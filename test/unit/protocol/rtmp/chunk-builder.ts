// Chunks written out by hand, apart from src/: the decoder's tests must not agree with the encoder by accident.

import { ChunkDecoder } from '../../../../src/protocol/rtmp/chunk-decoder.ts';
import type { ChunkLimits } from '../../../../src/protocol/rtmp/chunk-limits.ts';
import { MEDIA_LIMITS } from '../../../../src/protocol/rtmp/chunk-limits.ts';

export interface Decoded {
  readonly typeId: number;
  readonly timestamp: number;
  readonly streamId: number;
  readonly csid: number;
  readonly payload: string;
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

/** `size` bytes that differ from message to message and from byte to byte. */
export function body(size: number, seed = 1): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + seed * 31 + (i >> 8)) & 0xff));
}

export function basic(fmt: number, csid: number): Buffer {
  if (csid < 64) return Buffer.from([(fmt << 6) | csid]);
  const id = csid - 64;
  return id < 256 ? Buffer.from([fmt << 6, id]) : Buffer.from([(fmt << 6) | 1, id & 0xff, id >> 8]);
}

function u24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A time from 0xffffff on is written as an extended timestamp. */
function time(value: number): [Buffer, Buffer] {
  return value < 0xffffff ? [u24(value), Buffer.alloc(0)] : [u24(0xffffff), u32(value)];
}

/** Type-0 header. */
export function h0(csid: number, timestamp: number, length: number, typeId: number, streamId = 1): Buffer {
  const [field, extended] = time(timestamp);
  const sid = Buffer.alloc(4);
  sid.writeUInt32LE(streamId);
  return Buffer.concat([basic(0, csid), field, u24(length), Buffer.from([typeId]), sid, extended]);
}

export function h1(csid: number, delta: number, length: number, typeId: number): Buffer {
  const [field, extended] = time(delta);
  return Buffer.concat([basic(1, csid), field, u24(length), Buffer.from([typeId]), extended]);
}

export function h2(csid: number, delta: number): Buffer {
  const [field, extended] = time(delta);
  return Buffer.concat([basic(2, csid), field, extended]);
}

export function h3(csid: number, extended?: number): Buffer {
  return extended === undefined ? basic(3, csid) : Buffer.concat([basic(3, csid), u32(extended)]);
}

/** All messages in `bytes`, which are pushed whole, or cut at the given offsets. */
export function decodeChunks(
  bytes: Buffer,
  cuts: readonly number[] = [],
  limits: ChunkLimits = MEDIA_LIMITS,
): Decoded[] {
  const decoded: Decoded[] = [];
  const decoder = new ChunkDecoder(({ typeId, timestamp, streamId, csid, payload }) => {
    decoded.push({ typeId, timestamp, streamId, csid, payload: payload.toString('hex') });
    return true;
  });
  decoder.limits = limits;
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    // A copy whose bytes are overwritten afterwards: the decoder must not rely on what it was lent.
    const piece = Buffer.from(bytes.subarray(from, cut));
    decoder.push(piece);
    piece.fill(0xaa);
    from = cut;
  }
  return decoded;
}
