// Numbers of the MPEG transport stream (ISO/IEC 13818-1) as SRS uses them: packet size, PIDs, clocks.

/** Bytes of a transport packet, 2.4.3.2. */
export const TS_PACKET_SIZE = 188;
const TS_SYNC_BYTE = 0x47;
/** Bytes of a packet behind its 4-byte header. */
export const TS_PAYLOAD_SIZE = TS_PACKET_SIZE - 4;

export const PID_PAT = 0;
export const PID_PMT = 0x1001;
export const PID_VIDEO = 0x100;
export const PID_AAC = 0x101;
export const PID_MP3 = 0x102;

/** Ticks of PTS, DTS and the PCR base per millisecond. */
export const TICKS_PER_MS = 90;
/** PTS, DTS and the PCR base have 33 bits. */
const CLOCK_MODULUS = 2 ** 33;

/** The 33 bits that go on the wire for a time in ticks of 1/90000 s, which may be of any size or negative. */
export function wrapClock(ticks: number): number {
  const rest = ticks % CLOCK_MODULUS;
  return rest < 0 ? rest + CLOCK_MODULUS : rest;
}

/** Writes the 4 bytes in front of a packet, 2.4.3.2. `control` is adaptation_field_control in place: 0x10, 0x20, 0x30. */
export function writePacketHeader(
  target: Buffer,
  offset: number,
  pid: number,
  isUnitStart: boolean,
  control: number,
  counter: number,
): void {
  target[offset] = TS_SYNC_BYTE;
  target[offset + 1] = (isUnitStart ? 0x40 : 0) | (pid >> 8);
  target[offset + 2] = pid & 0xff;
  target[offset + 3] = control | (counter & 0x0f);
}

/** Packets with a payload, with an adaptation field, with both. */
export const CONTROL_PAYLOAD = 0x10;
export const CONTROL_ADAPTATION = 0x20;
export const CONTROL_BOTH = 0x30;

/** Continuity counters: of PAT and PMT, which come together, and of each PID. A stream may outlive its muxer. */
export interface TsCounters {
  tables: number;
  video: number;
  aac: number;
  mp3: number;
}
