// The initialisation segment of fragmented MP4: ftyp and a moov without samples. ISO/IEC 14496-12 and 14496-15, for
// HLS RFC 8216 3.3.

import { ascii, box, fullBox, u32 } from './box.ts';
import {
  AUDIO_TRACK_ID,
  audioTrack,
  EMPTY_TRACK,
  type Mp4AudioTrack,
  type Mp4VideoTrack,
  movieHeader,
  VIDEO_TRACK_ID,
  videoTrack,
} from './track-boxes.ts';

/** The whole segment. At least one track is there. */
export function encodeInitSegment(
  video: Mp4VideoTrack | undefined,
  audio: Mp4AudioTrack | undefined,
): Buffer {
  return Buffer.concat([
    box('ftyp', ascii('iso5'), u32(512), ascii('iso5iso6mp41')),
    encodeFragmentedMovie(video, audio),
  ]);
}

/** A moov whose samples come in fragments. */
export function encodeFragmentedMovie(
  video: Mp4VideoTrack | undefined,
  audio: Mp4AudioTrack | undefined,
): Buffer {
  const tracks = [
    ...(video ? [videoTrack(video, EMPTY_TRACK)] : []),
    ...(audio ? [audioTrack(audio, EMPTY_TRACK)] : []),
  ];
  const extensions = [...(video ? [VIDEO_TRACK_ID] : []), ...(audio ? [AUDIO_TRACK_ID] : [])];
  return box('moov', movieHeader(0), ...tracks, box('mvex', ...extensions.map(trackExtends)));
}

function trackExtends(id: number): Buffer {
  return fullBox('trex', 0, 0, u32(id, 1, 0, 0, 0));
}
