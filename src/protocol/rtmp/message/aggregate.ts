// Aggregate messages (RTMP 1.0, 7.1.6): several messages in one, each with the header and the back pointer of an FLV
// tag.

import { ProtocolError } from '../../error.ts';

/** type u8, size u24, timestamp u24 and its high byte, stream id u24. */
const TAG_HEADER_SIZE = 11;
const BACK_POINTER_SIZE = 4;

/** Takes one part of an aggregate; `payload` is a view of the aggregate's. */
export type AggregateSink = (typeId: number, timestamp: number, payload: Buffer) => void;

/**
 * Takes an aggregate apart. The first part gets the aggregate's own timestamp, the others keep their distance to it.
 * Throws ProtocolError (2024) on broken framing, after the parts before it.
 */
export function splitAggregate(payload: Buffer, timestamp: number, sink: AggregateSink): void {
  let offset: number | undefined;
  for (let at = 0; at < payload.length; ) {
    if (payload.length - at < TAG_HEADER_SIZE) throw broken(`header, only ${payload.length - at} bytes left`);
    const size = payload.readUIntBE(at + 1, 3);
    const partTime = (payload.readUIntBE(at + 4, 3) | (payload[at + 7]! << 24)) >>> 0;
    offset ??= timestamp - partTime;
    const from = at + TAG_HEADER_SIZE;
    if (payload.length - from < size)
      throw broken(`data, size=${size}, only ${payload.length - from} bytes left`);
    if (size > 0) sink(payload[at]!, (partTime + offset) >>> 0, payload.subarray(from, from + size));
    at = skipBackPointer(payload, from + size);
  }
}

/** The last part may come without its back pointer. */
function skipBackPointer(payload: Buffer, at: number): number {
  if (at === payload.length) return at;
  if (payload.length - at < BACK_POINTER_SIZE) throw broken('back pointer');
  return at + BACK_POINTER_SIZE;
}

function broken(what: string): ProtocolError {
  return new ProtocolError('aggregate', `invalid aggregate ${what}`);
}
