// From sequence headers to what an MP4 track says about itself.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { parseAudioSpecificConfig } from '../../codec/aac/audio-specific-config.ts';
import { parseAvcConfiguration } from '../../codec/h264/avc-configuration.ts';
import { parseH264Sps } from '../../codec/h264/sps.ts';
import { parseHevcConfiguration } from '../../codec/h265/hevc-configuration.ts';
import { parseH265Sps } from '../../codec/h265/sps.ts';
import { parseMp3Frame } from '../../codec/mp3/mp3-frame.ts';

/** Ticks per second of video tracks, as in transport streams. */
export const VIDEO_TIMESCALE = 90_000;

export interface Mp4VideoConfig {
  readonly codec: 'h264' | 'hevc';
  /** The decoder configuration record, its own copy. */
  readonly record: Buffer;
  readonly nalLengthSize: number;
  /** Pixels, 0 if unknown. */
  readonly width: number;
  readonly height: number;
}

export interface Mp4AudioConfig {
  readonly codec: 'aac' | 'mp3';
  /** AudioSpecificConfig, its own copy; empty for MP3. */
  readonly config: Buffer;
  /** Hz of the core coder. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per frame. */
  readonly frameSamples: number;
}

const AAC_FRAME_SAMPLES = 1024;
/** Layer 3; the lower rates of MPEG-2 have one granule per frame. */
const MP3_FRAME_SAMPLES = 1152;
const MP3_LOW_RATE_FRAME_SAMPLES = 576;
const MP3_LOW_RATES_BELOW = 32_000;

/** Undefined for another codec, or a record that does not parse. */
export function readVideoConfig(codec: string, record: Buffer): Mp4VideoConfig | undefined {
  if (codec === 'h264') return readH264(Buffer.from(record));
  return codec === 'hevc' ? readHevc(Buffer.from(record)) : undefined;
}

function readH264(record: Buffer): Mp4VideoConfig | undefined {
  const config = parseAvcConfiguration(record);
  if (config === undefined) return undefined;
  const size = config.sps[0] && parseH264Sps(config.sps[0]);
  const { width = 0, height = 0 } = size ?? {};
  return { codec: 'h264', record, nalLengthSize: config.nalLengthSize, width, height };
}

function readHevc(record: Buffer): Mp4VideoConfig | undefined {
  const config = parseHevcConfiguration(record);
  if (config === undefined) return undefined;
  const size = config.sps[0] && parseH265Sps(config.sps[0]);
  const { width = 0, height = 0 } = size ?? {};
  return { codec: 'hevc', record, nalLengthSize: config.nalLengthSize, width, height };
}

/** Undefined for another codec, or a config that does not parse. */
export function readAudioConfig(codec: string, bytes: Buffer): Mp4AudioConfig | undefined {
  const config = codec === 'aac' ? parseAudioSpecificConfig(bytes) : undefined;
  if (config === undefined) return undefined;
  const { sampleRate, channels } = config;
  const copy = Buffer.from(bytes);
  return { codec: 'aac', config: copy, sampleRate, channels, frameSamples: AAC_FRAME_SAMPLES };
}

/** MP3 says it all in each frame. */
export function mp3Config(frame: Buffer): Mp4AudioConfig | undefined {
  const parsed = parseMp3Frame(frame);
  if (parsed === undefined) return undefined;
  const { sampleRate, channels } = parsed;
  const isLow = sampleRate < MP3_LOW_RATES_BELOW;
  const frameSamples = isLow ? MP3_LOW_RATE_FRAME_SAMPLES : MP3_FRAME_SAMPLES;
  return { codec: 'mp3', config: NO_BYTES, sampleRate, channels, frameSamples };
}
