// The clock of one stream: turns the publisher's 32-bit timestamps into milliseconds that never go back
// within a track, whatever wraps, jumps and publisher changes happen. Viewers subtract their own start from
// it, so all of them share the same prepared bytes.

import type { MediaMessage } from '../media/message.ts';

type Track = MediaMessage['track'];

/** A step of one track that is larger than this is a jump of the publisher's clock, not a pause. */
const MAX_STEP_MS = 10_000;
/** A step back that is smaller than this is an encoder's rounding: the frame keeps the previous time. */
const MAX_ROUNDING_MS = 250;
/** What a jump becomes, ms (the step that SRS inserts, too). */
const JUMP_STEP_MS = 10;

interface TrackClock {
  isStarted: boolean;
  /** Last published timestamp, unsigned 32 bits. */
  lastInput: number;
  /** Input of `lastInput` without its wraps, plus the offset: the stream time it maps to. */
  lastMapped: number;
  /** Largest stream time handed out. */
  lastOutput: number;
}

/** Signed distance b - a of two 32-bit timestamps: `wrapDistance(0xfffffff0, 0x10) === 0x20`. */
export function wrapDistance(from: number, to: number): number {
  return (to - from) | 0;
}

function newTrack(): TrackClock {
  return { isStarted: false, lastInput: 0, lastMapped: 0, lastOutput: 0 };
}

/**
 * Maps published timestamps to stream time. Tracks are checked one by one, because encoders may interleave
 * audio and video loosely; a track that jumps follows the other one if that has jumped there already, so
 * that both keep their distance.
 */
export class StreamClock {
  readonly #audio = newTrack();
  readonly #video = newTrack();

  /** The latest stream time of any track, ms. */
  get nowMs(): number {
    return Math.max(this.#audio.lastOutput, this.#video.lastOutput);
  }

  /** A new publisher starts: its timestamps have nothing to do with the last one's, stream time goes on. */
  restart(): void {
    this.#audio.isStarted = false;
    this.#video.isStarted = false;
  }

  /**
   * Stream time of the next message of a track.
   * @param timestamp published timestamp, unsigned 32 bits, ms
   */
  map(track: Track, timestamp: number): number {
    const own = track === 'audio' ? this.#audio : this.#video;
    const other = track === 'audio' ? this.#video : this.#audio;
    own.lastMapped = this.#mapInput(own, other, timestamp);
    own.lastInput = timestamp;
    own.isStarted = true;
    if (own.lastMapped > own.lastOutput) own.lastOutput = own.lastMapped;
    return own.lastOutput;
  }

  /**
   * Stream time of a sequence header: where its track stands, whatever its own timestamp says, since encoders that
   * repeat headers often give them the time 0. What follows in the track is never before it.
   */
  header(track: Track): number {
    const own = track === 'audio' ? this.#audio : this.#video;
    if (!own.isStarted) own.lastOutput = this.nowMs;
    return own.lastOutput;
  }

  #mapInput(own: TrackClock, other: TrackClock, timestamp: number): number {
    if (own.isStarted) {
      const step = wrapDistance(own.lastInput, timestamp);
      if (step >= -MAX_ROUNDING_MS && step <= MAX_STEP_MS) return own.lastMapped + step;
    }
    if (other.isStarted) {
      const distance = wrapDistance(other.lastInput, timestamp);
      const mapped = other.lastMapped + distance;
      const isNear = Math.abs(distance) <= MAX_STEP_MS;
      if (isNear && mapped >= own.lastOutput - MAX_ROUNDING_MS) return mapped;
    }
    const isVeryFirst = this.nowMs === 0 && !own.isStarted && !other.isStarted;
    return isVeryFirst ? 0 : this.nowMs + JUMP_STEP_MS;
  }
}
