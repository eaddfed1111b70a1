// What the enhanced-RTMP forms of audio and video tags share: FourCC, ModEx extensions and multitrack bodies.
// Enhanced RTMP v2, "ExAudioTagHeader" and "ExVideoTagHeader" (veovera/enhanced-rtmp:docs/enhanced).

import { type DroppedTag, MALFORMED_TAG, TOO_SHORT_TAG } from './dropped-tag.ts';

/** Packet type "ModEx" of both tables: an extension stands before the real packet type. */
export const PACKET_TYPE_MOD_EX = 7;

/** Real encoders send one; each costs a step, and a hostile message could hold millions. */
const MAX_MOD_EX = 16;
/** Track ids are one byte. */
const MAX_TRACKS = 256;

const MULTITRACK_ONE_TRACK = 0;
const MULTITRACK_MANY_TRACKS_MANY_CODECS = 2;

/** The fields of an enhanced tag up to the first media byte of the track that counts. */
export interface EnhancedHeader {
  readonly type: 'enhanced';
  readonly packetType: number;
  /** Big-endian, as `fourCc('hvc1')`. */
  readonly fourCc: number;
  /** 0, unless the message is multitrack and has no track 0. */
  readonly trackId: number;
  /** Offset of the bytes behind FourCC and track header. */
  readonly dataOffset: number;
}

/** The number that `readUInt32BE` gives for the four characters. */
export function fourCc(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32BE(0);
}

/**
 * Reads the header of an enhanced tag in all its forms; the plain form has a faster way in the callers.
 * `multitrackType` is the packet type that means "multitrack": 6 for video, 5 for audio.
 */
export function readEnhancedHeader(payload: Buffer, multitrackType: number): EnhancedHeader | DroppedTag {
  let packetType = payload[0]! & 0x0f;
  let offset = 1;
  for (let count = 0; packetType === PACKET_TYPE_MOD_EX; count++) {
    if (count === MAX_MOD_EX) return MALFORMED_TAG;
    offset = skipModExData(payload, offset);
    if (offset >= payload.length) return TOO_SHORT_TAG;
    packetType = payload[offset]! & 0x0f;
    offset += 1;
  }
  if (packetType === multitrackType) return readMultitrack(payload, offset);
  if (offset + 4 > payload.length) return TOO_SHORT_TAG;
  return {
    type: 'enhanced',
    packetType,
    fourCc: payload.readUInt32BE(offset),
    trackId: 0,
    dataOffset: offset + 4,
  };
}

/** Size byte (255 announces a 16-bit size) and data; the next byte holds ModEx type and packet type. */
function skipModExData(payload: Buffer, offset: number): number {
  if (offset + 3 > payload.length) return payload.length;
  const size = payload[offset]! + 1;
  if (size < 256) return offset + 1 + size;
  return offset + 3 + payload.readUInt16BE(offset + 1) + 1;
}

/** Finds track 0 among the tracks of a multitrack body; without one, the first track stands for the message. */
function readMultitrack(payload: Buffer, start: number): EnhancedHeader | DroppedTag {
  if (start >= payload.length) return TOO_SHORT_TAG;
  const kind = payload[start]! >> 4;
  const packetType = payload[start]! & 0x0f;
  if (kind > MULTITRACK_MANY_TRACKS_MANY_CODECS) return MALFORMED_TAG;
  const hasOwnCodecs = kind === MULTITRACK_MANY_TRACKS_MANY_CODECS;
  const commonSize = hasOwnCodecs ? 0 : 4;
  const trackHeaderSize = (hasOwnCodecs ? 4 : 0) + 1 + (kind === MULTITRACK_ONE_TRACK ? 0 : 3);
  let first: EnhancedHeader | undefined;
  let offset = start + 1 + commonSize;
  for (let count = 0; offset + trackHeaderSize <= payload.length && count < MAX_TRACKS; count++) {
    const dataOffset = offset + trackHeaderSize;
    const fourCcOffset = hasOwnCodecs ? offset : start + 1;
    const trackId = payload[offset + (hasOwnCodecs ? 4 : 0)]!;
    const track: EnhancedHeader = {
      type: 'enhanced',
      packetType,
      fourCc: payload.readUInt32BE(fourCcOffset),
      trackId,
      dataOffset,
    };
    if (trackId === 0) return track;
    first ??= track;
    if (kind === MULTITRACK_ONE_TRACK) break;
    offset = dataOffset + payload.readUIntBE(dataOffset - 3, 3);
  }
  return first ?? TOO_SHORT_TAG;
}
