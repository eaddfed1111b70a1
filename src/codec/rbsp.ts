// Emulation prevention of H.264 and H.265 NAL units (H.264 7.4.1, H.265 7.4.2).

/** A copy of `nal` without the 03 of each 00 00 03. For parameter sets, which are small. */
export function removeEmulationPrevention(nal: Buffer): Buffer {
  const rbsp = Buffer.allocUnsafe(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    rbsp[length++] = byte;
  }
  return rbsp.subarray(0, length);
}
