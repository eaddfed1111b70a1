// RTMP and FLV carry 32-bit milliseconds, which wrap after 49.7 days (and encoders may start anywhere). Inside
// the server a timestamp is a plain number that never wraps: 2^53 ms are 285,000 years.

/**
 * The number that equals `timestamp` modulo 2^32 and is nearest to `referenceMs`, usually the stream's previous
 * timestamp. Small steps back stay steps back; a jump of more than 24.8 days cannot be told from a wrap.
 *
 *     unwrapTimestamp(40, 0)                         = 40
 *     unwrapTimestamp(5, 0xfffffff0)                 = 0x1_0000_0005   forward over the wrap
 *     unwrapTimestamp(0xfffffff0, 0x1_0000_0005)     = 0xfffffff0      a late packet from before the wrap
 *     unwrapTimestamp(0xffffffff, 0)                 = -1              a first frame just before zero
 */
export function unwrapTimestamp(timestamp: number, referenceMs: number): number {
  return referenceMs + ((timestamp - referenceMs) | 0);
}

/**
 * The unsigned 32 bits that go on the wire for an unwrapped time.
 *
 *     wrapTimestamp(0x1_0000_0005) = 5
 *     wrapTimestamp(-1)            = 0xffffffff
 */
export function wrapTimestamp(timestampMs: number): number {
  return timestampMs >>> 0;
}
