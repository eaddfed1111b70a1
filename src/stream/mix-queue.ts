// Puts the messages of a publisher that mixes its tracks badly into the order of their times (`play.mix_correct`), as
// SRS does it: a message goes on once the other track has one, too, or its own has waited for ten.

import type { MediaMessage } from '../media/message.ts';
import { wrapDistance } from './stream-clock.ts';
import type { MediaSink } from './tag-intake.ts';

/** A track alone is not held back for longer than that. */
const MAX_ALONE = 10;

export class MixQueue implements MediaSink {
  readonly #sink: MediaSink;
  /** By time; messages of one time in the order in which they came. */
  readonly #queue: MediaMessage[] = [];
  #videos = 0;

  constructor(sink: MediaSink) {
    this.#sink = sink;
  }

  metadata(body: Buffer): void {
    this.#sink.metadata(body);
  }

  /** Keeps a copy of the payload. */
  message(message: MediaMessage): void {
    this.#insert({ ...message, payload: Buffer.from(message.payload) });
    if (message.track === 'video') this.#videos++;
    while (this.#isMixed()) this.#next();
  }

  /** Passes on what waits: the publisher leaves. */
  flush(): void {
    while (this.#queue.length > 0) this.#next();
  }

  #insert(message: MediaMessage): void {
    const queue = this.#queue;
    let at = queue.length;
    while (at > 0 && wrapDistance(message.timestampMs, queue[at - 1]!.timestampMs) > 0) at--;
    queue.splice(at, 0, message);
  }

  #isMixed(): boolean {
    const audios = this.#queue.length - this.#videos;
    if (this.#videos > 0 && audios > 0) return true;
    return this.#queue.length >= MAX_ALONE;
  }

  #next(): void {
    const message = this.#queue.shift();
    if (message === undefined) return;
    if (message.track === 'video') this.#videos--;
    this.#sink.message(message);
  }
}
