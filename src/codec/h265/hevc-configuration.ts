// HEVCDecoderConfigurationRecord, the sequence header of H.265. ISO/IEC 14496-15, 8.3.3.1.2.

/** Parameter sets are views of the record. */
export interface HevcConfiguration {
  /** 1 Main, 2 Main 10, … */
  readonly profileIdc: number;
  /** Thirty times the level: 93 is level 3.1. */
  readonly levelIdc: number;
  /** Bytes of the length in front of each NAL unit: 1, 2 or 4. */
  readonly nalLengthSize: number;
  readonly vps: readonly Buffer[];
  readonly sps: readonly Buffer[];
  readonly pps: readonly Buffer[];
}

const NAL_TYPE_VPS = 32;
const NAL_TYPE_SPS = 33;
const NAL_TYPE_PPS = 34;
const HEADER_SIZE = 23;

/** The record, or undefined if it is cut off, of another version, or has an impossible length size. */
export function parseHevcConfiguration(record: Buffer): HevcConfiguration | undefined {
  if (record.length < HEADER_SIZE || record[0] !== 1) return undefined;
  const nalLengthSize = (record[21]! & 3) + 1;
  const units = readArrays(record, record[22]!);
  if (units === undefined || nalLengthSize === 3) return undefined;
  return {
    profileIdc: record[1]! & 0x1f,
    levelIdc: record[12]!,
    nalLengthSize,
    vps: unitsOfType(units, NAL_TYPE_VPS),
    sps: unitsOfType(units, NAL_TYPE_SPS),
    pps: unitsOfType(units, NAL_TYPE_PPS),
  };
}

interface ParameterSet {
  readonly type: number;
  readonly nal: Buffer;
}

function unitsOfType(units: readonly ParameterSet[], type: number): Buffer[] {
  return units.filter((unit) => unit.type === type).map((unit) => unit.nal);
}

/** An array: NAL unit type (1 byte), number of units (2), then length (2) and bytes of each. */
function readArrays(record: Buffer, arrayCount: number): ParameterSet[] | undefined {
  const units: ParameterSet[] = [];
  let offset = HEADER_SIZE;
  for (let array = 0; array < arrayCount; array++) {
    if (offset + 3 > record.length) return undefined;
    const type = record[offset]! & 0x3f;
    let left = record.readUInt16BE(offset + 1);
    for (offset += 3; left > 0; left--) {
      if (offset + 2 > record.length) return undefined;
      const from = offset + 2;
      offset = from + record.readUInt16BE(offset);
      if (offset > record.length) return undefined;
      units.push({ type, nal: record.subarray(from, offset) });
    }
  }
  return units;
}
