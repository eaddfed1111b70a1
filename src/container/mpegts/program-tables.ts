// PAT and PMT, one packet each: ISO/IEC 13818-1 2.4.4.3 and 2.4.4.8. Stands at the start of each segment.

import { sectionCrc } from './section-crc.ts';
import {
  CONTROL_PAYLOAD,
  PID_AAC,
  PID_MP3,
  PID_PAT,
  PID_PMT,
  PID_VIDEO,
  TS_PACKET_SIZE,
  writePacketHeader,
} from './ts-packet.ts';

export type TsVideoCodec = 'h264' | 'hevc';
export type TsAudioCodec = 'aac' | 'mp3';

/** The tracks that the PMT lists. At least one of the codecs is there. */
export interface TsTracks {
  readonly video: TsVideoCodec | undefined;
  readonly audio: TsAudioCodec | undefined;
}

/** Bytes of PAT and PMT together. */
export const TABLES_SIZE = 2 * TS_PACKET_SIZE;

const TRANSPORT_STREAM_ID = 1;
const PROGRAM_NUMBER = 1;
const TABLE_ID_PAT = 0;
const TABLE_ID_PMT = 2;
/** No elementary stream carries a clock: 2.4.4.9. */
const NO_PCR_PID = 0x1fff;

/** stream_type, table 2-34. */
const STREAM_TYPES = { h264: 0x1b, hevc: 0x24, aac: 0x0f, mp3: 0x03 } as const;

const VIDEO_VERSIONS = { h264: 0, hevc: 3, none: 6 } as const;
const AUDIO_VERSIONS = { aac: 0, mp3: 1, none: 2 } as const;

/** A version_number that tells tracks apart, from whatever server they come. */
export function tracksVersion({ video, audio }: TsTracks): number {
  return VIDEO_VERSIONS[video ?? 'none'] + AUDIO_VERSIONS[audio ?? 'none'];
}

/** PID of the audio track. */
export function audioPid(codec: TsAudioCodec): number {
  return codec === 'aac' ? PID_AAC : PID_MP3;
}

/** PID of the track that carries the clock: video if there is any. */
export function pcrPid(tracks: TsTracks): number {
  if (tracks.video !== undefined) return PID_VIDEO;
  return tracks.audio === undefined ? NO_PCR_PID : audioPid(tracks.audio);
}

/**
 * Writes PAT and PMT, TABLES_SIZE bytes. Both packets get the continuity counter `counter`: they always come together.
 * @param version version_number of the PMT, 5 bits; changes when the tracks do
 */
export function writeTables(
  target: Buffer,
  offset: number,
  tracks: TsTracks,
  version: number,
  counter: number,
): void {
  target.fill(0xff, offset, offset + TABLES_SIZE);
  writePat(target, offset, counter);
  writePmt(target, offset + TS_PACKET_SIZE, tracks, version, counter);
}

function writePat(target: Buffer, offset: number, counter: number): void {
  writePacketHeader(target, offset, PID_PAT, true, CONTROL_PAYLOAD, counter);
  const start = offset + 5;
  let at = writeSectionHeader(target, start, TABLE_ID_PAT, TRANSPORT_STREAM_ID, 0);
  at = target.writeUInt16BE(PROGRAM_NUMBER, at);
  at = target.writeUInt16BE(0xe000 | PID_PMT, at);
  endSection(target, start, at);
}

function writePmt(target: Buffer, offset: number, tracks: TsTracks, version: number, counter: number): void {
  writePacketHeader(target, offset, PID_PMT, true, CONTROL_PAYLOAD, counter);
  const start = offset + 5;
  let at = writeSectionHeader(target, start, TABLE_ID_PMT, PROGRAM_NUMBER, version);
  at = target.writeUInt16BE(0xe000 | pcrPid(tracks), at);
  at = target.writeUInt16BE(0xf000, at); // program_info_length 0
  // SRS lists audio first; players that take the first entry as the main one have got used to it.
  if (tracks.audio !== undefined) {
    at = writeEntry(target, at, STREAM_TYPES[tracks.audio], audioPid(tracks.audio));
  }
  if (tracks.video !== undefined) at = writeEntry(target, at, STREAM_TYPES[tracks.video], PID_VIDEO);
  endSection(target, start, at);
}

/** Pointer field and the section up to last_section_number. The length comes with `endSection`. */
function writeSectionHeader(
  target: Buffer,
  start: number,
  tableId: number,
  extension: number,
  version: number,
): number {
  target[start - 1] = 0; // pointer_field
  target[start] = tableId;
  const at = target.writeUInt16BE(extension, start + 3);
  target[at] = 0xc1 | ((version & 0x1f) << 1); // current_next_indicator 1
  target[at + 1] = 0; // section_number
  target[at + 2] = 0; // last_section_number
  return at + 3;
}

function writeEntry(target: Buffer, at: number, streamType: number, pid: number): number {
  target[at] = streamType;
  target.writeUInt16BE(0xe000 | pid, at + 1);
  return target.writeUInt16BE(0xf000, at + 3); // ES_info_length 0
}

function endSection(target: Buffer, start: number, end: number): void {
  const lengthWithCrc = end + 4 - (start + 3);
  target.writeUInt16BE(0xb000 | lengthWithCrc, start + 1);
  target.writeUInt32BE(sectionCrc(target, start, end), end);
}
