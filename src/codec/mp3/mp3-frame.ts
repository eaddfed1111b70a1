// MPEG audio frame header (MP3). ISO/IEC 11172-3 2.4.1.3, ISO/IEC 13818-3 for the lower rates.

export interface Mp3Frame {
  readonly layer: 1 | 2 | 3;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** kbit/s, 0 for "free format". */
  readonly bitrateKbps: number;
}

type Version = 'mpeg1' | 'mpeg2' | 'mpeg2.5';
const VERSIONS: readonly (Version | undefined)[] = ['mpeg2.5', undefined, 'mpeg2', 'mpeg1'];

const SAMPLE_RATES: Record<Version, readonly number[]> = {
  mpeg1: [44100, 48000, 32000],
  mpeg2: [22050, 24000, 16000],
  'mpeg2.5': [11025, 12000, 8000],
};

/** kbit/s by bitrate index; 15 is forbidden. */
const BITRATES: Record<string, readonly number[]> = {
  'mpeg1 1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  'mpeg1 2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  'mpeg1 3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  'mpeg2 1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  'mpeg2 2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  'mpeg2 3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

const CHANNEL_MODE_MONO = 3;

/** Facts of the frame that starts at byte 0. Undefined without a sync word or with reserved values. */
export function parseMp3Frame(bytes: Buffer): Mp3Frame | undefined {
  if (bytes.length < 4 || bytes[0] !== 0xff || (bytes[1]! & 0xe0) !== 0xe0) return undefined;
  const version = VERSIONS[(bytes[1]! >> 3) & 3];
  const layerBits = (bytes[1]! >> 1) & 3;
  if (version === undefined || layerBits === 0) return undefined;
  const layer = (4 - layerBits) as 1 | 2 | 3;
  const rates = BITRATES[`${version === 'mpeg1' ? 'mpeg1' : 'mpeg2'} ${layer}`]!;
  const bitrateKbps = rates[bytes[2]! >> 4];
  const sampleRate = SAMPLE_RATES[version][(bytes[2]! >> 2) & 3];
  if (bitrateKbps === undefined || sampleRate === undefined) return undefined;
  return { layer, sampleRate, channels: bytes[3]! >> 6 === CHANNEL_MODE_MONO ? 1 : 2, bitrateKbps };
}
