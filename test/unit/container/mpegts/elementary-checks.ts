// What the TS checker looks at inside a PES packet: NAL units of H.264 and HEVC, ADTS frames of AAC.

/** NAL units of a byte stream, without start codes (H.264 Annex B). */
export function nalUnits(data: Buffer): Buffer[] {
  const starts: { at: number; code: number }[] = [];
  for (let at = 0; at + 3 <= data.length; at++) {
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) {
      starts.push({ at: at + 3, code: at > 0 && data[at - 1] === 0 ? at - 1 : at });
    }
  }
  return starts.map(({ at }, index) => data.subarray(at, starts[index + 1]?.code ?? data.length));
}

/** May decoding start with this picture? It needs its parameter sets before it. */
export function isRandomAccess(data: Buffer, streamType: number): boolean {
  const units = nalUnits(data);
  const isHevc = streamType === 0x24;
  const types = units.map((unit) => (isHevc ? (unit.readUInt8(0) >> 1) & 63 : unit.readUInt8(0) & 31));
  const picture = types.findIndex((type) => (isHevc ? type >= 16 && type <= 23 : type === 5));
  const needed = isHevc ? [32, 33, 34] : [7, 8];
  return picture >= 0 && needed.every((type) => types.indexOf(type) >= 0 && types.indexOf(type) < picture);
}

/** ADTS frames of ISO/IEC 13818-7 6.2; throws where the bytes are none. */
export function adtsFrames(data: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    if (at + 7 > data.length || (data.readUInt16BE(at) & 0xfff6) !== 0xfff0)
      throw new Error(`no ADTS header at ${at}`);
    const size = (data.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    if (size < 7 || at + size > data.length)
      throw new Error(`ADTS frame of ${size} at ${at} of ${data.length}`);
    frames.push(data.subarray(at, at + size));
    at += size;
  }
  return frames;
}
