// moof and the head of mdat in front of the samples of a fragment: ISO/IEC 14496-12, 8.8. Written into the room that
// was kept free in front of the samples, right-aligned.

/** Samples of one track in a fragment, in decoding order. Arrays of numbers: one entry per frame, reused. */
export interface FragmentTrack {
  readonly id: number;
  /** Time of the first sample, ticks of the track. */
  startTime: number;
  readonly sizes: number[];
  readonly durations: number[];
  /** Presentation minus decoding time; empty for audio. */
  readonly delays: number[];
  /** Which samples decoding may start with; empty for audio, where all are. */
  readonly keys: boolean[];
}

const MOOF_SIZE = 8 + 16;
const TRAF_SIZE = 8 + 16 + 20 + 20;
const MDAT_HEAD_SIZE = 8;
const VIDEO_SAMPLE_SIZE = 16;
const AUDIO_SAMPLE_SIZE = 8;

const FLAG_DEFAULT_BASE_IS_MOOF = 0x020000;
/** data offset, duration, size; video: also flags and composition time offset. */
const AUDIO_RUN_FLAGS = 0x000301;
const VIDEO_RUN_FLAGS = 0x000f01;
/** sample_depends_on: 2 = on none, 1 = on others and no sync sample. */
const KEY_FLAGS = 0x02000000;
const OTHER_FLAGS = 0x01010000;

export function isVideoTrack(track: FragmentTrack): boolean {
  return track.keys.length > 0;
}

/** Bytes of moof and mdat head for these tracks. */
export function fragmentHeadSize(tracks: readonly FragmentTrack[]): number {
  let size = MOOF_SIZE + MDAT_HEAD_SIZE;
  for (const track of tracks) {
    size += TRAF_SIZE + track.sizes.length * (isVideoTrack(track) ? VIDEO_SAMPLE_SIZE : AUDIO_SAMPLE_SIZE);
  }
  return size;
}

/**
 * Writes moof and mdat head, so that they end at `end`. The samples follow track by track in the given order.
 * @returns where they start
 */
export function writeFragmentHead(
  target: Buffer,
  end: number,
  sequence: number,
  tracks: readonly FragmentTrack[],
): number {
  const headSize = fragmentHeadSize(tracks);
  const start = end - headSize;
  let at = writeBox(target, start, 'moof', headSize - MDAT_HEAD_SIZE);
  at = writeBox(target, at, 'mfhd', 16);
  at = target.writeUInt32BE(0, at);
  at = target.writeUInt32BE(sequence >>> 0, at);
  let dataOffset = headSize;
  for (const track of tracks) {
    at = writeTraf(target, at, track, dataOffset);
    dataOffset += sum(track.sizes);
  }
  writeBox(target, at, 'mdat', MDAT_HEAD_SIZE + dataOffset - headSize);
  return start;
}

function writeTraf(target: Buffer, offset: number, track: FragmentTrack, dataOffset: number): number {
  const isVideo = isVideoTrack(track);
  const runSize = 20 + track.sizes.length * (isVideo ? VIDEO_SAMPLE_SIZE : AUDIO_SAMPLE_SIZE);
  let at = writeBox(target, offset, 'traf', 8 + 16 + 20 + runSize);
  at = writeBox(target, at, 'tfhd', 16);
  at = target.writeUInt32BE(FLAG_DEFAULT_BASE_IS_MOOF, at);
  at = target.writeUInt32BE(track.id, at);
  at = writeBox(target, at, 'tfdt', 20);
  at = target.writeUInt32BE(0x01000000, at);
  at = target.writeUInt32BE(Math.floor(track.startTime / 2 ** 32), at);
  at = target.writeUInt32BE(track.startTime % 2 ** 32, at);
  at = writeBox(target, at, 'trun', runSize);
  // Version 1: delays are signed.
  at = target.writeUInt32BE(isVideo ? 0x01000000 + VIDEO_RUN_FLAGS : AUDIO_RUN_FLAGS, at);
  at = target.writeUInt32BE(track.sizes.length, at);
  at = target.writeInt32BE(dataOffset, at);
  return writeSamples(target, at, track);
}

function writeSamples(target: Buffer, offset: number, track: FragmentTrack): number {
  const { sizes, durations, delays, keys } = track;
  const isVideo = isVideoTrack(track);
  let at = offset;
  for (let index = 0; index < sizes.length; index++) {
    at = target.writeUInt32BE(durations[index]!, at);
    at = target.writeUInt32BE(sizes[index]!, at);
    if (!isVideo) continue;
    at = target.writeUInt32BE(keys[index]! ? KEY_FLAGS : OTHER_FLAGS, at);
    at = target.writeInt32BE(delays[index]!, at);
  }
  return at;
}

function writeBox(target: Buffer, offset: number, type: string, size: number): number {
  target.writeUInt32BE(size, offset);
  target.write(type, offset + 4, 4, 'latin1');
  return offset + 8;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
