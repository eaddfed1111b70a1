// What a publisher sends, in words and numbers for log lines and the API, from the sequence headers. The names
// are those of SRS's API; where SRS says "Other" for something that has a name, this says the name.

import { type AudioSpecificConfig, parseAudioSpecificConfig } from '../codec/aac/audio-specific-config.ts';
import { parseAv1Configuration } from '../codec/av1/av1-configuration.ts';
import { parseAvcConfiguration } from '../codec/h264/avc-configuration.ts';
import { parseH264Sps } from '../codec/h264/sps.ts';
import { parseHevcConfiguration } from '../codec/h265/hevc-configuration.ts';
import { parseH265Sps } from '../codec/h265/sps.ts';
import { parseMp3Frame } from '../codec/mp3/mp3-frame.ts';
import { parseOpusHead } from '../codec/opus/opus-head.ts';
import type { AudioTag } from './audio-tag.ts';
import type { AudioCodec, VideoCodec } from './message.ts';
import type { VideoTag } from './video-tag.ts';

export interface VideoDescription {
  /** `H264`, `HEVC`, `AV1`, … */
  readonly codec: string;
  /** `High`, `Main10`, …; '' if the codec has none or it is not parsed. */
  readonly profile: string;
  /** `3.1`, …; '' like the profile. */
  readonly level: string;
  /** Pixels, 0 if unknown. */
  readonly width: number;
  readonly height: number;
  /** From the parameter sets, undefined if they do not say. */
  readonly frameRate: number | undefined;
}

export interface AudioDescription {
  /** `AAC`, `MP3`, `Opus`, … */
  readonly codec: string;
  /** AAC: `LC`, `HE`, `HEv2`, `Main`, `SSR`, `Other`. '' for other codecs. */
  readonly profile: string;
  /** Hz and channels as a player gets them, 0 if unknown. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The same as SRS's API reports them: from the FLV tag header, with which AAC encoders rarely bother. */
  readonly reportedSampleRate: number;
  readonly reportedChannels: number;
}

const VIDEO_NAMES: Record<VideoCodec, string> = {
  h264: 'H264',
  hevc: 'HEVC',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  h263: 'H263',
  screen: 'Screen',
  vp6: 'VP6',
  vp6a: 'VP6',
  screen2: 'Screen2',
};

const AUDIO_NAMES: Record<AudioCodec, string> = {
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC3',
  eac3: 'EAC3',
  speex: 'Speex',
  nellymoser: 'Nellymoser',
  g711a: 'G711A',
  g711u: 'G711U',
  pcm: 'PCM',
  adpcm: 'ADPCM',
};

const OTHER = 'Other';
// SRS goes by profile_idc alone, so the constrained forms are not told apart.
const H264_PROFILES = new Map([
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High(10)'],
  [122, 'High(422)'],
  [144, 'High(444)'],
  [244, 'High(444+Predictive)'],
]);
const HEVC_PROFILES = new Map([
  [1, 'Main'],
  [2, 'Main10'],
  [3, 'Main Still Picture'],
  [4, 'Rext'],
]);
const AV1_PROFILES = new Map([
  [0, 'Main'],
  [1, 'High'],
  [2, 'Professional'],
]);
const AAC_PROFILES = new Map([
  [1, 'Main'],
  [2, 'LC'],
  [3, 'SSR'],
]);

/**
 * Describes the track that a video sequence header starts; `tag` is the payload's. Undefined if the header does
 * not parse. With `skipSps` (SRS `parse_sps off`) the SPS is not looked at, and the size is unknown.
 */
export function describeVideo(tag: VideoTag, payload: Buffer, skipSps = false): VideoDescription | undefined {
  const header = payload.subarray(tag.dataOffset);
  if (tag.packetType !== 'sequence-start') return named(tag.codec);
  if (tag.codec === 'h264') return describeH264(header, skipSps);
  if (tag.codec === 'hevc') return describeHevc(header, skipSps);
  if (tag.codec === 'av1') return describeAv1(header);
  return named(tag.codec);
}

/**
 * Describes the track of an audio sequence header or, for codecs without one, of any frame; `tag` is the
 * payload's. Undefined if it does not parse.
 */
export function describeAudio(tag: AudioTag, payload: Buffer): AudioDescription | undefined {
  const bytes = payload.subarray(tag.dataOffset);
  const codec = AUDIO_NAMES[tag.codec];
  if (tag.codec === 'aac' && tag.isSequenceHeader) {
    const config = parseAudioSpecificConfig(bytes);
    return config && describeAac(tag, config);
  }
  if (tag.codec === 'mp3') {
    const frame = parseMp3Frame(bytes);
    return frame && withReported(tag, codec, '', frame.sampleRate, frame.channels);
  }
  if (tag.codec === 'opus' && tag.isSequenceHeader) {
    const head = parseOpusHead(bytes);
    return head && withReported(tag, codec, '', 48000, head.channels);
  }
  return withReported(tag, codec, '', tag.headerSampleRate, tag.headerChannels);
}

function named(codec: VideoCodec): VideoDescription {
  return { codec: VIDEO_NAMES[codec], profile: '', level: '', width: 0, height: 0, frameRate: undefined };
}

function describeH264(record: Buffer, skipSps: boolean): VideoDescription | undefined {
  const config = parseAvcConfiguration(record);
  const picture = readPicture(config?.sps, parseH264Sps, skipSps);
  if (config === undefined || picture === undefined) return undefined;
  return {
    codec: VIDEO_NAMES.h264,
    profile: H264_PROFILES.get(config.profileIdc) ?? OTHER,
    level: String(config.levelIdc / 10),
    width: picture.width,
    height: picture.height,
    frameRate: picture.frameRate,
  };
}

function describeHevc(record: Buffer, skipSps: boolean): VideoDescription | undefined {
  const config = parseHevcConfiguration(record);
  const picture = readPicture(config?.sps, parseH265Sps, skipSps);
  if (config === undefined || picture === undefined) return undefined;
  return {
    codec: VIDEO_NAMES.hevc,
    profile: HEVC_PROFILES.get(config.profileIdc) ?? OTHER,
    level: String(Math.round(config.levelIdc / 3) / 10),
    width: picture.width,
    height: picture.height,
    frameRate: undefined,
  };
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly frameRate?: number | undefined;
}

/** From the first SPS; undefined if there is none, or it does not parse and must. */
function readPicture(
  units: readonly Buffer[] | undefined,
  parse: (nal: Buffer) => Picture | undefined,
  skipSps: boolean,
): Picture | undefined {
  if (skipSps) return { width: 0, height: 0 };
  const nal = units?.[0];
  return nal && parse(nal);
}

function describeAv1(record: Buffer): VideoDescription | undefined {
  const config = parseAv1Configuration(record);
  if (config === undefined) return undefined;
  const major = 2 + (config.levelIndex >> 2);
  return {
    codec: VIDEO_NAMES.av1,
    profile: AV1_PROFILES.get(config.profile) ?? OTHER,
    level: `${major}.${config.levelIndex & 3}`,
    width: config.sequenceHeader?.maxWidth ?? 0,
    height: config.sequenceHeader?.maxHeight ?? 0,
    frameRate: undefined,
  };
}

function describeAac(tag: AudioTag, config: AudioSpecificConfig): AudioDescription {
  const profile = AAC_PROFILES.get(config.objectType) ?? OTHER;
  const highEfficiency = config.hasPs ? 'HEv2' : 'HE';
  const channels = config.hasPs && config.channels === 1 ? 2 : config.channels;
  return withReported(
    tag,
    AUDIO_NAMES.aac,
    config.hasSbr ? highEfficiency : profile,
    config.outputSampleRate,
    channels,
    config.sampleRate,
  );
}

/**
 * SRS takes rate and channels of the FLV tag header, and lets the AudioSpecificConfig correct only rates that the
 * header could have said. Enhanced tags have no such header, so the real values stand there too.
 */
function withReported(
  tag: AudioTag,
  codec: string,
  profile: string,
  sampleRate: number,
  channels: number,
  coreSampleRate = sampleRate,
): AudioDescription {
  const isCorrected = tag.codec === 'aac' && [11025, 22050, 44100].includes(coreSampleRate);
  const headerSampleRate = tag.isEnhanced ? sampleRate : tag.headerSampleRate;
  return {
    codec,
    profile,
    sampleRate,
    channels,
    reportedSampleRate: isCorrected ? coreSampleRate : headerSampleRate,
    reportedChannels: tag.isEnhanced ? channels : tag.headerChannels,
  };
}
