// Cheap facts about one audio message, from the first bytes of its FLV tag body: AUDIODATA of the FLV
// specification (Adobe Flash Video File Format 10.1, E.4.2.1) or the enhanced-RTMP form of it.
// Like video-tag.ts: each combination is described once, and the same object is handed out ever after.

import {
  type DroppedTag,
  EMPTY_TAG,
  TOO_SHORT_TAG,
  UNKNOWN_CODEC_TAG,
  UNKNOWN_PACKET_TYPE_TAG,
} from './dropped-tag.ts';
import { fourCc, PACKET_TYPE_MOD_EX, readEnhancedHeader } from './enhanced-tag.ts';
import type { AudioCodec } from './message.ts';

export type AudioPacketType = 'sequence-start' | 'coded-frames' | 'sequence-end' | 'multichannel-config';

/** Facts of one audio message. Shared between messages: compare and read, never write. */
export interface AudioTag {
  readonly type: 'audio';
  readonly codec: AudioCodec;
  readonly packetType: AudioPacketType;
  /** Decoder configuration (AudioSpecificConfig, OpusHead, …) of track 0. MP3 and G.711 have none. */
  readonly isSequenceHeader: boolean;
  /** Enhanced RTMP (FourCC) rather than a legacy sound format. */
  readonly isEnhanced: boolean;
  /** Not 0 only for a multitrack message without track 0. */
  readonly trackId: number;
  /** Offset of the codec's own bytes in the payload. */
  readonly dataOffset: number;
  /** Sampling rate that the tag header claims, Hz; 0 for enhanced tags. AAC: often not the real one. */
  readonly headerSampleRate: number;
  /** Channels that the tag header claims, 1 or 2; 0 for enhanced tags. AAC: always 2. */
  readonly headerChannels: number;
}

const SOUND_FORMAT_ENHANCED = 9;
const PACKET_TYPE_MULTITRACK = 5;

/** Indexed by SoundFormat; 13 is no part of FLV but what SRS and CDNs use for Opus. */
const LEGACY_CODECS: readonly (AudioCodec | undefined)[] = [
  'pcm',
  'adpcm',
  'mp3',
  'pcm',
  'nellymoser',
  'nellymoser',
  'nellymoser',
  'g711a',
  'g711u',
  undefined,
  'aac',
  'speex',
  undefined,
  'opus',
  'mp3',
];

/** Indexed by SoundRate. The first is 5.5 kHz, rounded down as SRS prints it. */
const LEGACY_SAMPLE_RATES = [5512, 11025, 22050, 44100] as const;

const FOURCC_CODECS = new Map<number, AudioCodec>([
  [fourCc('mp4a'), 'aac'],
  [fourCc('Opus'), 'opus'],
  [fourCc('fLaC'), 'flac'],
  [fourCc('ac-3'), 'ac3'],
  [fourCc('ec-3'), 'eac3'],
  [fourCc('.mp3'), 'mp3'],
]);

/** Indexed by AudioPacketType of enhanced RTMP; 3 is reserved. */
const ENHANCED_PACKET_TYPES: readonly (AudioPacketType | undefined)[] = [
  'sequence-start',
  'coded-frames',
  'sequence-end',
  undefined,
  'multichannel-config',
];

/** Index: first byte, and 256 more for an AAC raw frame. */
const legacyTags: (AudioTag | DroppedTag | undefined)[] = new Array(512);
/** By FourCC, then by packet type. Only known FourCCs get in: a publisher cannot fill it. */
const enhancedTags = new Map<number, (AudioTag | DroppedTag | undefined)[]>();
for (const code of FOURCC_CODECS.keys()) enhancedTags.set(code, new Array(16));

/** The facts of an audio message, or why it must be dropped. Looks at the first bytes only; never throws. */
export function parseAudioTag(payload: Buffer): AudioTag | DroppedTag {
  if (payload.length === 0) return EMPTY_TAG;
  const first = payload[0]!;
  return first >> 4 === SOUND_FORMAT_ENHANCED ? parseEnhanced(payload, first) : parseLegacy(payload, first);
}

function parseLegacy(payload: Buffer, first: number): AudioTag | DroppedTag {
  const isAac = LEGACY_CODECS[first >> 4] === 'aac';
  if (isAac && payload.length < 2) return TOO_SHORT_TAG;
  const isAacHeader = isAac && payload[1] === 0;
  const index = isAac && !isAacHeader ? first + 256 : first;
  let tag = legacyTags[index];
  if (tag === undefined) {
    tag = describeLegacy(first, isAac, isAacHeader);
    legacyTags[index] = tag;
  }
  return tag;
}

function describeLegacy(first: number, isAac: boolean, isSequenceHeader: boolean): AudioTag | DroppedTag {
  const codec = LEGACY_CODECS[first >> 4];
  if (codec === undefined) return UNKNOWN_CODEC_TAG;
  return Object.freeze({
    type: 'audio',
    codec,
    packetType: isSequenceHeader ? 'sequence-start' : 'coded-frames',
    isSequenceHeader,
    isEnhanced: false,
    trackId: 0,
    dataOffset: isAac ? 2 : 1,
    headerSampleRate: LEGACY_SAMPLE_RATES[(first >> 2) & 3]!,
    headerChannels: (first & 1) + 1,
  });
}

function parseEnhanced(payload: Buffer, first: number): AudioTag | DroppedTag {
  const packetType = first & 0x0f;
  if (packetType === PACKET_TYPE_MOD_EX || packetType === PACKET_TYPE_MULTITRACK) {
    const header = readEnhancedHeader(payload, PACKET_TYPE_MULTITRACK);
    if (header.type === 'dropped') return header;
    return describeEnhanced(header.packetType, header.fourCc, header.trackId, header.dataOffset);
  }
  if (payload.length < 5) return TOO_SHORT_TAG;
  const code = payload.readUInt32BE(1);
  const tags = enhancedTags.get(code);
  if (tags === undefined) return UNKNOWN_CODEC_TAG;
  let tag = tags[packetType];
  if (tag === undefined) {
    tag = describeEnhanced(packetType, code, 0, 5);
    tags[packetType] = tag;
  }
  return tag;
}

function describeEnhanced(
  packetTypeId: number,
  code: number,
  trackId: number,
  dataOffset: number,
): AudioTag | DroppedTag {
  const codec = FOURCC_CODECS.get(code);
  const packetType = ENHANCED_PACKET_TYPES[packetTypeId];
  if (codec === undefined) return UNKNOWN_CODEC_TAG;
  if (packetType === undefined) return UNKNOWN_PACKET_TYPE_TAG;
  return Object.freeze({
    type: 'audio',
    codec,
    packetType,
    isSequenceHeader: packetType === 'sequence-start' && trackId === 0,
    isEnhanced: true,
    trackId,
    dataOffset,
    headerSampleRate: 0,
    headerChannels: 0,
  });
}
