// Which streams of this server go to which others: all that are published in a vhost with `forward`, to each of its
// destinations, until their publisher leaves.

import { DEFAULT_VHOST, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import { type ForwardEnvironment, Forwarder } from './forwarder.ts';

export interface ForwardOptions {
  /** `host[:port]` each. */
  readonly destinations: readonly string[];
  /** Tell destinations who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
}

/** Read when a stream is published: undefined if the vhost forwards nothing. */
export type FindForward = (vhost: string) => ForwardOptions | undefined;

/** The forwarders of one publish. */
class StreamForward implements StreamSubscriber {
  readonly #stream: Stream;
  readonly #forwarders: readonly Forwarder[];
  readonly #onClosed: () => void;

  constructor(stream: Stream, options: ForwardOptions, env: ForwardEnvironment, onClosed: () => void) {
    this.#stream = stream;
    this.#onClosed = onClosed;
    const { destinations, ...shared } = options;
    const url = stream.publisher?.url ?? namedUrl(stream);
    this.#forwarders = destinations.map(
      (destination) => new Forwarder({ stream, url, destination, ...shared }, env),
    );
    stream.subscribe(this);
  }

  get forwarders(): readonly Forwarder[] {
    return this.#forwarders;
  }

  published(): void {}

  unpublished(): void {
    this.close();
  }

  gopStarted(): void {}
  gopCleared(): void {}
  metadata(): void {}
  message(): void {}

  close(): void {
    for (const forwarder of this.#forwarders) forwarder.close();
    this.#stream.unsubscribe(this);
    this.#onClosed();
  }
}

export class Forwards {
  readonly #find: FindForward;
  readonly #env: ForwardEnvironment;
  readonly #running = new Map<Stream, StreamForward>();

  constructor(find: FindForward, env: ForwardEnvironment) {
    this.#find = find;
    this.#env = env;
  }

  /** Forwarders of a stream; none if it is not forwarded. */
  forwardersOf(stream: Stream): readonly Forwarder[] {
    return this.#running.get(stream)?.forwarders ?? [];
  }

  /** A stream is published, or its vhost has other settings: the destinations are those of now. */
  attach(stream: Stream): void {
    this.#running.get(stream)?.close();
    const options = this.#find(stream.id.vhost);
    if (options === undefined || options.destinations.length === 0) return;
    const forward = new StreamForward(stream, options, this.#env, () => this.#running.delete(stream));
    this.#running.set(stream, forward);
  }

  /** May be called twice. */
  close(): void {
    for (const forward of [...this.#running.values()]) forward.close();
  }
}

/** For publishers that came by no URL. */
function namedUrl({ id: { vhost, app, stream } }: Stream): RtmpUrl {
  return { schema: 'rtmp', host: DEFAULT_VHOST, port: 0, vhost, app, stream, param: '' };
}
