// The fan-outs that exist right now: one per stream and wire format with at least one viewer.

import type { Stream } from '../stream/stream.ts';
import { Fanout, type FanoutOptions, type ViewerFormat } from './fanout.ts';

export class FanoutRegistry {
  readonly #byStream = new Map<Stream, Map<string, Fanout>>();

  /**
   * The fan-out of a stream for a format, created when the first viewer needs it.
   * @param formatKey names the format and whatever makes its bytes differ, such as the chunk size
   */
  fetchOrCreate(
    stream: Stream,
    formatKey: string,
    createFormat: () => ViewerFormat,
    options: FanoutOptions,
  ): Fanout {
    let fanouts = this.#byStream.get(stream);
    if (fanouts === undefined) {
      fanouts = new Map();
      this.#byStream.set(stream, fanouts);
    }
    const found = fanouts.get(formatKey);
    if (found !== undefined) return found;
    const created = new Fanout(stream, createFormat(), options, () => this.#forget(stream, formatKey));
    fanouts.set(formatKey, created);
    return created;
  }

  /** Those of a stream, in all formats that have viewers now. */
  of(stream: Stream): readonly Fanout[] {
    return [...(this.#byStream.get(stream)?.values() ?? [])];
  }

  /** Viewers of a stream over all formats. */
  viewerCount(stream: Stream): number {
    let count = 0;
    for (const fanout of this.#byStream.get(stream)?.values() ?? []) count += fanout.viewerCount;
    return count;
  }

  #forget(stream: Stream, formatKey: string): void {
    const fanouts = this.#byStream.get(stream);
    fanouts?.delete(formatKey);
    if (fanouts?.size === 0) this.#byStream.delete(stream);
  }
}
