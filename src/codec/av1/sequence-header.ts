// AV1 sequence header OBU: picture size. AV1 Bitstream & Decoding Process Specification, 5.3 and 5.5.

import { BitReader } from '../bit-reader.ts';

export interface Av1SequenceHeader {
  readonly profile: number;
  /** Largest frame, pixels. */
  readonly maxWidth: number;
  readonly maxHeight: number;
}

const OBU_SEQUENCE_HEADER = 1;
/** leb128 sizes have 8 bytes at most, 4.10.5. */
const MAX_LEB128_BYTES = 8;

/** Parses the OBU at the start of `obus`. Undefined if it is no sequence header, or cut off. */
export function parseAv1SequenceHeader(obus: Buffer): Av1SequenceHeader | undefined {
  const reader = new BitReader(obus);
  reader.skip(1); // obu_forbidden_bit
  const type = reader.bits(4);
  const hasExtension = reader.flag();
  const hasSize = reader.flag();
  reader.skip(1);
  if (hasExtension) reader.skip(8);
  if (hasSize) skipLeb128(reader);
  if (type !== OBU_SEQUENCE_HEADER) return undefined;
  const header = readSequenceHeader(reader);
  return reader.hasOverrun ? undefined : header;
}

function skipLeb128(reader: BitReader): void {
  for (let i = 0; i < MAX_LEB128_BYTES && reader.bits(8) >= 0x80; i++);
}

/** 5.5.1, up to the frame size. */
function readSequenceHeader(reader: BitReader): Av1SequenceHeader {
  const profile = reader.bits(3);
  reader.skip(1); // still_picture
  const isReduced = reader.flag();
  if (isReduced)
    reader.skip(5); // seq_level_idx[0]
  else skipTimingAndOperatingPoints(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  return { profile, maxWidth: reader.bits(widthBits) + 1, maxHeight: reader.bits(heightBits) + 1 };
}

function skipTimingAndOperatingPoints(reader: BitReader): void {
  let delayBits = 0;
  if (reader.flag()) {
    skipTimingInfo(reader);
    if (reader.flag()) {
      delayBits = reader.bits(5) + 1; // buffer_delay_length_minus_1
      reader.skip(32 + 5 + 5); // rest of decoder_model_info
    }
  }
  const hasInitialDisplayDelay = reader.flag();
  const points = reader.bits(5) + 1;
  for (let i = 0; i < points; i++) skipOperatingPoint(reader, delayBits, hasInitialDisplayDelay);
}

function skipTimingInfo(reader: BitReader): void {
  reader.skip(64); // num_units_in_display_tick, time_scale
  if (reader.flag()) reader.ue(); // uvlc num_ticks_per_picture_minus_1: same code as ue(v)
}

/** `delayBits` is 0 without a decoder model. */
function skipOperatingPoint(reader: BitReader, delayBits: number, hasInitialDisplayDelay: boolean): void {
  reader.skip(12); // operating_point_idc
  if (reader.bits(5) > 7) reader.skip(1); // seq_tier
  if (delayBits > 0 && reader.flag()) reader.skip(2 * delayBits + 1); // operating_parameters_info
  if (hasInitialDisplayDelay && reader.flag()) reader.skip(4);
}
