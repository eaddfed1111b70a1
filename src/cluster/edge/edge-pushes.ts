// All pushes of this server: one per stream that somebody publishes to an edge vhost.

import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import { PagePool } from '../../stream/page-pool.ts';
import { Stream, type StreamOptions } from '../../stream/stream.ts';
import { type StreamId, streamUrl } from '../../stream/stream-id.ts';
import type { EdgeEnvironment } from './edge-options.ts';
import { EdgePush, type PushOwner } from './edge-push.ts';

/** Where a publisher's connection publishes to. */
export interface PublishRoute {
  readonly stream: Stream;
  /** Call it once the stream is published. */
  start(owner: PushOwner): void;
}

export class EdgePushes {
  readonly #env: EdgeEnvironment;
  readonly #pool = new PagePool();
  readonly #pushes = new Map<string, EdgePush>();

  constructor(env: EdgeEnvironment) {
    this.#env = env;
  }

  values(): IterableIterator<EdgePush> {
    return this.#pushes.values();
  }

  /**
   * @param options of the vhost's streams
   * @param connectionId of the publisher, whose log lines these are
   * @returns undefined on other vhosts: publishers publish here
   */
  route(id: StreamId, url: RtmpUrl, options: StreamOptions, connectionId: string): PublishRoute | undefined {
    if (this.#env.optionsOf(id.vhost) === undefined) return undefined;
    const key = streamUrl(id);
    const running = this.#pushes.get(key);
    // Its stream is published already: the second publisher finds it busy.
    if (running !== undefined) return running;
    // Not in the registry of streams: viewers here get what the origin makes of it.
    const stream = new Stream(
      id,
      { ...options, hasGopCache: true, hasPublisherTime: true },
      this.#pool,
      () => {},
    );
    const push = new EdgePush(stream, url, this.#env, this.#env.log.child(connectionId), () =>
      this.#pushes.delete(key),
    );
    return {
      stream,
      start: (owner) => {
        this.#pushes.set(key, push);
        push.start(owner);
      },
    };
  }

  /** The vhost is no edge any more: its publishers come back, and publish here. */
  closeVhost(vhost: string): void {
    for (const push of [...this.#pushes.values()]) {
      if (push.stream.id.vhost === vhost) push.giveUp(`vhost ${vhost} is no edge any more`);
    }
  }

  close(): void {
    for (const push of [...this.#pushes.values()]) push.close();
  }
}
