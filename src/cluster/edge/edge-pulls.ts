// All pulls of this server: one per stream of an edge vhost that somebody watches.

import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { Stream } from '../../stream/stream.ts';
import type { EdgeEnvironment } from './edge-options.ts';
import { EdgePull } from './edge-pull.ts';

const NOTHING_TO_LEAVE = (): void => {};

export class EdgePulls {
  readonly #env: EdgeEnvironment;
  readonly #pulls = new Map<Stream, EdgePull>();

  constructor(env: EdgeEnvironment) {
    this.#env = env;
  }

  values(): IterableIterator<EdgePull> {
    return this.#pulls.values();
  }

  /**
   * A viewer of any protocol comes; on an edge vhost the first one starts the pull.
   * @param url what the viewer asked for: its parameters go upstream
   * @returns what to call when the viewer has left; twice is fine
   */
  join(stream: Stream, url: RtmpUrl): () => void {
    const known = this.#pulls.get(stream);
    if (known !== undefined) return known.join(url);
    if (this.#env.optionsOf(stream.id.vhost) === undefined) return NOTHING_TO_LEAVE;
    const pull = new EdgePull(stream, url, this.#env, () => this.#pulls.delete(stream));
    this.#pulls.set(stream, pull);
    return pull.join(url);
  }

  /** The settings of a vhost have changed. It may be no edge any more: then its streams have no publisher. */
  reload(vhost: string): void {
    const isEdge = this.#env.optionsOf(vhost) !== undefined;
    for (const pull of [...this.#pulls.values()]) {
      if (pull.stream.id.vhost !== vhost) continue;
      if (isEdge) pull.reconfigure();
      else pull.close();
    }
  }

  close(): void {
    for (const pull of [...this.#pulls.values()]) pull.close();
  }
}
