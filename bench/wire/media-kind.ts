// What a tag body holds, from its first two bytes. FLV 10.1, E.4.2.1 and E.4.3.1; enhanced RTMP v1, 2.

/** `header`: decoder configuration; `end`: end of sequence. */
export type MediaKind = 'header' | 'key' | 'frame' | 'audio' | 'end';

const CODEC_AVC = 7;
const CODEC_HEVC = 12;
const SOUND_AAC = 10;

export function classifyMedia(isVideo: boolean, head: Buffer, headBytes: number): MediaKind {
  if (headBytes < 2) return isVideo ? 'frame' : 'audio';
  const first = head[0]!;
  if (!isVideo) return first >> 4 === SOUND_AAC && head[1] === 0 ? 'header' : 'audio';
  const isKey = ((first >> 4) & 0x07) === 1;
  if ((first & 0x80) !== 0) return packetKind(first & 0x0f, isKey);
  const codec = first & 0x0f;
  if (codec === CODEC_AVC || codec === CODEC_HEVC) return packetKind(head[1]!, isKey);
  return isKey ? 'key' : 'frame';
}

function packetKind(packetType: number, isKey: boolean): MediaKind {
  if (packetType === 0) return 'header';
  if (packetType === 2) return 'end';
  return isKey ? 'key' : 'frame';
}
