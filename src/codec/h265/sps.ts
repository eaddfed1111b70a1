// H.265 sequence parameter set: picture size, profile and level. ITU-T H.265 7.3.2.2.1 and 7.3.3.

import { BitReader } from '../bit-reader.ts';
import { removeEmulationPrevention } from '../rbsp.ts';

export interface H265Sps {
  readonly profileIdc: number;
  readonly levelIdc: number;
  /** Pixels, after the conformance window. */
  readonly width: number;
  readonly height: number;
}

const NAL_TYPE_SPS = 33;
/** Larger than any level allows (6.2: 16,888 pixels); it keeps nonsense out of the API. */
const MAX_SIZE = 32768;

/** Parses an SPS NAL unit, its two header bytes included. Undefined if it is none, cut off, or makes no sense. */
export function parseH265Sps(nal: Buffer): H265Sps | undefined {
  if (nal.length < 4 || ((nal[0]! >> 1) & 0x3f) !== NAL_TYPE_SPS) return undefined;
  const reader = new BitReader(removeEmulationPrevention(nal), 2);
  reader.skip(4); // sps_video_parameter_set_id
  const subLayers = reader.bits(3);
  reader.skip(1); // sps_temporal_id_nesting_flag
  const { profileIdc, levelIdc } = readProfileTierLevel(reader, subLayers);
  reader.ue(); // sps_seq_parameter_set_id
  const { width, height } = readSize(reader);
  const isSane = width > 0 && height > 0 && width <= MAX_SIZE && height <= MAX_SIZE;
  return reader.hasOverrun || !isSane ? undefined : { profileIdc, levelIdc, width, height };
}

/** 7.3.3 with profilePresentFlag 1. `subLayers` is sps_max_sub_layers_minus1. */
function readProfileTierLevel(
  reader: BitReader,
  subLayers: number,
): { profileIdc: number; levelIdc: number } {
  reader.skip(3); // general_profile_space, general_tier_flag
  const profileIdc = reader.bits(5);
  reader.skip(32 + 48); // compatibility and constraint flags
  const levelIdc = reader.bits(8);
  const present: [boolean, boolean][] = [];
  for (let i = 0; i < subLayers; i++) present.push([reader.flag(), reader.flag()]);
  if (subLayers > 0) reader.skip((8 - subLayers) * 2);
  for (const [hasProfile, hasLevel] of present) reader.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
  return { profileIdc, levelIdc };
}

function readSize(reader: BitReader): { width: number; height: number } {
  const chromaFormat = reader.ue();
  const isSeparatePlanes = chromaFormat === 3 && reader.flag();
  let width = reader.ue();
  let height = reader.ue();
  if (reader.flag()) {
    // Table 6-1: SubWidthC and SubHeightC.
    const unitX = !isSeparatePlanes && (chromaFormat === 1 || chromaFormat === 2) ? 2 : 1;
    const unitY = !isSeparatePlanes && chromaFormat === 1 ? 2 : 1;
    width -= (reader.ue() + reader.ue()) * unitX;
    height -= (reader.ue() + reader.ue()) * unitY;
  }
  return { width, height };
}
