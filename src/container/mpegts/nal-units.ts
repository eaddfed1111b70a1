// Where the NAL units of a frame are: in a payload with a length before each (ISO/IEC 14496-15, 5.3.4.2), or in one
// that some encoders put into FLV with start codes, against the rules.

/** Offsets into a payload, reused from frame to frame. Only the first `count` entries count. */
export class NalUnits {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  count = 0;
  /** Bytes of all units together. */
  sizeBytes = 0;

  clear(): void {
    this.count = 0;
    this.sizeBytes = 0;
  }

  /** Empty units are left out. */
  add(start: number, end: number): void {
    if (end <= start) return;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
    this.sizeBytes += end - start;
  }
}

/**
 * Finds units with a length of `lengthSize` bytes before each.
 * @returns false if the lengths do not add up to the payload
 */
export function findLengthPrefixedUnits(
  payload: Buffer,
  offset: number,
  lengthSize: number,
  units: NalUnits,
): boolean {
  units.clear();
  let at = offset;
  while (at + lengthSize <= payload.length) {
    const start = at + lengthSize;
    const end = start + payload.readUIntBE(at, lengthSize);
    if (end > payload.length) return false;
    units.add(start, end);
    at = end;
  }
  return at === payload.length;
}

/**
 * Finds units behind start codes.
 * @returns false if the payload does not begin with one
 */
export function findAnnexBUnits(payload: Buffer, offset: number, units: NalUnits): boolean {
  units.clear();
  let code = findStartCode(payload, offset);
  if (code < 0 || code > offset + 1) return false;
  while (code >= 0) {
    const start = code + 3;
    code = findStartCode(payload, start);
    units.add(start, trimZeros(payload, start, code < 0 ? payload.length : code));
  }
  return true;
}

/** Offset of the next 00 00 01, -1 if there is none. */
function findStartCode(payload: Buffer, from: number): number {
  for (let at = payload.indexOf(1, from + 2); at >= 0; at = payload.indexOf(1, at + 1)) {
    if (payload[at - 1] === 0 && payload[at - 2] === 0) return at - 2;
  }
  return -1;
}

/** trailing_zero_8bits, and the zero_byte of the next start code. */
function trimZeros(payload: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && payload[at - 1] === 0) at--;
  return at;
}
