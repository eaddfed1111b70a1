// Cheap facts about one video message, from the first bytes of its FLV tag body: VIDEODATA of the FLV
// specification (Adobe Flash Video File Format 10.1, E.4.3.1) or the enhanced-RTMP form of it.
// This runs for every message of every publisher. The facts depend on very few values, so each combination is
// described once and the same frozen object is handed out ever after.

import {
  COMMAND_FRAME_TAG,
  type DroppedTag,
  EMPTY_TAG,
  TOO_SHORT_TAG,
  UNKNOWN_CODEC_TAG,
  UNKNOWN_FRAME_TYPE_TAG,
  UNKNOWN_PACKET_TYPE_TAG,
} from './dropped-tag.ts';
import { fourCc, PACKET_TYPE_MOD_EX, readEnhancedHeader } from './enhanced-tag.ts';
import type { VideoCodec } from './message.ts';

export type VideoPacketType =
  | 'sequence-start'
  | 'coded-frames'
  | 'sequence-end'
  | 'metadata'
  | 'mpeg2ts-sequence-start'
  /** Legacy frame type 5, "video info or command frame": relayed, never decoded. */
  | 'command';

/** Facts of one video message. Shared between messages: compare and read, never write. */
export interface VideoTag {
  readonly type: 'video';
  readonly codec: VideoCodec;
  readonly packetType: VideoPacketType;
  /** A coded frame of track 0 that needs no earlier one. False for headers, metadata and ends of sequence. */
  readonly isKeyFrame: boolean;
  /** Decoder configuration of track 0. That of other tracks is false, lest it replace track 0's in a cache. */
  readonly isSequenceHeader: boolean;
  /** Enhanced RTMP (FourCC) rather than a legacy codec id. */
  readonly isEnhanced: boolean;
  /** Not 0 only for a multitrack message without track 0. */
  readonly trackId: number;
  /** Offset of the codec's own bytes (avcC, NAL units, OBUs, …) in the payload. */
  readonly dataOffset: number;
  /** Offset of the signed 24-bit composition time in the payload, -1 if the message has none. */
  readonly compositionTimeOffset: number;
}

const FRAME_TYPE_KEY = 1;
const FRAME_TYPE_COMMAND = 5;
const PACKET_TYPE_METADATA = 4;
const PACKET_TYPE_MULTITRACK = 6;

/** Indexed by the legacy codec id; 12 and 13 are no part of FLV but what CDNs and SRS use. */
const LEGACY_CODECS: readonly (VideoCodec | undefined)[] = [
  undefined,
  undefined,
  'h263',
  'screen',
  'vp6',
  'vp6a',
  'screen2',
  'h264',
  undefined,
  undefined,
  undefined,
  undefined,
  'hevc',
  'av1',
];

/** Indexed by the AVCPacketType byte. */
const LEGACY_PACKET_TYPES: readonly VideoPacketType[] = ['sequence-start', 'coded-frames', 'sequence-end'];

const FOURCC_CODECS = new Map<number, VideoCodec>([
  [fourCc('avc1'), 'h264'],
  [fourCc('hvc1'), 'hevc'],
  [fourCc('av01'), 'av1'],
  [fourCc('vp09'), 'vp9'],
  [fourCc('vp08'), 'vp8'],
]);

/** Indexed by the enhanced packet type; 1 and 3 differ in the composition time only. */
const ENHANCED_PACKET_TYPES: readonly VideoPacketType[] = [
  'sequence-start',
  'coded-frames',
  'sequence-end',
  'coded-frames',
  'metadata',
  'mpeg2ts-sequence-start',
];

/** Index: first byte · 4 + packet type (3 stands for all unknown ones, 0 where the codec has none). */
const legacyTags: (VideoTag | DroppedTag | undefined)[] = new Array(512);
/** By FourCC, then by first byte. Only known FourCCs get in: a publisher cannot fill it. */
const enhancedTags = new Map<number, (VideoTag | DroppedTag | undefined)[]>();
for (const code of FOURCC_CODECS.keys()) enhancedTags.set(code, new Array(256));

/** The facts of a video message, or why it must be dropped. Looks at the first bytes only; never throws. */
export function parseVideoTag(payload: Buffer): VideoTag | DroppedTag {
  if (payload.length === 0) return EMPTY_TAG;
  const first = payload[0]!;
  return first < 0x80 ? parseLegacy(payload, first) : parseEnhanced(payload, first);
}

/** Composition time (pts − dts) in ms, signed; 0 if this kind of message has none. `tag` is the payload's. */
export function compositionTimeMs(tag: VideoTag, payload: Buffer): number {
  const offset = tag.compositionTimeOffset;
  if (offset < 0 || offset + 3 > payload.length) return 0;
  return payload.readIntBE(offset, 3);
}

function parseLegacy(payload: Buffer, first: number): VideoTag | DroppedTag {
  const hasPacketType = isNalCodec(LEGACY_CODECS[first & 0x0f]) && first >> 4 !== FRAME_TYPE_COMMAND;
  if (hasPacketType && payload.length < 5) return TOO_SHORT_TAG;
  const packetTypeId = hasPacketType ? Math.min(payload[1]!, 3) : 0;
  const index = (first << 2) | packetTypeId;
  let tag = legacyTags[index];
  if (tag === undefined) {
    tag = describeLegacy(first, hasPacketType, packetTypeId);
    legacyTags[index] = tag;
  }
  return tag;
}

/** Codecs whose legacy form has AVCPacketType and CompositionTime behind the first byte. */
function isNalCodec(codec: VideoCodec | undefined): boolean {
  return codec === 'h264' || codec === 'hevc' || codec === 'av1';
}

function describeLegacy(first: number, hasPacketType: boolean, packetTypeId: number): VideoTag | DroppedTag {
  const codec = LEGACY_CODECS[first & 0x0f];
  const frameType = first >> 4;
  if (codec === undefined) return UNKNOWN_CODEC_TAG;
  if (frameType < FRAME_TYPE_KEY || frameType > FRAME_TYPE_COMMAND) return UNKNOWN_FRAME_TYPE_TAG;
  const packetType = legacyPacketType(frameType, hasPacketType, packetTypeId);
  if (packetType === undefined) return UNKNOWN_PACKET_TYPE_TAG;
  return Object.freeze({
    type: 'video',
    codec,
    packetType,
    isKeyFrame: packetType === 'coded-frames' && frameType === FRAME_TYPE_KEY,
    isSequenceHeader: packetType === 'sequence-start',
    isEnhanced: false,
    trackId: 0,
    dataOffset: hasPacketType ? 5 : 1,
    compositionTimeOffset: hasPacketType ? 2 : -1,
  });
}

function legacyPacketType(
  frameType: number,
  hasPacketType: boolean,
  packetTypeId: number,
): VideoPacketType | undefined {
  if (frameType === FRAME_TYPE_COMMAND) return 'command';
  return hasPacketType ? LEGACY_PACKET_TYPES[packetTypeId] : 'coded-frames';
}

function parseEnhanced(payload: Buffer, first: number): VideoTag | DroppedTag {
  const packetType = first & 0x0f;
  if (packetType === PACKET_TYPE_MOD_EX || packetType === PACKET_TYPE_MULTITRACK) {
    return parseExtended(payload, first);
  }
  if (isEnhancedCommand(first, packetType)) return COMMAND_FRAME_TAG;
  if (payload.length < 5) return TOO_SHORT_TAG;
  const code = payload.readUInt32BE(1);
  const tags = enhancedTags.get(code);
  if (tags === undefined) return UNKNOWN_CODEC_TAG;
  let tag = tags[first];
  if (tag === undefined) {
    tag = describeEnhanced(first, packetType, code, 0, 5);
    tags[first] = tag;
  }
  return tag;
}

/** ModEx and multitrack messages: rare, and their offsets vary, so each gets facts of its own. */
function parseExtended(payload: Buffer, first: number): VideoTag | DroppedTag {
  const header = readEnhancedHeader(payload, PACKET_TYPE_MULTITRACK);
  if (header.type === 'dropped') return header;
  if (isEnhancedCommand(first, header.packetType)) return COMMAND_FRAME_TAG;
  return describeEnhanced(first, header.packetType, header.fourCc, header.trackId, header.dataOffset);
}

/** A metadata packet may carry the command frame type (ffmpeg writes `0xd4`); all others are seek commands. */
function isEnhancedCommand(first: number, packetType: number): boolean {
  return ((first >> 4) & 7) === FRAME_TYPE_COMMAND && packetType !== PACKET_TYPE_METADATA;
}

function describeEnhanced(
  first: number,
  packetTypeId: number,
  code: number,
  trackId: number,
  offset: number,
): VideoTag | DroppedTag {
  const codec = FOURCC_CODECS.get(code);
  const packetType = ENHANCED_PACKET_TYPES[packetTypeId];
  if (codec === undefined) return UNKNOWN_CODEC_TAG;
  if (packetType === undefined) return UNKNOWN_PACKET_TYPE_TAG;
  // Only "CodedFrames" of codecs with B-frames carry a composition time; "CodedFramesX" means it is 0.
  const hasCompositionTime = packetTypeId === 1 && (codec === 'h264' || codec === 'hevc');
  // Frame type 0 is reserved, but OBS writes it with HDR metadata (0x84): not key, otherwise welcome.
  const isKey = ((first >> 4) & 7) === FRAME_TYPE_KEY;
  return Object.freeze({
    type: 'video',
    codec,
    packetType,
    isKeyFrame: packetType === 'coded-frames' && isKey && trackId === 0,
    isSequenceHeader:
      (packetType === 'sequence-start' || packetType === 'mpeg2ts-sequence-start') && trackId === 0,
    isEnhanced: true,
    trackId,
    dataOffset: hasCompositionTime ? offset + 3 : offset,
    compositionTimeOffset: hasCompositionTime ? offset : -1,
  });
}
