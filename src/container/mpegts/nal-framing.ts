// H.264 and HEVC frames as they stand in FLV (a length before each NAL unit) turned into the byte stream of
// transport streams (a start code before each): ITU-T H.264 and H.265, Annex B.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { parseAvcConfiguration } from '../../codec/h264/avc-configuration.ts';
import { parseHevcConfiguration } from '../../codec/h265/hevc-configuration.ts';
import type { ElementaryFraming } from './elementary-framing.ts';
import { findAnnexBUnits, findLengthPrefixedUnits, NalUnits } from './nal-units.ts';

/** What a codec needs in front of its frames. */
export interface NalRules {
  readonly typeOf: (firstByte: number) => number;
  readonly isDelimiter: (type: number) => boolean;
  readonly isParameterSet: (type: number) => boolean;
  /** Pictures that decoding may start with: the parameter sets go before them and all that belongs to them. */
  readonly isRandomAccess: (type: number) => boolean;
  /** Access unit delimiter to begin a frame with that has none; empty = not needed. */
  readonly delimiter: Buffer;
  /** Bytes of all start codes but the first, which always has four. */
  readonly startCodeSize: 3 | 4;
  readonly parse: (
    record: Buffer,
  ) => { readonly nalLengthSize: number; readonly parameterSets: readonly Buffer[] } | undefined;
}

/** Types of ITU-T H.264 table 7-1. Start codes as SRS 4 writes them. */
export const H264_RULES: NalRules = {
  typeOf: (firstByte) => firstByte & 0x1f,
  isDelimiter: (type) => type === 9,
  isParameterSet: (type) => type === 7 || type === 8,
  isRandomAccess: (type) => type === 5,
  delimiter: Buffer.from([0x09, 0xf0]),
  startCodeSize: 3,
  parse: (record) => {
    const config = parseAvcConfiguration(record);
    return config && { nalLengthSize: config.nalLengthSize, parameterSets: [...config.sps, ...config.pps] };
  },
};

/** Types of ITU-T H.265 table 7-1. Start codes as SRS 7 writes them. */
export const H265_RULES: NalRules = {
  typeOf: (firstByte) => (firstByte >> 1) & 0x3f,
  isDelimiter: (type) => type === 35,
  isParameterSet: (type) => type >= 32 && type <= 34,
  isRandomAccess: (type) => type >= 16 && type <= 23,
  delimiter: NO_BYTES,
  startCodeSize: 4,
  parse: (record) => {
    const config = parseHevcConfiguration(record);
    return (
      config && {
        nalLengthSize: config.nalLengthSize,
        parameterSets: [...config.vps, ...config.sps, ...config.pps],
      }
    );
  },
};

/** Frames one video track. Keeps the parameter sets of the last `configure`, copied. */
export class NalFraming implements ElementaryFraming {
  readonly #rules: NalRules;
  readonly #units = new NalUnits();
  #nalLengthSize = 0;
  /** Parameter sets, each behind its start code. */
  #parameterSets = NO_BYTES;
  #payload = NO_BYTES;
  #hasDelimiter = false;
  /** Index of the unit that the parameter sets go before, -1 = none. */
  #insertAt = -1;

  constructor(rules: NalRules) {
    this.#rules = rules;
  }

  get isConfigured(): boolean {
    return this.#nalLengthSize > 0;
  }

  configure(record: Buffer): boolean {
    const config = this.#rules.parse(record);
    if (config === undefined) return false;
    this.#nalLengthSize = config.nalLengthSize;
    const startCode = Buffer.from([0, 0, 0, 1]).subarray(4 - this.#rules.startCodeSize);
    const sets = config.parameterSets.filter((set) => set.length > 0);
    this.#parameterSets = Buffer.concat(sets.flatMap((set) => [startCode, set]));
    return true;
  }

  /** Looks at one frame. 0 = no units in it, -1 = lengths that do not fit. */
  plan(payload: Buffer, offset: number): number {
    const units = this.#units;
    const isFound =
      findLengthPrefixedUnits(payload, offset, this.#nalLengthSize, units) ||
      findAnnexBUnits(payload, offset, units);
    if (!isFound) return -1;
    if (units.count === 0) return 0;
    this.#payload = payload;
    this.#classify(payload);
    const { startCodeSize, delimiter } = this.#rules;
    let size = 4 - startCodeSize;
    if (!this.#hasDelimiter && delimiter.length > 0) size += startCodeSize + delimiter.length;
    if (this.#insertAt >= 0) size += this.#parameterSets.length;
    return size + units.count * startCodeSize + units.sizeBytes;
  }

  write(target: Buffer, offset: number): void {
    const units = this.#units;
    let at = offset;
    // Makes the first start code one of four bytes, whatever it belongs to.
    if (this.#rules.startCodeSize === 3) target[at++] = 0;
    const { delimiter } = this.#rules;
    if (!this.#hasDelimiter && delimiter.length > 0) {
      at = this.#writeStartCode(target, at);
      at += delimiter.copy(target, at);
    }
    for (let index = 0; index < units.count; index++) {
      if (index === this.#insertAt) at += this.#parameterSets.copy(target, at);
      at = this.#writeStartCode(target, at);
      at += this.#payload.copy(target, at, units.starts[index]!, units.ends[index]!);
    }
    this.#payload = NO_BYTES;
  }

  #classify(payload: Buffer): void {
    const { typeOf, isDelimiter, isParameterSet, isRandomAccess } = this.#rules;
    const { starts, count } = this.#units;
    let hasParameterSets = false;
    let isRandomAccessPoint = false;
    this.#hasDelimiter = false;
    for (let index = 0; index < count; index++) {
      const type = typeOf(payload[starts[index]!]!);
      if (isDelimiter(type)) this.#hasDelimiter = true;
      else if (isParameterSet(type)) hasParameterSets = true;
      else if (isRandomAccess(type)) isRandomAccessPoint = true;
    }
    // Before SEI messages, which may refer to them (H.264, 7.4.1.2.3); SRS puts them behind, and ffmpeg complains.
    const isToInsert = isRandomAccessPoint && !hasParameterSets && this.#parameterSets.length > 0;
    const beginsWithDelimiter = isDelimiter(typeOf(payload[starts[0]!]!));
    this.#insertAt = isToInsert ? Number(beginsWithDelimiter) : -1;
  }

  #writeStartCode(target: Buffer, offset: number): number {
    let at = offset;
    if (this.#rules.startCodeSize === 4) target[at++] = 0;
    target[at] = 0;
    target[at + 1] = 0;
    target[at + 2] = 1;
    return at + 3;
  }
}
