// Where the samples of a movie are and when they are shown, gathered from its fragments, and the moov that lists them
// all (ISO/IEC 14496-12, 8.6 and 8.7). It costs four bytes per sample, and eight more per picture whose delay differs
// from that of the one before.

import { box, fullBox, u32, u64 } from './box.ts';
import { type FragmentTrack, isVideoTrack } from './fragment.ts';
import { NumberList, RunList } from './number-list.ts';
import {
  audioTrack,
  MOVIE_TIMESCALE,
  type Mp4AudioTrack,
  type Mp4VideoTrack,
  movieHeader,
  type TrackSamples,
  VIDEO_TRACK_ID,
  videoTrack,
} from './track-boxes.ts';

export class MovieIndex {
  readonly #video = new TrackIndex();
  readonly #audio = new TrackIndex();

  /**
   * Takes in a fragment.
   * @param tracks in the order of their samples
   * @param dataPosition where in the file the first sample is
   */
  add(tracks: readonly FragmentTrack[], dataPosition: number): void {
    let position = dataPosition;
    for (const track of tracks) {
      const index = track.id === VIDEO_TRACK_ID ? this.#video : this.#audio;
      position += index.add(track, position);
    }
  }

  /** The moov of the movie. At least one track is there. */
  encode(video: Mp4VideoTrack | undefined, audio: Mp4AudioTrack | undefined): Buffer {
    const starts = [
      ...(video ? [this.#video.startTime / video.timescale] : []),
      ...(audio ? [this.#audio.startTime / audio.sampleRate] : []),
    ];
    const startSec = Math.min(...starts);
    const videoSamples = video && this.#video.samples(video.timescale, startSec);
    const audioSamples = audio && this.#audio.samples(audio.sampleRate, startSec);
    const durationMs = Math.max(videoSamples?.playedMs ?? 0, audioSamples?.playedMs ?? 0);
    return box(
      'moov',
      movieHeader(durationMs),
      ...(video && videoSamples ? [videoTrack(video, videoSamples)] : []),
      ...(audio && audioSamples ? [audioTrack(audio, audioSamples)] : []),
    );
  }
}

class TrackIndex {
  readonly #sizes = new NumberList();
  readonly #durations = new RunList();
  readonly #delays = new RunList();
  /** Numbers of the samples that decoding may start with; empty for audio. */
  readonly #keys = new NumberList();
  readonly #chunks: number[] = [];
  readonly #chunkLengths = new NumberList();
  #isVideo = false;
  #startTime = 0;
  #lastTime = 0;
  #lastDuration = 0;
  #maxDelay = 0;

  get startTime(): number {
    return this.#startTime;
  }

  /** @returns bytes of the samples */
  add(track: FragmentTrack, position: number): number {
    const { startTime, sizes, durations, delays, keys } = track;
    this.#isVideo ||= isVideoTrack(track);
    this.#chunks.push(position);
    this.#chunkLengths.push(sizes.length);
    let time = startTime;
    let total = 0;
    for (let index = 0; index < sizes.length; index++) {
      this.#addTime(time, durations[index]!);
      time += durations[index]!;
      this.#sizes.push(sizes[index]!);
      total += sizes[index]!;
      if (!this.#isVideo) continue;
      this.#delays.push(delays[index]!);
      this.#maxDelay = Math.max(this.#maxDelay, delays[index]!);
      if (keys[index]!) this.#keys.push(this.#sizes.length);
    }
    return total;
  }

  samples(timescale: number, movieStartSec: number): TrackSamples {
    this.#durations.push(this.#lastDuration);
    const duration = this.#lastTime - this.#startTime + this.#lastDuration;
    const emptyMs = Math.round((this.#startTime / timescale - movieStartSec) * MOVIE_TIMESCALE);
    const shownMs = Math.ceil(((duration + this.#maxDelay) * MOVIE_TIMESCALE) / timescale);
    const edits = emptyMs > 0 ? [editList(emptyMs, shownMs)] : [];
    const playedMs = emptyMs + Math.round((duration * MOVIE_TIMESCALE) / timescale);
    return { duration, playedMs, edits, tables: this.#tables() };
  }

  /** The length of a sample is certain when the next one is there. */
  #addTime(time: number, duration: number): void {
    if (this.#sizes.length === 0) this.#startTime = time;
    else this.#durations.push(Math.max(0, time - this.#lastTime));
    // A time that goes back would be a negative length: the track goes on from where it was.
    this.#lastTime = Math.max(time, this.#lastTime);
    this.#lastDuration = duration;
  }

  #tables(): readonly Buffer[] {
    return [
      fullBox('stts', 0, 0, this.#durations.toBytes()),
      ...(this.#isVideo ? this.#videoTables() : []),
      fullBox('stsc', 0, 0, this.#chunkRuns()),
      fullBox('stsz', 0, 0, u32(0, this.#sizes.length), this.#sizes.toBytes()),
      fullBox('co64', 0, 0, u32(this.#chunks.length), ...this.#chunks.map((position) => u64(position))),
    ];
  }

  #videoTables(): readonly Buffer[] {
    const sync = fullBox('stss', 0, 0, u32(this.#keys.length), this.#keys.toBytes());
    // Version 1: delays are signed.
    const offsets = fullBox('ctts', 1, 0, this.#delays.toBytes());
    return [sync, offsets];
  }

  /** First chunk of each run of chunks with as many samples. */
  #chunkRuns(): Buffer {
    const lengths = this.#chunkLengths.toBytes();
    const entries = new NumberList();
    let last = -1;
    for (let chunk = 0; chunk < this.#chunkLengths.length; chunk++) {
      const length = lengths.readUInt32BE(chunk * 4);
      if (length === last) continue;
      for (const value of [chunk + 1, length, 1]) entries.push(value);
      last = length;
    }
    return Buffer.concat([u32(entries.length / 3), entries.toBytes()]);
  }
}

/** The track starts later than the movie: nothing for a while, then all of it. */
function editList(emptyMs: number, shownMs: number): Buffer {
  const normalRate = 0x10000;
  const nothing = u32(emptyMs, 0xffffffff, normalRate);
  return box('edts', fullBox('elst', 0, 0, u32(2), nothing, u32(shownMs, 0, normalRate)));
}
