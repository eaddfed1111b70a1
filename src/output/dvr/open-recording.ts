// One file of a recording while messages come: its clock, and which of them it takes.

import type { MediaMessage } from '../../media/message.ts';
import { parseVideoTag } from '../../media/video-tag.ts';
import type { RecordingClock } from './recording-clock.ts';
import type { RecordingFile } from './recording-file.ts';
import type { RecordingWriter, WriteResult } from './recording-writer.ts';

export interface OpenRecordingParts {
  readonly file: RecordingFile;
  readonly writer: RecordingWriter;
  readonly clock: RecordingClock;
}

/** What a crash loses at most, and what a reader of the growing file waits for, ms of media. */
const FLUSH_INTERVAL_MS = 1000;
/** Pictures that never have a key frame are recorded after so long, ms: intra refresh needs none. */
const KEY_FRAME_PATIENCE_MS = 10_000;

export class OpenRecording {
  readonly file: RecordingFile;
  readonly writer: RecordingWriter;
  readonly #clock: RecordingClock;
  /** Decoder configurations that are in it. */
  readonly #headers = new Map<MediaMessage['track'], Buffer>();
  /** Pictures are left out until one that decoding may start with. */
  #awaitsKeyFrame: boolean;
  #lastMs = 0;
  #hasVideo = false;
  /** Time of the last picture; without any, where the file starts. */
  #videoUntilMs = 0;
  #firstSkippedMs = -1;
  #flushedMs = 0;

  constructor({ file, writer, clock }: OpenRecordingParts, awaitsKeyFrame: boolean) {
    this.file = file;
    this.writer = writer;
    this.#clock = clock;
    this.#awaitsKeyFrame = awaitsKeyFrame;
  }

  /** Time of the last message in the file, ms. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** How long the file is, ms. */
  get elapsedMs(): number {
    return this.#clock.elapsed(this.#lastMs);
  }

  /** The file begins here: with a message of that time as published. */
  start(message: MediaMessage, publishedMs: number): void {
    this.passTime(message, publishedMs);
    this.#flushedMs = this.#lastMs;
    this.#videoUntilMs = this.#lastMs;
  }

  /** Time goes on to a message, which may be written or not. */
  passTime({ track }: MediaMessage, publishedMs: number): void {
    this.#lastMs = this.#clock.map(track, publishedMs);
  }

  /** Pictures are taken from here on, whether decoding may start with them or not. */
  takeAnyPicture(): void {
    this.#awaitsKeyFrame = false;
  }

  /** Is this message left out, because pictures before it are missing? */
  leavesOut(message: MediaMessage): boolean {
    if (message.track === 'audio' || !this.#awaitsKeyFrame || !isPicture(message)) return false;
    if (this.#firstSkippedMs < 0) this.#firstSkippedMs = this.#lastMs;
    const isLate = this.#lastMs - this.#firstSkippedMs >= KEY_FRAME_PATIENCE_MS;
    if (!message.isKeyFrame && !isLate) return true;
    this.#awaitsKeyFrame = false;
    return false;
  }

  /**
   * May the next file start with this message? With a key frame, or with sound when there are no pictures, or none
   * any more for `patienceMs`.
   */
  mayEndBefore(message: MediaMessage, patienceMs: number): boolean {
    if (message.track === 'video') return message.isKeyFrame;
    if (!this.#hasVideo && !this.#headers.has('video')) return true;
    return this.#lastMs - this.#videoUntilMs >= patienceMs;
  }

  write(message: MediaMessage): WriteResult {
    if (message.track === 'video') {
      this.#hasVideo = true;
      this.#videoUntilMs = this.#lastMs;
    }
    const result = this.writer.write(message, this.#lastMs);
    if (result === 'written' && Math.abs(this.#lastMs - this.#flushedMs) >= FLUSH_INTERVAL_MS) {
      this.writer.flush();
      this.#flushedMs = this.#lastMs;
    }
    return result;
  }

  /**
   * Takes a decoder configuration in, unless it has it. Its time is that of the frames around it, whatever the
   * publisher gave it.
   */
  header(message: MediaMessage): WriteResult {
    const { track, payload } = message;
    if (this.#headers.get(track)?.equals(payload) === true) return 'written';
    this.#headers.set(track, Buffer.from(payload));
    return this.writer.header(message, this.#lastMs);
  }
}

/** Enhanced RTMP says how colours are meant before the first picture. */
function isPicture({ payload }: MediaMessage): boolean {
  const tag = parseVideoTag(payload);
  return tag.type === 'dropped' || tag.packetType !== 'metadata';
}
