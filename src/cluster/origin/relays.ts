// Streams of other origins for viewers here who cannot be sent there: HTTP viewers, and RTMP players that know no
// redirect (ffmpeg, OBS, VLC). They are pulled as an edge pulls, only that the origin is looked up.

import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { Stream } from '../../stream/stream.ts';
import { endpointText } from '../client/endpoint.ts';
import type { EdgeEnvironment, EdgeOptions } from '../edge/edge-options.ts';
import { EdgePull } from '../edge/edge-pull.ts';
import type { OwnerQuestion, StreamOwner } from './coworker-question.ts';

export interface RelayOptions {
  readonly hasIdentity: boolean;
  readonly chunkSize: number;
}

export interface RelaysOptions {
  readonly edge: Omit<EdgeEnvironment, 'optionsOf' | 'isRelay'>;
  /** undefined if the vhost does not relay. */
  readonly optionsOf: (vhost: string) => RelayOptions | undefined;
  /** Resolves with undefined if nobody has the stream. Never rejects. */
  readonly findOwner: (question: OwnerQuestion) => Promise<StreamOwner | undefined>;
}

const NOTHING_TO_LEAVE = (): void => {};

export class Relays {
  readonly #options: RelaysOptions;
  readonly #pulls = new Map<Stream, EdgePull>();

  constructor(options: RelaysOptions) {
    this.#options = options;
  }

  values(): IterableIterator<EdgePull> {
    return this.#pulls.values();
  }

  /** As EdgePulls.join. A stream that is published here is fetched only when its publisher has left. */
  join(stream: Stream, url: RtmpUrl): () => void {
    const known = this.#pulls.get(stream);
    if (known !== undefined) return known.join(url);
    if (this.#options.optionsOf(stream.id.vhost) === undefined) return NOTHING_TO_LEAVE;
    const question = { ...stream.id, host: url.host };
    const owner = new OwnerCell(() => this.#options.findOwner(question));
    const optionsOf = (vhost: string) => this.#edgeOptions(vhost, owner);
    const env = { ...this.#options.edge, optionsOf, isRelay: true };
    const pull = new EdgePull(stream, url, env, () => this.#pulls.delete(stream));
    this.#pulls.set(stream, pull);
    return pull.join(url);
  }

  /** The settings of a vhost have changed: one that relays nothing any more has no copies. */
  reload(vhost: string): void {
    if (this.#options.optionsOf(vhost) !== undefined) return;
    for (const pull of [...this.#pulls.values()]) if (pull.stream.id.vhost === vhost) pull.close();
  }

  close(): void {
    for (const pull of [...this.#pulls.values()]) pull.close();
  }

  #edgeOptions(vhost: string, owner: OwnerCell): EdgeOptions | undefined {
    const options = this.#options.optionsOf(vhost);
    if (options === undefined) return undefined;
    const { current } = owner;
    return {
      origins: current === undefined ? [] : [endpointText(current)],
      vhostTemplate: '[vhost]',
      protocol: 'rtmp',
      followsClient: false,
      traversesTokens: false,
      markFragmentMs: undefined,
      ...options,
    };
  }
}

/** The last known owner; looking at it asks again, for the next look. */
class OwnerCell {
  readonly #find: () => Promise<StreamOwner | undefined>;
  #owner: StreamOwner | undefined;
  #isAsking = false;

  constructor(find: () => Promise<StreamOwner | undefined>) {
    this.#find = find;
  }

  get current(): StreamOwner | undefined {
    if (!this.#isAsking) {
      this.#isAsking = true;
      void this.#find().then((owner) => {
        this.#owner = owner;
        this.#isAsking = false;
      });
    }
    return this.#owner;
  }
}
