// H.264 sequence parameter set: picture size, profile, level and frame rate. ITU-T H.264 7.3.2.1.1 and E.1.1.

import { BitReader } from '../bit-reader.ts';
import { removeEmulationPrevention } from '../rbsp.ts';

export interface H264Sps {
  readonly profileIdc: number;
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** Pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** From the VUI timing, undefined if there is none. For interlaced pictures, frames and not fields. */
  readonly frameRate: number | undefined;
}

const NAL_TYPE_SPS = 7;
/** Larger than any level allows (6.2: 16,888 pixels); it keeps nonsense out of the API. */
const MAX_SIZE = 32768;
const EXTENDED_SAR = 255;
/** Profiles with chroma format and scaling lists, 7.3.2.1.1. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Parses an SPS NAL unit, its header byte included. Undefined if it is none, cut off, or makes no sense. */
export function parseH264Sps(nal: Buffer): H264Sps | undefined {
  if (nal.length < 4 || (nal[0]! & 0x1f) !== NAL_TYPE_SPS) return undefined;
  const reader = new BitReader(removeEmulationPrevention(nal), 1);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  reader.ue(); // seq_parameter_set_id
  const chroma = HIGH_PROFILES.has(profileIdc) ? readHighProfileFields(reader) : { cropX: 2, cropY: 2 };
  reader.ue(); // log2_max_frame_num_minus4
  skipPictureOrderCount(reader);
  reader.ue(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const { width, height } = readSize(reader, chroma);
  // The size counts; a VUI that is cut off only costs the frame rate.
  const isSane = width > 0 && height > 0 && width <= MAX_SIZE && height <= MAX_SIZE;
  if (reader.hasOverrun || !isSane) return undefined;
  const frameRate = reader.flag() ? readFrameRate(reader) : undefined;
  return { profileIdc, constraintFlags, levelIdc, width, height, frameRate };
}

/** Cropping counts in chroma samples: SubWidthC and SubHeightC of table 6-1. */
interface ChromaUnits {
  readonly cropX: number;
  readonly cropY: number;
}

function readHighProfileFields(reader: BitReader): ChromaUnits {
  const chromaFormat = reader.ue();
  const isSeparatePlanes = chromaFormat === 3 && reader.flag();
  reader.ue(); // bit_depth_luma_minus8
  reader.ue(); // bit_depth_chroma_minus8
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingLists(reader, chromaFormat === 3 ? 12 : 8);
  if (isSeparatePlanes) return { cropX: 1, cropY: 1 };
  return {
    cropX: chromaFormat === 1 || chromaFormat === 2 ? 2 : 1,
    cropY: chromaFormat === 1 ? 2 : 1,
  };
}

/** 7.3.2.1.1.1: a list ends early where its next scale is 0. */
function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let nextScale = 8;
    for (let i = list < 6 ? 16 : 64; i > 0 && nextScale !== 0; i--) {
      nextScale = (nextScale + reader.se() + 256) % 256;
    }
  }
}

function skipPictureOrderCount(reader: BitReader): void {
  const type = reader.ue();
  if (type === 0) reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  reader.skip(1); // delta_pic_order_always_zero_flag
  reader.se(); // offset_for_non_ref_pic
  reader.se(); // offset_for_top_to_bottom_field
  const cycle = reader.ue();
  for (let i = 0; i < cycle && !reader.hasOverrun; i++) reader.se(); // offset_for_ref_frame
}

function readSize(reader: BitReader, chroma: ChromaUnits): { width: number; height: number } {
  const widthInMacroblocks = reader.ue() + 1;
  const heightInMapUnits = reader.ue() + 1;
  const isFrameOnly = reader.flag();
  if (!isFrameOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const fieldFactor = isFrameOnly ? 1 : 2;
  let width = widthInMacroblocks * 16;
  let height = heightInMapUnits * 16 * fieldFactor;
  if (reader.flag()) {
    width -= (reader.ue() + reader.ue()) * chroma.cropX;
    height -= (reader.ue() + reader.ue()) * chroma.cropY * fieldFactor;
  }
  return { width, height };
}

/** E.1.1 up to the timing; a frame takes two ticks. */
function readFrameRate(reader: BitReader): number | undefined {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) reader.skip(1); // overscan
  if (reader.flag()) {
    reader.skip(4); // video_format, video_full_range_flag
    if (reader.flag()) reader.skip(24); // colour description
  }
  if (reader.flag()) {
    reader.ue();
    reader.ue(); // chroma sample locations
  }
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  if (reader.hasOverrun || unitsInTick === 0 || timeScale === 0) return undefined;
  return timeScale / (2 * unitsInTick);
}
