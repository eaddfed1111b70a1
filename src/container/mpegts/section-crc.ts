// CRC-32 of PSI sections: ISO/IEC 13818-1 Annex A (polynomial 0x04c11db7, not reflected, no final xor).

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** CRC of `bytes` from..to, unsigned. Over a section with its CRC the result is 0. */
export function sectionCrc(bytes: Buffer, from: number, to: number): number {
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = ((crc << 8) ^ table[((crc >>> 24) ^ bytes[i]!) & 0xff]!) >>> 0;
  return crc;
}
