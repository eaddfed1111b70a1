// AV1CodecConfigurationRecord, the sequence header of AV1 in enhanced FLV and MP4.
// AV1 Codec ISO Media File Format Binding 1.2, 2.3.3.

import { type Av1SequenceHeader, parseAv1SequenceHeader } from './sequence-header.ts';

export interface Av1Configuration {
  /** 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx: 5 is level 3.1 (major = 2 + index / 4, minor = index % 4). */
  readonly levelIndex: number;
  /** From the sequence header OBU, if the record carries one. */
  readonly sequenceHeader: Av1SequenceHeader | undefined;
}

const HEADER_SIZE = 4;
const MARKER_AND_VERSION = 0x81;

/** The record, or undefined if it is cut off or of another version. */
export function parseAv1Configuration(record: Buffer): Av1Configuration | undefined {
  if (record.length < HEADER_SIZE || record[0] !== MARKER_AND_VERSION) return undefined;
  return {
    profile: record[1]! >> 5,
    levelIndex: record[1]! & 0x1f,
    sequenceHeader: parseAv1SequenceHeader(record.subarray(HEADER_SIZE)),
  };
}
