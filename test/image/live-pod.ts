// The guide's smallest case: a cluster with one server, `srs-deploy-0`, and an encoder outside that publishes to it.

import type { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { Cluster } from './cluster.ts';
import type { Manifest } from './manifest.ts';
import { publish } from './media-clients.ts';
import type { Pod } from './pod.ts';

export class LivePod {
  #cluster: Cluster | undefined;
  #publisher: FfmpegPublisher | undefined;

  /** Resolves when the server has the stream. */
  async start(manifests: readonly Manifest[]): Promise<void> {
    this.#cluster = await Cluster.create();
    await this.#cluster.apply(manifests);
    await this.pod.waitUntilReady();
    this.#publisher = await publish(this.rtmpUrl);
  }

  get cluster(): Cluster {
    if (!this.#cluster) throw new Error('not started');
    return this.#cluster;
  }

  get pod(): Pod {
    return this.cluster.pod('srs-deploy-0');
  }

  get publisher(): FfmpegPublisher {
    if (!this.#publisher) throw new Error('not started');
    return this.#publisher;
  }

  get rtmpUrl(): string {
    return `rtmp://${this.pod.ip}/live/livestream`;
  }

  /** Also after a start that failed. */
  async close(): Promise<void> {
    await this.#publisher?.stop();
    await this.#cluster?.close();
  }
}
