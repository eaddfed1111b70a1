// Messages for the muxer: made by hand, or those of an FLV file.

import { parseAudioTag } from '../../../../src/media/audio-tag.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { parseVideoTag } from '../../../../src/media/video-tag.ts';
import { type FlvTag, flvTagType } from '../../../helpers/flv.ts';

/** The message of an FLV tag body, undefined for what the server drops. */
function messageOf(track: 'audio' | 'video', timestampMs: number, payload: Buffer): MediaMessage | undefined {
  const tag = track === 'video' ? parseVideoTag(payload) : parseAudioTag(payload);
  if (tag.type === 'dropped') return undefined;
  const isKeyFrame = tag.type === 'video' && tag.isKeyFrame;
  return {
    track,
    timestampMs,
    codec: tag.codec,
    isKeyFrame,
    isSequenceHeader: tag.isSequenceHeader,
    payload,
  };
}

export function messagesOf(tags: readonly FlvTag[]): MediaMessage[] {
  return tags.flatMap(({ type, timestampMs, body }) => {
    if (type === flvTagType.script) return [];
    const message = messageOf(type === flvTagType.video ? 'video' : 'audio', timestampMs, body);
    return message === undefined ? [] : [message];
  });
}

function required(message: MediaMessage | undefined): MediaMessage {
  if (message === undefined) throw new Error('the test made a tag that the server drops');
  return message;
}

export const SPS = Buffer.from('6764001facd9405005bb0110000003001000000303c8f18319a0', 'hex');
export const PPS = Buffer.from('68ebecb22c', 'hex');

/** AVC sequence header with lengths of 4 bytes, or of `lengthSize`. */
export function avcHeader(timestampMs = 0, lengthSize = 4): MediaMessage {
  const record = Buffer.concat([
    Buffer.from([1, 0x64, 0, 0x1f, 0xfc | (lengthSize - 1), 0xe1, 0, SPS.length]),
    SPS,
    Buffer.from([1, 0, PPS.length]),
    PPS,
  ]);
  return required(messageOf('video', timestampMs, Buffer.concat([Buffer.from('1700000000', 'hex'), record])));
}

/** An H.264 frame of these NAL units, each with its length before it. */
export function avcFrame(
  timestampMs: number,
  isKey: boolean,
  units: readonly Buffer[],
  { cts = 0, lengthSize = 4 } = {},
): MediaMessage {
  const head = Buffer.from([isKey ? 0x17 : 0x27, 1, 0, 0, 0]);
  head.writeIntBE(cts, 2, 3);
  const body = units.flatMap((unit) => {
    const length = Buffer.alloc(lengthSize);
    length.writeUIntBE(unit.length, 0, lengthSize);
    return [length, unit];
  });
  return required(messageOf('video', timestampMs, Buffer.concat([head, ...body])));
}

/** A slice of `size` bytes, IDR or not, without any start code inside. */
export function slice(isIdr: boolean, size: number): Buffer {
  const bytes = Buffer.alloc(size, 0xa5);
  for (let at = 1; at < size; at++) bytes[at] = 0x80 | (at * 7);
  bytes[0] = isIdr ? 0x65 : 0x41;
  return bytes;
}

/** AAC LC, 44100 Hz, stereo; or the config given in hex. */
export function aacHeader(config = '1210', timestampMs = 0): MediaMessage {
  return required(messageOf('audio', timestampMs, Buffer.from(`af00${config}`, 'hex')));
}

export function aacFrame(timestampMs: number, size: number): MediaMessage {
  return required(messageOf('audio', timestampMs, Buffer.concat([Buffer.from('af01', 'hex'), filler(size)])));
}

export function mp3Frame(timestampMs: number, size: number): MediaMessage {
  return required(messageOf('audio', timestampMs, Buffer.concat([Buffer.from('2f', 'hex'), filler(size)])));
}

function filler(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = 1 + ((at * 13) % 255);
  return bytes;
}
