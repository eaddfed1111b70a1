// A movie that is written in fragments, so that what was recorded is playable whatever happens, and becomes a plain
// movie with one list of all samples at its end:
//
//   recording   ftyp free moov(without samples) moof mdat moof mdat …
//   complete    ftyp mdat─────────────────────────────────────────── moov(all samples)
//
// The head of that mdat takes the place of `free`; what is behind it stays where it is.

import { ascii, box, u32, u64 } from './box.ts';
import { encodeFragmentedMovie } from './init-segment.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from './track-boxes.ts';

const FILE_TYPE = box('ftyp', ascii('isom'), u32(512), ascii('isomiso2iso5avc1mp41'));
/** A box with a 64-bit size. */
const LARGE_HEAD_SIZE = 16;

/** Where the head of the complete movie's mdat goes. */
export const MEDIA_HEAD_POSITION = FILE_TYPE.length;

/** What stands in front of the fragments. At least one track is there. */
export function encodeRecordingHead(
  video: Mp4VideoTrack | undefined,
  audio: Mp4AudioTrack | undefined,
): Buffer {
  const room = box('free', Buffer.alloc(LARGE_HEAD_SIZE - 8));
  return Buffer.concat([FILE_TYPE, room, encodeFragmentedMovie(video, audio)]);
}

/** Head of an mdat that goes on to the end of the fragments. */
export function encodeMediaHead(fragmentsEnd: number): Buffer {
  return Buffer.concat([u32(1), ascii('mdat'), u64(fragmentsEnd - MEDIA_HEAD_POSITION)]);
}
