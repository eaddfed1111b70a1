// Data messages (RTMP 1.0, 7.1.2) as publishers send them, brought into the one form that the server keeps: AMF0,
// beginning with the name of the event.

import { decodeAmf0 } from '../../amf0/decode.ts';
import { encodeAmf0 } from '../../amf0/encode.ts';
import { MESSAGE_TYPE } from './message-type.ts';

/** AMF0 string `@setDataFrame`: "store what follows as the stream's metadata", for the server alone. */
const SET_DATA_FRAME = encodeAmf0(['@setDataFrame']);

/**
 * The payload without `@setDataFrame`, a view of `payload`; an AMF3 message is converted. Undefined for what carries
 * nothing: an empty message, or ffmpeg's 4-byte time code.
 * Throws ProtocolError if an AMF3 message cannot be converted.
 */
export function normalizeData(typeId: number, payload: Buffer): Buffer | undefined {
  const amf0 = typeId === MESSAGE_TYPE.dataAmf3 ? convertAmf3Data(payload) : payload;
  if (amf0.length <= 4 && amf0[0] === 0) return undefined;
  const hasFrame = amf0.subarray(0, SET_DATA_FRAME.length).equals(SET_DATA_FRAME);
  const event = hasFrame ? amf0.subarray(SET_DATA_FRAME.length) : amf0;
  return event.length > 0 ? event : undefined;
}

/** Despite its type it holds AMF0 values, some of them wrapped AMF3, mostly behind a zero byte. */
function convertAmf3Data(payload: Buffer): Buffer {
  return encodeAmf0(decodeAmf0(payload, payload[0] === 0 ? 1 : 0));
}
