// AAC frames behind ADTS headers of 7 bytes: ISO/IEC 13818-7, 6.2. Every FLV message is one raw frame.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { type AudioSpecificConfig, parseAudioSpecificConfig } from '../../codec/aac/audio-specific-config.ts';
import type { ElementaryFraming } from './elementary-framing.ts';

const HEADER_SIZE = 7;
/** frame_length has 13 bits and counts the header. */
const MAX_FRAME_SIZE = 0x1fff - HEADER_SIZE;
/** Indexed by sampling_frequency_index, table 35. */
const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
] as const;

/** Syncword's second byte without CRC: the MPEG-2 identifier that SRS writes into TS, the MPEG-4 one elsewhere. */
const MPEG2_ID = 0xf9;
const MPEG4_ID = 0xf1;

/** Frames one AAC track. */
export class AdtsFraming implements ElementaryFraming {
  readonly #idByte: number;
  #config: AudioSpecificConfig | undefined;
  /** The two bytes that do not depend on the frame: profile, rate index, channels. */
  #byte2 = 0;
  #byte3 = 0;
  #payload = NO_BYTES;
  #start = 0;

  /** @param version whose identifier the headers carry, whatever the object type */
  constructor(version: 'mpeg2' | 'mpeg4' = 'mpeg2') {
    this.#idByte = version === 'mpeg2' ? MPEG2_ID : MPEG4_ID;
  }

  get isConfigured(): boolean {
    return this.#config !== undefined;
  }

  /** Samples per second of the track, 0 if unknown. */
  get sampleRate(): number {
    return this.#config?.sampleRate ?? 0;
  }

  configure(record: Buffer): boolean {
    const config = parseAudioSpecificConfig(record);
    if (config === undefined) return false;
    this.#config = config;
    const profile = config.objectType >= 1 && config.objectType <= 4 ? config.objectType - 1 : 1;
    const rateIndex = nearestRateIndex(config.sampleRate);
    const channels = config.channelConfiguration;
    this.#byte2 = (profile << 6) | (rateIndex << 2) | (channels >> 2);
    this.#byte3 = (channels & 3) << 6;
    return true;
  }

  plan(payload: Buffer, offset: number): number {
    const size = payload.length - offset;
    if (size <= 0) return 0;
    if (size > MAX_FRAME_SIZE) return -1;
    this.#payload = payload;
    this.#start = offset;
    return HEADER_SIZE + size;
  }

  write(target: Buffer, offset: number): void {
    const frameLength = HEADER_SIZE + this.#payload.length - this.#start;
    target[offset] = 0xff;
    target[offset + 1] = this.#idByte;
    target[offset + 2] = this.#byte2;
    target[offset + 3] = this.#byte3 | (frameLength >> 11);
    target[offset + 4] = (frameLength >> 3) & 0xff;
    // adts_buffer_fullness 0x7ff: variable rate. One raw data block.
    target[offset + 5] = ((frameLength << 5) & 0xe0) | 0x1f;
    target[offset + 6] = 0xfc;
    this.#payload.copy(target, offset + HEADER_SIZE, this.#start);
    this.#payload = NO_BYTES;
  }
}

/** ADTS cannot say any rate: an odd one gets the nearest index. */
function nearestRateIndex(sampleRate: number): number {
  let best = 0;
  for (let index = 1; index < SAMPLE_RATES.length; index++) {
    const distance = Math.abs(SAMPLE_RATES[index]! - sampleRate);
    if (distance < Math.abs(SAMPLE_RATES[best]! - sampleRate)) best = index;
  }
  return best;
}
