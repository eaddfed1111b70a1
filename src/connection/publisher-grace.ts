// Streams whose publisher is gone and expected back (`publish.grace`): encoders restart, mobile networks change. What
// hangs on the stream waits; if nobody comes, the publish ends, once.

import type { Publication, Stream } from '../stream/stream.ts';
import type { VhostOptions } from './vhost.ts';

interface Held {
  readonly vhost: string;
  readonly timer: NodeJS.Timeout;
  readonly end: () => void;
}

export class PublisherGrace {
  readonly #held = new Map<Stream, Held>();
  #isClosed = false;

  get size(): number {
    return this.#held.size;
  }

  /** The publisher leaves. Ends the publish if nobody goes on with it within `graceMs`. */
  leave(stream: Stream, publication: Publication, graceMs: number): void {
    if (graceMs <= 0 || this.#isClosed) {
      publication.end();
      return;
    }
    const end = publication.hold(() => this.#forget(stream));
    const timer = setTimeout(() => this.#end(stream), graceMs);
    this.#held.set(stream, { vhost: stream.id.vhost, timer, end });
  }

  /** A vhost has other settings: switched off, its streams wait no longer. */
  configure({ name, isEnabled, publish }: VhostOptions): void {
    if (isEnabled && publish.graceMs > 0) return;
    for (const [stream, { vhost }] of [...this.#held]) if (vhost === name) this.#end(stream);
  }

  /** Ends all of them, and holds nothing any more. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#held.keys()]) this.#end(stream);
  }

  #end(stream: Stream): void {
    const held = this.#held.get(stream);
    this.#forget(stream);
    held?.end();
  }

  #forget(stream: Stream): void {
    clearTimeout(this.#held.get(stream)?.timer);
    this.#held.delete(stream);
  }
}
