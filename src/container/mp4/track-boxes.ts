// moov in parts: what movies with all their samples listed and movies in fragments have in common. ISO/IEC 14496-12
// and 14496-15.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { ascii, box, fullBox, u8, u16, u32, u64 } from './box.ts';

export const VIDEO_TRACK_ID = 1;
export const AUDIO_TRACK_ID = 2;

export interface Mp4VideoTrack {
  readonly codec: 'h264' | 'hevc';
  /** AVCDecoderConfigurationRecord or HEVCDecoderConfigurationRecord. */
  readonly record: Buffer;
  /** Pixels, 0 if unknown. */
  readonly width: number;
  readonly height: number;
  /** Ticks per second. */
  readonly timescale: number;
}

export interface Mp4AudioTrack {
  readonly codec: 'aac' | 'mp3';
  /** AudioSpecificConfig, empty for MP3. */
  readonly config: Buffer;
  /** Hz; also the ticks per second of its times. */
  readonly sampleRate: number;
  readonly channels: number;
}

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** `und`, three letters of 5 bits. */
const LANGUAGE = 0x55c4;
/** objectTypeIndication, ISO/IEC 14496-1 table 5. */
const OBJECT_TYPES = { aac: 0x40, mp3: 0x6b } as const;
const AUDIO_STREAM = 0x15;

/** Ticks per second of the movie's own times. */
export const MOVIE_TIMESCALE = 1000;

/** What a track says about its samples. */
export interface TrackSamples {
  /** Ticks of the track. */
  readonly duration: number;
  /** Length in the movie, an empty beginning included, ms. */
  readonly playedMs: number;
  /** An `edts` box, or nothing. */
  readonly edits: readonly Buffer[];
  /** The boxes of `stbl` behind `stsd`. */
  readonly tables: readonly Buffer[];
}

/** Samples come in fragments. */
export const EMPTY_TRACK: TrackSamples = {
  duration: 0,
  playedMs: 0,
  edits: [],
  tables: [
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  ],
};

/** @param durationMs of the longest track */
export function movieHeader(durationMs: number): Buffer {
  const times = u32(0, 0, MOVIE_TIMESCALE, durationMs); // creation, modification, timescale, duration
  return fullBox(
    'mvhd',
    0,
    0,
    times,
    u32(0x10000),
    u16(0x100),
    Buffer.alloc(10),
    MATRIX,
    Buffer.alloc(24),
    u32(3),
  );
}

/** `trak` of the pictures: ISO/IEC 14496-12, 8.3.1. */
export function videoTrack(track: Mp4VideoTrack, samples: TrackSamples): Buffer {
  const { width, height, timescale } = track;
  const header = trackHeader(VIDEO_TRACK_ID, samples.playedMs, 0, width, height);
  const handler = handlerBox('vide', 'VideoHandler');
  const info = box(
    'minf',
    fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)),
    dataInfo(),
    sampleTable(videoEntry(track), samples),
  );
  return box(
    'trak',
    header,
    ...samples.edits,
    box('mdia', mediaHeader(timescale, samples.duration), handler, info),
  );
}

/** `trak` of the sound: ISO/IEC 14496-12, 8.3.1. */
export function audioTrack(track: Mp4AudioTrack, samples: TrackSamples): Buffer {
  const header = trackHeader(AUDIO_TRACK_ID, samples.playedMs, 0x100, 0, 0);
  const handler = handlerBox('soun', 'SoundHandler');
  const info = box(
    'minf',
    fullBox('smhd', 0, 0, u16(0, 0)),
    dataInfo(),
    sampleTable(audioEntry(track), samples),
  );
  return box(
    'trak',
    header,
    ...samples.edits,
    box('mdia', mediaHeader(track.sampleRate, samples.duration), handler, info),
  );
}

function trackHeader(id: number, durationMs: number, volume: number, width: number, height: number): Buffer {
  const times = u32(0, 0, id, 0, durationMs); // creation, modification, id, reserved, duration
  const place = u16(0, 0, 0, 0, 0, 0, volume, 0); // reserved, layer, alternate group, volume, reserved
  return fullBox('tkhd', 0, 7, times, place, MATRIX, u32(width * 0x10000, height * 0x10000));
}

function mediaHeader(timescale: number, duration: number): Buffer {
  const language = u16(LANGUAGE, 0);
  // 32 bits of 1/90000 s are 13 hours.
  if (duration < 2 ** 32) return fullBox('mdhd', 0, 0, u32(0, 0, timescale, duration), language);
  return fullBox('mdhd', 1, 0, u64(0, 0), u32(timescale), u64(duration), language);
}

function handlerBox(type: string, name: string): Buffer {
  return fullBox('hdlr', 0, 0, u32(0), ascii(type), u32(0, 0, 0), ascii(`${name}\0`));
}

function dataInfo(): Buffer {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
}

function sampleTable(entry: Buffer, { tables }: TrackSamples): Buffer {
  return box('stbl', fullBox('stsd', 0, 0, u32(1), entry), ...tables);
}

function videoEntry({ codec, record, width, height }: Mp4VideoTrack): Buffer {
  return box(
    codec === 'h264' ? 'avc1' : 'hvc1',
    u16(0, 0, 0, 1), // reserved, data_reference_index
    Buffer.alloc(16),
    u16(width, height),
    u32(0x480000, 0x480000, 0), // 72 dpi
    u16(1), // frame_count
    Buffer.alloc(32), // compressorname
    u16(0x18, 0xffff), // depth
    box(codec === 'h264' ? 'avcC' : 'hvcC', record),
  );
}

function audioEntry(track: Mp4AudioTrack): Buffer {
  const rate = track.sampleRate < 0x10000 ? track.sampleRate * 0x10000 : 0;
  return box(
    'mp4a',
    u16(0, 0, 0, 1),
    u32(0, 0),
    u16(track.channels, 16, 0, 0),
    u32(rate),
    fullBox('esds', 0, 0, streamDescriptor(track)),
  );
}

/** ES_Descriptor, ISO/IEC 14496-1 7.2.6.5. */
function streamDescriptor({ codec, config }: Mp4AudioTrack): Buffer {
  const specific = config.length > 0 ? descriptor(5, config) : NO_BYTES;
  const rates = Buffer.concat([u8(0, 0, 0), u32(0, 0)]); // buffer size, bit rates: not known
  const decoder = descriptor(4, u8(OBJECT_TYPES[codec], AUDIO_STREAM), rates, specific);
  return descriptor(3, u16(AUDIO_TRACK_ID), u8(0), decoder, descriptor(6, u8(2)));
}

function descriptor(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u8(tag, body.length), body]);
}
