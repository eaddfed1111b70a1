// A publisher in fake time: pictures and sounds of known sizes in the order of their times.

import type { MediaMessage } from '../../../../src/media/message.ts';
import { aacFrame, aacHeader, avcFrame, avcHeader, slice } from '../../container/mpegts/messages.ts';

export interface SourceOptions {
  readonly seconds: number;
  readonly startMs?: number;
  /** 0 = no video. */
  readonly framesPerSec?: number;
  readonly gopSec?: number;
  readonly hasAudio?: boolean;
  /** Bytes of a picture other than a key frame, which has ten times as many. */
  readonly pictureSize?: number;
}

/** The headers, then the frames; `timestampMs` as the hub's clock gives it. */
export function source(options: SourceOptions): MediaMessage[] {
  const { startMs = 0, hasAudio = true, framesPerSec = 25 } = options;
  const headers = [
    ...(framesPerSec > 0 ? [avcHeader(startMs)] : []),
    ...(hasAudio ? [aacHeader('1210', startMs)] : []),
  ];
  return [...headers, ...frames(options)];
}

export function frames(options: SourceOptions): MediaMessage[] {
  const { seconds, startMs = 0, framesPerSec = 25, gopSec = 2, hasAudio = true, pictureSize = 400 } = options;
  const gop = Math.round(gopSec * framesPerSec);
  const video = Array.from({ length: Math.round(seconds * framesPerSec) }, (_, index) => {
    const isKey = index % gop === 0;
    const units = [slice(isKey, isKey ? pictureSize * 10 : pictureSize)];
    return avcFrame(startMs + Math.round((index * 1000) / framesPerSec), isKey, units, { cts: 80 });
  });
  const audioCount = hasAudio ? Math.floor((seconds * 44_100) / 1024) : 0;
  const audio = Array.from({ length: audioCount }, (_, index) =>
    aacFrame(startMs + Math.round((index * 1024_000) / 44_100), 100 + (index % 90)),
  );
  return [...video, ...audio].sort((a, b) => a.timestampMs - b.timestampMs);
}
