// A short mark by which the same message is known again when it comes from another server. A sample of the bytes is
// enough: whole runs of messages are compared, and compressed media differs everywhere.

import type { MediaMessage } from '../../media/message.ts';

const SAMPLES = 16;

/** 32 bits that depend on size, track and some bytes of the payload. */
export function messageMark({ track, payload }: MediaMessage): number {
  const { length } = payload;
  let mark = Math.imul(length + (track === 'video' ? 0x9e37 : 0), 0x85ebca6b);
  const last = length - 4;
  if (last < 0) {
    for (const byte of payload) mark = Math.imul(mark ^ byte, 0x01000193);
    return mark >>> 0;
  }
  const step = Math.max(1, Math.floor(length / SAMPLES));
  for (let at = 0; at < last; at += step) mark = Math.imul(mark ^ payload.readUInt32BE(at), 0x01000193);
  return Math.imul(mark ^ payload.readUInt32BE(last), 0x01000193) >>> 0;
}
