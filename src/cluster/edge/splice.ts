// Joins what comes from one upstream after another into one publish. Viewers are not to notice the change: time
// goes on without a jump, pictures go on with a key frame, and what they have already (the new upstream starts with
// its group of pictures) is left out, so that a change without loss at the encoder is one without loss here.

import type { MediaMessage } from '../../media/message.ts';
import type { StreamHeaders } from '../../stream/stream.ts';
import type { MediaSink } from '../../stream/tag-intake.ts';
import { messageMark } from './message-mark.ts';
import { PullHistory, type Tail } from './pull-history.ts';

/** Step of time where the new upstream has nothing in common with the old one, ms (what SRS inserts, too). */
const SPLICE_STEP_MS = 10;
/** So long only a key frame will do; then audio goes on alone, because perhaps there is no video any more, ms. */
const KEY_FRAME_WAIT_MS = 3000;
/** A server sends its group of pictures in one go. What repeats the past slower is a publisher who does, ms. */
const OVERLAP_WAIT_MS = 1000;
/** Messages kept while it is not clear whether viewers have them, bytes. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** The new upstream repeats what was passed on already, as far as one can see. */
interface Overlap {
  readonly tail: Tail;
  readonly startMs: number;
  /** Added to the new upstream's times. */
  readonly offsetMs: number;
  /** Copies, in case it turns out to be something else. */
  readonly held: MediaMessage[];
  heldBytes: number;
  /** Messages behind the key frame that were found again. */
  audio: number;
  video: number;
}

export interface SpliceOutput extends MediaSink {
  /** Headers of the publish so far. */
  readonly headers: StreamHeaders;
}

export class Splice {
  readonly #out: SpliceOutput;
  readonly #now: () => number;
  readonly #history = new PullHistory();
  /** Added to the times of the running upstream, modulo 2^32. */
  #offsetMs = 0;
  /** Since when a key frame is awaited, ms; undefined while media flows. */
  #waitsSinceMs: number | undefined;
  #overlap: Overlap | undefined;
  /** Audio went on alone: video follows from a key frame on. */
  #isVideoHeld = false;
  /** The running upstream has not added anything yet. */
  #isFresh = false;

  constructor(out: SpliceOutput, now: () => number) {
    this.#out = out;
    this.#now = now;
  }

  /** Everything up to here came from one upstream, what follows comes from another. */
  begin(): void {
    // What was held back looked like a repetition: nobody misses it.
    this.#overlap = undefined;
    this.#isFresh = true;
    this.#isVideoHeld = false;
    this.#waitsSinceMs = this.#history.isEmpty ? undefined : this.#now();
  }

  metadata(body: Buffer): void {
    if (this.#isFresh && this.#out.headers.metadata?.equals(body) === true) return;
    this.#out.metadata(body);
  }

  message(message: MediaMessage): void {
    if (message.isSequenceHeader) this.#header(message);
    else if (this.#overlap !== undefined) this.#compare(this.#overlap, message);
    else if (this.#waitsSinceMs !== undefined) this.#await(message, this.#waitsSinceMs);
    else this.#pass(message);
  }

  /** A decoder needs a header once: the new upstream's first ones are usually those of the old. */
  #header(message: MediaMessage): void {
    const known = this.#out.headers[message.track];
    if (this.#isFresh && known?.payload.equals(message.payload) === true) return;
    this.#release();
    this.#out.message(this.#timed(message));
  }

  #await(message: MediaMessage, sinceMs: number): void {
    if (message.isKeyFrame) {
      this.#startAtKeyFrame(message);
    } else if (!this.#history.hasVideo) {
      this.#startAt(message);
    } else if (message.track === 'audio' && this.#now() - sinceMs > KEY_FRAME_WAIT_MS) {
      this.#isVideoHeld = true;
      this.#startAt(message);
    }
  }

  #startAtKeyFrame(message: MediaMessage): void {
    const tail = this.#history.findTail(messageMark(message));
    if (tail === undefined) {
      this.#startAt(message);
      return;
    }
    this.#waitsSinceMs = undefined;
    this.#overlap = {
      tail,
      startMs: this.#now(),
      offsetMs: (tail.keyFrame.timestampMs - message.timestampMs) >>> 0,
      held: [],
      heldBytes: 0,
      audio: 0,
      video: 0,
    };
    this.#hold(this.#overlap, message);
  }

  /** Nothing in common: time goes on here. */
  #startAt(message: MediaMessage): void {
    this.#waitsSinceMs = undefined;
    this.#offsetMs = (this.#history.lastMs + SPLICE_STEP_MS - message.timestampMs) >>> 0;
    this.#pass(message);
  }

  #compare(overlap: Overlap, message: MediaMessage): void {
    const { track } = message;
    const expected = overlap.tail[track][overlap[track]];
    if (expected === undefined) {
      // The first message that viewers do not have: the server sends them in the order in which it got them.
      this.#overlap = undefined;
      this.#offsetMs = overlap.offsetMs;
      this.#pass(message);
    } else if (expected === messageMark(message) && this.#isPatient(overlap)) {
      overlap[track]++;
      this.#hold(overlap, message);
    } else {
      this.#release();
      this.message(message);
    }
  }

  #isPatient(overlap: Overlap): boolean {
    return overlap.heldBytes < MAX_HELD_BYTES && this.#now() - overlap.startMs < OVERLAP_WAIT_MS;
  }

  #hold(overlap: Overlap, message: MediaMessage): void {
    overlap.held.push({ ...message, payload: Buffer.from(message.payload) });
    overlap.heldBytes += message.payload.length;
  }

  /** It was no overlap after all: what was held back is new. */
  #release(): void {
    const overlap = this.#overlap;
    this.#overlap = undefined;
    const [first, ...others] = overlap?.held ?? [];
    if (first === undefined) return;
    this.#startAt(first);
    for (const message of others) this.#pass(message);
  }

  #pass(message: MediaMessage): void {
    this.#isFresh = false;
    if (this.#isVideoHeld && message.track === 'video') {
      if (!message.isKeyFrame) return;
      this.#isVideoHeld = false;
    }
    const timed = this.#timed(message);
    this.#history.add(timed);
    this.#out.message(timed);
  }

  #timed(message: MediaMessage): MediaMessage {
    if (this.#offsetMs === 0) return message;
    return { ...message, timestampMs: (message.timestampMs + this.#offsetMs) >>> 0 };
  }
}
