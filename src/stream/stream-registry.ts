// All streams of this server, by their URL. A stream exists while somebody publishes, plays or records it.

import { PagePool } from './page-pool.ts';
import { Stream, type StreamOptions } from './stream.ts';
import { type StreamId, streamUrl } from './stream-id.ts';

export class StreamRegistry {
  readonly #streams = new Map<string, Stream>();
  readonly #pool = new PagePool();
  readonly #publishListeners: ((stream: Stream) => void)[] = [];

  get size(): number {
    return this.#streams.size;
  }

  values(): IterableIterator<Stream> {
    return this.#streams.values();
  }

  find(id: StreamId): Stream | undefined {
    return this.#streams.get(streamUrl(id));
  }

  /**
   * Calls `listener` whenever somebody publishes a stream, before the subscribers hear of it: outputs that follow
   * every publish subscribe then.
   */
  onPublish(listener: (stream: Stream) => void): void {
    this.#publishListeners.push(listener);
  }

  /** Fetches the stream or creates it. Whoever asks publishes or subscribes in the same turn, or releases it. */
  fetchOrCreate(id: StreamId, options: StreamOptions): Stream {
    const url = streamUrl(id);
    const found = this.#streams.get(url);
    if (found !== undefined) return found;
    const forget = (idle: Stream) => {
      if (this.#streams.get(idle.url) === idle) this.#streams.delete(idle.url);
    };
    const tell = (published: Stream) => {
      for (const listener of this.#publishListeners) listener(published);
    };
    const stream = new Stream(id, options, this.#pool, forget, tell);
    this.#streams.set(url, stream);
    return stream;
  }
}
