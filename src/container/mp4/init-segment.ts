// The initialisation segment of fragmented MP4: ftyp and a moov without samples. ISO/IEC 14496-12 and 14496-15, for
// HLS RFC 8216 3.3.

import { ascii, box, fullBox, u8, u16, u32 } from './box.ts';

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

/** The whole segment. At least one track is there. */
export function encodeInitSegment(
  video: Mp4VideoTrack | undefined,
  audio: Mp4AudioTrack | undefined,
): Buffer {
  const tracks = [...(video ? [videoTrack(video)] : []), ...(audio ? [audioTrack(audio)] : [])];
  const extensions = [...(video ? [VIDEO_TRACK_ID] : []), ...(audio ? [AUDIO_TRACK_ID] : [])];
  const moov = box('moov', movieHeader(), ...tracks, box('mvex', ...extensions.map(trackExtends)));
  return Buffer.concat([box('ftyp', ascii('iso5'), u32(512), ascii('iso5iso6mp41')), moov]);
}

function movieHeader(): Buffer {
  const times = u32(0, 0, 1000, 0); // creation, modification, timescale, duration
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

function trackExtends(id: number): Buffer {
  return fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0));
}

function videoTrack(track: Mp4VideoTrack): Buffer {
  const { width, height, timescale } = track;
  const header = trackHeader(VIDEO_TRACK_ID, 0, width, height);
  const handler = handlerBox('vide', 'VideoHandler');
  const info = box(
    'minf',
    fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)),
    dataInfo(),
    sampleTable(videoEntry(track)),
  );
  return box('trak', header, box('mdia', mediaHeader(timescale), handler, info));
}

function audioTrack(track: Mp4AudioTrack): Buffer {
  const header = trackHeader(AUDIO_TRACK_ID, 0x100, 0, 0);
  const handler = handlerBox('soun', 'SoundHandler');
  const info = box('minf', fullBox('smhd', 0, 0, u16(0, 0)), dataInfo(), sampleTable(audioEntry(track)));
  return box('trak', header, box('mdia', mediaHeader(track.sampleRate), handler, info));
}

function trackHeader(id: number, volume: number, width: number, height: number): Buffer {
  const times = u32(0, 0, id, 0, 0); // creation, modification, id, reserved, duration
  const place = u16(0, 0, 0, 0, 0, 0, volume, 0); // reserved, layer, alternate group, volume, reserved
  return fullBox('tkhd', 0, 7, times, place, MATRIX, u32(width * 0x10000, height * 0x10000));
}

function mediaHeader(timescale: number): Buffer {
  return fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(LANGUAGE, 0));
}

function handlerBox(type: string, name: string): Buffer {
  return fullBox('hdlr', 0, 0, u32(0), ascii(type), u32(0, 0, 0), ascii(`${name}\0`));
}

function dataInfo(): Buffer {
  return box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
}

function sampleTable(entry: Buffer): Buffer {
  const descriptions = fullBox('stsd', 0, 0, u32(1), entry);
  const none = u32(0);
  return box(
    'stbl',
    descriptions,
    fullBox('stts', 0, 0, none),
    fullBox('stsc', 0, 0, none),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, none),
  );
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
  const specific = config.length > 0 ? descriptor(5, config) : Buffer.alloc(0);
  const rates = Buffer.concat([u8(0, 0, 0), u32(0, 0)]); // buffer size, bit rates: not known
  const decoder = descriptor(4, u8(OBJECT_TYPES[codec], AUDIO_STREAM), rates, specific);
  return descriptor(3, u16(AUDIO_TRACK_ID), u8(0), decoder, descriptor(6, u8(2)));
}

function descriptor(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u8(tag, body.length), body]);
}
