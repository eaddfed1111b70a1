// AVCDecoderConfigurationRecord, the sequence header of H.264 in FLV and MP4. ISO/IEC 14496-15, 5.3.3.1.2.

/** Parameter sets are views of the record. */
export interface AvcConfiguration {
  /** 66 Baseline, 77 Main, 100 High, … */
  readonly profileIdc: number;
  /** constraint_set flags, set 0 in the top bit. */
  readonly constraintFlags: number;
  /** Ten times the level: 31 is level 3.1. */
  readonly levelIdc: number;
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly nalLengthSize: number;
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
}

const HEADER_SIZE = 6;

/** The record, or undefined if it is cut off, of another version, or has an impossible length size. */
export function parseAvcConfiguration(record: Buffer): AvcConfiguration | undefined {
  if (record.length < HEADER_SIZE + 1 || record[0] !== 1) return undefined;
  const nalLengthSize = (record[4]! & 3) + 1;
  if (nalLengthSize === 3) return undefined;
  const sps = readParameterSets(record, HEADER_SIZE, record[5]! & 0x1f);
  if (sps === undefined || sps.end >= record.length) return undefined;
  const pps = readParameterSets(record, sps.end + 1, record[sps.end]!);
  if (pps === undefined) return undefined;
  return {
    profileIdc: record[1]!,
    constraintFlags: record[2]!,
    levelIdc: record[3]!,
    nalLengthSize,
    sps: sps.units,
    pps: pps.units,
  };
}

function readParameterSets(
  record: Buffer,
  start: number,
  count: number,
): { units: Buffer[]; end: number } | undefined {
  const units: Buffer[] = [];
  let end = start;
  for (let i = 0; i < count; i++) {
    if (end + 2 > record.length) return undefined;
    const from = end + 2;
    end = from + record.readUInt16BE(end);
    if (end > record.length) return undefined;
    units.push(record.subarray(from, end));
  }
  return { units, end };
}
