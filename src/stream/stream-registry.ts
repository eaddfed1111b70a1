// All streams of this server, by their URL. A stream exists while somebody publishes, plays or records it.

import { PagePool } from './page-pool.ts';
import { Stream, type StreamOptions } from './stream.ts';
import { type StreamId, streamUrl } from './stream-id.ts';

export class StreamRegistry {
  readonly #streams = new Map<string, Stream>();
  readonly #pool = new PagePool();

  get size(): number {
    return this.#streams.size;
  }

  values(): IterableIterator<Stream> {
    return this.#streams.values();
  }

  find(id: StreamId): Stream | undefined {
    return this.#streams.get(streamUrl(id));
  }

  /** Fetches the stream or creates it. Whoever asks publishes or subscribes in the same turn, or releases it. */
  fetchOrCreate(id: StreamId, options: StreamOptions): Stream {
    const url = streamUrl(id);
    const found = this.#streams.get(url);
    if (found !== undefined) return found;
    const stream = new Stream(id, options, this.#pool, (idle) => {
      if (this.#streams.get(idle.url) === idle) this.#streams.delete(idle.url);
    });
    this.#streams.set(url, stream);
    return stream;
  }
}
