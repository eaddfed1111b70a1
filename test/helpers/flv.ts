// FLV files and bodies as lists of tags (Adobe FLV 10.1, annex E), read and written without the server's code:
// a test that used it would compare the server with itself.

import { createHash } from 'node:crypto';

export const flvTagType = { audio: 8, video: 9, script: 18 } as const;

export interface FlvTag {
  readonly type: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

export interface Flv {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly tags: readonly FlvTag[];
  /** Bytes of an unfinished last tag. */
  readonly rest: Buffer;
}

/** One line per tag. Comparing the bodies themselves would keep a test busy for seconds, element by element. */
export function digests(tags: readonly FlvTag[]): string[] {
  return tags.map(
    ({ type, body }) => `${type} ${body.length} ${createHash('md5').update(body).digest('hex')}`,
  );
}

/** Throws at the first byte that is not as the standard says. */
export function parseFlv(bytes: Buffer): Flv {
  if (bytes.length < 13 || bytes.toString('latin1', 0, 3) !== 'FLV' || bytes[3] !== 1) {
    throw new Error(`no FLV header: ${bytes.subarray(0, 13).toString('hex')}`);
  }
  if (bytes.readUInt32BE(5) !== 9) throw new Error(`FLV header says it has ${bytes.readUInt32BE(5)} bytes`);
  if (bytes.readUInt32BE(9) !== 0) throw new Error('first PreviousTagSize is not 0');
  const flags = bytes.readUInt8(4);
  const tags: FlvTag[] = [];
  let at = 13;
  while (at + 11 <= bytes.length) {
    const size = bytes.readUIntBE(at + 1, 3);
    const end = at + 11 + size;
    if (end + 4 > bytes.length) break;
    const type = bytes.readUInt8(at);
    if (!Object.values<number>(flvTagType).includes(type))
      throw new Error(`tag of type ${type} at byte ${at}`);
    if (bytes.readUIntBE(at + 8, 3) !== 0) throw new Error(`StreamID is not 0 at byte ${at}`);
    const previous = bytes.readUInt32BE(end);
    if (previous !== 11 + size) throw new Error(`PreviousTagSize ${previous}, not ${11 + size}, at ${end}`);
    const timestampMs = bytes.readUIntBE(at + 4, 3) + bytes.readUInt8(at + 7) * 0x1000000;
    tags.push({ type, timestampMs, body: bytes.subarray(at + 11, end) });
    at = end + 4;
  }
  return { hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0, tags, rest: bytes.subarray(at) };
}

export function encodeFlv(tags: readonly FlvTag[]): Buffer {
  const parts: Buffer[] = [Buffer.from('464c5601050000000900000000', 'hex')];
  for (const { type, timestampMs, body } of tags) {
    const header = Buffer.alloc(11);
    header.writeUInt8(type, 0);
    header.writeUIntBE(body.length, 1, 3);
    header.writeUIntBE(timestampMs & 0xffffff, 4, 3);
    header.writeUInt8(timestampMs >>> 24, 7);
    const previous = Buffer.alloc(4);
    previous.writeUInt32BE(11 + body.length);
    parts.push(header, body, previous);
  }
  return Buffer.concat(parts);
}

export function isVideoSequenceHeader(tag: FlvTag): boolean {
  if (tag.type !== flvTagType.video) return false;
  const first = tag.body.readUInt8(0);
  if (first & 0x80) return (first & 0x0f) === 0; // enhanced RTMP: PacketTypeSequenceStart
  return (first & 0x0f) === 7 && tag.body[1] === 0;
}

export function isAudioSequenceHeader(tag: FlvTag): boolean {
  return tag.type === flvTagType.audio && tag.body.readUInt8(0) >> 4 === 10 && tag.body[1] === 0;
}

export function isSequenceHeader(tag: FlvTag): boolean {
  return isVideoSequenceHeader(tag) || isAudioSequenceHeader(tag);
}

export function isKeyFrame(tag: FlvTag): boolean {
  return (
    tag.type === flvTagType.video && ((tag.body.readUInt8(0) >> 4) & 7) === 1 && !isVideoSequenceHeader(tag)
  );
}

/** Audio and video without sequence headers and without AVC's end-of-sequence marks, which carry no frame. */
export function mediaFrames(tags: readonly FlvTag[]): FlvTag[] {
  return tags.filter(
    (tag) => tag.type !== flvTagType.script && !isSequenceHeader(tag) && !isEndOfSequence(tag),
  );
}

function isEndOfSequence(tag: FlvTag): boolean {
  return tag.type === flvTagType.video && (tag.body.readUInt8(0) & 0x8f) === 7 && tag.body[1] === 2;
}
