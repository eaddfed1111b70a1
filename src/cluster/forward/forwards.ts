// Which streams of this server go to which others: all that are published in a vhost with `forward`, to each of its
// destinations, or to where its hook says, until their publisher leaves.

import { errorText } from '../../log/error-text.ts';
import { DEFAULT_VHOST, type RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import { type StreamId, streamUrl } from '../../stream/stream-id.ts';
import { endpointText } from '../client/endpoint.ts';
import { askBackend, type BackendIdentity } from './forward-backend.ts';
import { type ForwardEnvironment, Forwarder } from './forwarder.ts';

export interface ForwardOptions {
  /** `host[:port]` each. */
  readonly destinations: readonly string[];
  /** URL of the hook that says where a stream goes, in place of `destinations`; '' if there is none. */
  readonly backend: string;
  /** Tell destinations who connects (`debug_srs_upnode`). */
  readonly hasIdentity: boolean;
  /** Chunk size of what is sent, bytes. */
  readonly chunkSize: number;
}

/** Read when a stream is published: undefined if the vhost forwards nothing. */
export type FindForward = (vhost: string) => ForwardOptions | undefined;

/** Who wants to publish. */
export interface PublisherFacts {
  readonly connectionId: string;
  readonly ip: string;
  readonly tcUrl: string;
  readonly url: RtmpUrl;
}

export interface ForwardsEnvironment extends ForwardEnvironment {
  readonly backend: () => BackendIdentity;
}

/** One way of a stream. */
interface Target {
  /** `host[:port]` */
  readonly destination: string;
  /** What the destination is asked for. */
  readonly url: RtmpUrl;
  /** … and in which vhost. */
  readonly vhost: string;
}

/** Publishers that were let in and have not begun. */
const MAX_ANSWERS = 1024;

/** The forwarders of one publish. */
class StreamForward implements StreamSubscriber {
  readonly #stream: Stream;
  readonly #forwarders: readonly Forwarder[];
  readonly #onClosed: () => void;

  constructor(
    stream: Stream,
    targets: readonly Target[],
    { hasIdentity, chunkSize }: ForwardOptions,
    env: ForwardEnvironment,
    onClosed: () => void,
  ) {
    this.#stream = stream;
    this.#onClosed = onClosed;
    this.#forwarders = targets.map(
      (target) => new Forwarder({ stream, ...target, hasIdentity, chunkSize }, env),
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
  readonly #env: ForwardsEnvironment;
  readonly #running = new Map<Stream, StreamForward>();
  /** What the hook has said of streams that are about to be published, by their URL. */
  readonly #answers = new Map<string, readonly RtmpUrl[]>();

  constructor(find: FindForward, env: ForwardsEnvironment) {
    this.#find = find;
    this.#env = env;
  }

  /** Forwarders of a stream; none if it is not forwarded. */
  forwardersOf(stream: Stream): readonly Forwarder[] {
    return this.#running.get(stream)?.forwarders ?? [];
  }

  /**
   * Somebody wants to publish: the hook is asked where to.
   * @returns undefined if there is no hook; resolves with why it does not let the publisher in, or undefined
   */
  check(id: StreamId, publisher: PublisherFacts): Promise<string | undefined> | undefined {
    const { backend = '' } = this.#find(id.vhost) ?? {};
    return backend === '' ? undefined : this.#check(backend, id, publisher);
  }

  /** A stream is published, or its vhost has other settings: the destinations are those of now. */
  attach(stream: Stream): void {
    this.#running.get(stream)?.close();
    const options = this.#find(stream.id.vhost);
    const answer = this.#answers.get(stream.url);
    this.#answers.delete(stream.url);
    if (options === undefined) return;
    if (options.backend === '') this.#run(stream, listed(stream, options.destinations), options);
    else if (answer !== undefined) this.#run(stream, answer.map(targetOf), options);
    else void this.#askLate(stream, options);
  }

  /** May be called twice. */
  close(): void {
    for (const forward of [...this.#running.values()]) forward.close();
  }

  #run(stream: Stream, targets: readonly Target[], options: ForwardOptions): void {
    if (targets.length === 0) return;
    const onClosed = () => this.#running.delete(stream);
    this.#running.set(stream, new StreamForward(stream, targets, options, this.#env, onClosed));
  }

  async #check(backend: string, id: StreamId, publisher: PublisherFacts): Promise<string | undefined> {
    try {
      const urls = await this.#ask(backend, id, publisher);
      if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
      this.#answers.set(streamUrl(id), urls);
      return undefined;
    } catch (error) {
      return `http: on_forward failed, url=${backend} : ${errorText(error)}`;
    }
  }

  /** A stream that was there before the hook, or comes from another server: it is forwarded, or not, but stays. */
  async #askLate(stream: Stream, options: ForwardOptions): Promise<void> {
    const { log } = this.#env;
    const { publisher, id } = stream;
    const url = publisher?.url ?? namedUrl(stream);
    const tcUrl = `rtmp://${url.host}/${url.app}`;
    try {
      const urls = await this.#ask(options.backend, id, {
        connectionId: log.connectionId,
        ip: '',
        tcUrl,
        url,
      });
      const isStill = stream.isPublishing && stream.publisher === publisher && !this.#running.has(stream);
      if (isStill && this.#find(id.vhost)?.backend === options.backend) {
        this.#run(stream, urls.map(targetOf), options);
      }
    } catch (error) {
      log.warn(`http: on_forward failed, url=${options.backend}, stream=${stream.url}`, error);
    }
  }

  async #ask(
    backend: string,
    { vhost, app, stream }: StreamId,
    { connectionId, ip, tcUrl, url }: PublisherFacts,
  ): Promise<readonly RtmpUrl[]> {
    const question = { clientId: connectionId, ip, vhost, app, tcUrl, stream, param: url.param };
    const urls = await askBackend(backend, question, this.#env.backend());
    const names = urls.map(({ host, port, app: to, stream: as }) => `${host}:${port}/${to}/${as}`);
    this.#env.log.trace(
      `http: on_forward ok, client_id=${connectionId}, url=${backend}, response=${names.join(' ')}`,
    );
    return urls;
  }
}

/** The same stream, at each destination. */
function listed(stream: Stream, destinations: readonly string[]): readonly Target[] {
  const url = stream.publisher?.url ?? namedUrl(stream);
  return destinations.map((destination) => ({ destination, url, vhost: stream.id.vhost }));
}

function targetOf(url: RtmpUrl): Target {
  return { destination: endpointText(url), url, vhost: url.vhost };
}

/** For publishers that came by no URL. */
function namedUrl({ id: { vhost, app, stream } }: Stream): RtmpUrl {
  return { schema: 'rtmp', host: DEFAULT_VHOST, port: 0, vhost, app, stream, param: '' };
}
