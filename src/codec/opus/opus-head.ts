// Opus identification header, the sequence header of Opus in enhanced FLV. RFC 7845, 5.1.

export interface OpusHead {
  readonly channels: number;
  /** Samples at 48 kHz that a decoder throws away first. */
  readonly preSkip: number;
  /** Hz of what was encoded, 0 if unknown. Opus itself always plays at 48 kHz. */
  readonly inputSampleRate: number;
}

const MAGIC = 'OpusHead';
const SIZE = 19;

/** The header, or undefined if it is cut off, has no channel, or is of an incompatible version. */
export function parseOpusHead(bytes: Buffer): OpusHead | undefined {
  if (bytes.length < SIZE || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  // RFC 7845: the upper four bits are the major version.
  if (bytes[8]! >> 4 !== 0 || bytes[9] === 0) return undefined;
  return {
    channels: bytes[9]!,
    preSkip: bytes.readUInt16LE(10),
    inputSampleRate: bytes.readUInt32LE(12),
  };
}
