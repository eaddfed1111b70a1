// The time of sending, carried inside each video frame so that it survives every server's rewriting of
// timestamps: an SEI message of its own in front of the frame. H.264, 7.3.2.3.1 and D.1.7
// (user_data_unregistered). The time is written as hexadecimal text, which needs no emulation prevention.

/** Microseconds of the monotonic clock, which all processes of one machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

const UUID = Buffer.from('tsrs-bench-stamp');
const TIME_BYTES = 16;
const PAYLOAD_BYTES = UUID.length + TIME_BYTES;
const NAL = Buffer.concat([
  Buffer.from([0x06, 5, PAYLOAD_BYTES]),
  UUID,
  Buffer.alloc(TIME_BYTES, '0'),
  Buffer.from([0x80]),
]);
const NAL_LENGTH_BYTES = 4;
/** Frame type, packet type and composition time of an AVC tag. */
const AVC_HEADER_BYTES = 5;
const UUID_AT = AVC_HEADER_BYTES + NAL_LENGTH_BYTES + 3;

/** Where the time stands in a tag body that `insertStamp` returned. */
export const STAMP_AT = UUID_AT + UUID.length;
const STAMPED_BYTES = STAMP_AT + TIME_BYTES;
const DIGITS = Buffer.from('0123456789abcdef');

/** A copy of an AVC tag body with room for a time before its first NAL unit. */
export function insertStamp(body: Buffer): Buffer {
  const length = Buffer.alloc(NAL_LENGTH_BYTES);
  length.writeUInt32BE(NAL.length);
  return Buffer.concat([body.subarray(0, AVC_HEADER_BYTES), length, NAL, body.subarray(AVC_HEADER_BYTES)]);
}

/** Writes the time as 16 hexadecimal digits at `at`. */
export function writeStamp(bytes: Buffer, at: number, timeUs: number): void {
  let left = timeUs;
  for (let i = TIME_BYTES - 1; i >= 0; i--) {
    bytes[at + i] = DIGITS[left % 16]!;
    left = Math.floor(left / 16);
  }
}

/** The time in the first bytes of a frame, µs; undefined when it carries none. */
export function readStamp(head: Buffer, headBytes: number): number | undefined {
  if (headBytes < STAMPED_BYTES || head.compare(UUID, 0, UUID.length, UUID_AT, STAMP_AT) !== 0)
    return undefined;
  return Number.parseInt(head.toString('latin1', STAMP_AT, STAMPED_BYTES), 16);
}

/** The same, when the stamp stands anywhere in `bytes`. */
export function findStamp(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(UUID);
  if (at < 0 || at + PAYLOAD_BYTES > bytes.length) return undefined;
  return Number.parseInt(bytes.toString('latin1', at + UUID.length, at + PAYLOAD_BYTES), 16);
}
