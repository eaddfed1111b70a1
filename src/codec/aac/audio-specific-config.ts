// AudioSpecificConfig, the sequence header of AAC. ISO/IEC 14496-3, 1.6.2.1 and 4.4.1.

import { BitReader } from '../bit-reader.ts';

export interface AudioSpecificConfig {
  /** Object type of the core coder: 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number;
  /** Core sampling rate, Hz: that of the frames and of ADTS. */
  readonly sampleRate: number;
  /** 3-bit channel configuration as ADTS has it; 0 means that a program config element tells. */
  readonly channelConfiguration: number;
  /** Of the core: parametric stereo has 1 here, and 2 for the listener. 0 if nothing says. */
  readonly channels: number;
  /** Spectral band replication (HE-AAC), whichever way it is signalled. */
  readonly hasSbr: boolean;
  /** Parametric stereo (HE-AAC v2). */
  readonly hasPs: boolean;
  /** Rate that the listener gets: twice the core's with SBR. Hz */
  readonly outputSampleRate: number;
}

const OBJECT_TYPE_SBR = 5;
const OBJECT_TYPE_PS = 29;
const OBJECT_TYPE_ESCAPE = 31;
/** Types that continue with GASpecificConfig, 1.6.2.1. */
const GENERAL_AUDIO_TYPES = new Set([1, 2, 3, 4, 6, 7]);
const SBR_SYNC_EXTENSION = 0x2b7;
const PS_SYNC_EXTENSION = 0x548;

const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
] as const;
const EXPLICIT_RATE = 15;
/** Indexed by channelConfiguration, table 1.19. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8] as const;

/** Parses the config. Undefined if it is cut off, or its rate or channels are reserved values. */
export function parseAudioSpecificConfig(bytes: Buffer): AudioSpecificConfig | undefined {
  const reader = new BitReader(bytes);
  const declaredType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  const hasExplicitSbr = declaredType === OBJECT_TYPE_SBR || declaredType === OBJECT_TYPE_PS;
  const explicitRate = hasExplicitSbr ? readSampleRate(reader) : undefined;
  const objectType = hasExplicitSbr ? readObjectType(reader) : declaredType;
  if (reader.hasOverrun || sampleRate === undefined || channelConfiguration > 7) return undefined;
  // What follows says little that matters, and encoders leave it out: a cut-off rest is no error.
  const elementChannels = readGeneralAudio(reader, objectType, channelConfiguration);
  const late = hasExplicitSbr ? NO_EXTENSION : readSyncExtension(reader);
  const hasSbr = hasExplicitSbr || late.hasSbr;
  return {
    objectType,
    sampleRate,
    channelConfiguration,
    channels: channelConfiguration === 0 ? elementChannels : CHANNELS[channelConfiguration]!,
    hasSbr,
    hasPs: declaredType === OBJECT_TYPE_PS || late.hasPs,
    outputSampleRate: explicitRate ?? late.sampleRate ?? (hasSbr ? sampleRate * 2 : sampleRate),
  };
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === OBJECT_TYPE_ESCAPE ? 32 + reader.bits(6) : type;
}

/** Hz, undefined for a reserved index or 0. */
function readSampleRate(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  if (index === EXPLICIT_RATE) return reader.bits(24) || undefined;
  return SAMPLE_RATES[index];
}

/** GASpecificConfig, 4.4.1. Returns the channels of its program config element, 0 without one. */
function readGeneralAudio(reader: BitReader, objectType: number, channelConfiguration: number): number {
  if (!GENERAL_AUDIO_TYPES.has(objectType)) return 0;
  reader.skip(1); // frameLengthFlag
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag
  const channels = channelConfiguration === 0 ? readProgramConfig(reader) : 0;
  if (objectType === 6) reader.skip(3); // layerNr
  return reader.hasOverrun ? 0 : channels;
}

/** program_config_element, 4.4.1.1: counts the channels of its elements. */
function readProgramConfig(reader: BitReader): number {
  reader.skip(4 + 2 + 4); // instance tag, object type, rate
  const pairs = [reader.bits(4), reader.bits(4), reader.bits(4)]; // front, side, back elements
  const lowFrequency = reader.bits(2);
  reader.bits(3); // assoc_data
  reader.bits(4); // valid_cc
  if (reader.flag()) reader.skip(4); // mono mixdown
  if (reader.flag()) reader.skip(4); // stereo mixdown
  if (reader.flag()) reader.skip(3); // matrix mixdown
  let channels = lowFrequency;
  for (const count of pairs) {
    for (let i = 0; i < count; i++) {
      channels += reader.flag() ? 2 : 1;
      reader.skip(4);
    }
  }
  return channels;
}

interface SyncExtension {
  readonly hasSbr: boolean;
  readonly hasPs: boolean;
  readonly sampleRate: number | undefined;
}

const NO_EXTENSION: SyncExtension = { hasSbr: false, hasPs: false, sampleRate: undefined };

/** The backward compatible way to announce SBR and PS: at the end, where old decoders do not look. */
function readSyncExtension(reader: BitReader): SyncExtension {
  if (reader.bitsLeft < 16 || reader.bits(11) !== SBR_SYNC_EXTENSION) return NO_EXTENSION;
  if (readObjectType(reader) !== OBJECT_TYPE_SBR || !reader.flag()) return NO_EXTENSION;
  const sampleRate = readSampleRate(reader);
  const hasPs = reader.bitsLeft >= 12 && reader.bits(11) === PS_SYNC_EXTENSION && reader.flag();
  return { hasSbr: true, hasPs, sampleRate };
}
