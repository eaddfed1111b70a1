// DASH of all streams: a channel for each publish where DASH is on.

import { posix } from 'node:path';
import type { Logger } from '../../log/logger.ts';
import type { Stream } from '../../stream/stream.ts';
import { BytePages } from '../disk/byte-pages.ts';
import { DiskQueues } from '../disk/disk-queue.ts';
import { fillTemplate, nameRefusal, streamVariables } from '../disk/path-template.ts';
import { settledInTime } from '../disk/settled-in-time.ts';
import { DashChannel } from './dash-channel.ts';
import type { DashOptions } from './dash-options.ts';

export interface DashHost {
  /** Settings of a virtual host, undefined where DASH is off. Asked at each publish. */
  readonly findOptions: (vhost: string) => DashOptions | undefined;
  readonly log: Logger;
  /** Turns at the disk, which all outputs that write share. */
  readonly queues?: DiskQueues;
  /** Wall clock, ms since 1970. */
  readonly wallClock?: () => number;
}

/** A publish that has ended, and what becomes of its files. */
interface Ended {
  readonly channel: DashChannel;
  readonly timer: NodeJS.Timeout | undefined;
}

/** How long the last files may take to reach the disk when the server quits, ms. */
const CLOSE_TIMEOUT_MS = 4000;
/** Ended streams whose files are remembered, the latest ones. */
const MAX_ENDED = 4096;

export class DashOutput {
  readonly #host: DashHost;
  readonly #pages = new BytePages();
  readonly #queues: DiskQueues;
  readonly #channels = new Map<string, DashChannel>();
  readonly #ended = new Map<string, Ended>();
  #isClosed = false;

  constructor(host: DashHost) {
    this.#host = host;
    this.#queues = host.queues ?? new DiskQueues();
  }

  /** Somebody is about to publish: subscribes if DASH is on. */
  attach(stream: Stream): void {
    this.#follow(stream);
  }

  /** The settings of virtual hosts have changed: their live streams start anew with the next key frame. */
  reload(streams: Iterable<Stream>): void {
    for (const stream of streams) {
      const channel = this.#channels.get(stream.url);
      if (!stream.isPublishing || channel?.options === this.#host.findOptions(stream.id.vhost)) continue;
      channel?.stop();
      const { video, audio } = stream.headers;
      const next = this.#follow(stream);
      for (const header of [video, audio]) if (header !== undefined) next?.message(header);
    }
  }

  /** Ends all manifests, and removes the files of virtual hosts with `dash_dispose`. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const channel of [...this.#channels.values()]) channel.stop();
    const ended = [...this.#ended.values()];
    this.#ended.clear();
    for (const { channel, timer } of ended) {
      clearTimeout(timer);
      if (channel.options.disposeMs > 0) channel.dispose();
    }
    const isSettled = await settledInTime(
      ended.map(({ channel }) => channel.settled()),
      CLOSE_TIMEOUT_MS,
    );
    if (!isSettled) this.#host.log.warn('dash: the last segments could not be written in time');
  }

  #follow(stream: Stream): DashChannel | undefined {
    const options = this.#isClosed ? undefined : this.#host.findOptions(stream.id.vhost);
    if (options === undefined) return undefined;
    const { url, id } = stream;
    const refusal = nameRefusal(id);
    if (refusal !== undefined) {
      this.#host.log.error(`dash: no DASH for ${url}, ${refusal}`);
      return undefined;
    }
    const previous = this.#takeEnded(url);
    const file = fillTemplate(options.manifestFile, streamVariables(id));
    const channel: DashChannel = new DashChannel(stream, {
      options,
      path: `${options.folder}/${file}`,
      baseUrl: posix.basename(id.stream),
      log: this.#host.log.child(),
      queue: this.#queues.get(options.folder),
      pages: this.#pages,
      wallClock: this.#host.wallClock ?? Date.now,
      previous,
      onEnd: () => this.#end(url, channel),
    });
    this.#channels.set(url, channel);
    this.#host.log.trace(`DASH: Config fragment=${options.fragmentMs}ms, period=${options.updatePeriodMs}ms`);
    return channel;
  }

  /** The files of the publish before are replaced by those of the next one. */
  #takeEnded(url: string): DashChannel | undefined {
    const ended = this.#ended.get(url);
    this.#ended.delete(url);
    clearTimeout(ended?.timer);
    if (ended?.channel.options.isCleanup === true) ended.channel.dispose();
    return ended?.channel;
  }

  #end(url: string, channel: DashChannel): void {
    if (this.#channels.get(url) === channel) this.#channels.delete(url);
    const { disposeMs } = channel.options;
    const timer = disposeMs > 0 ? setTimeout(() => this.#dispose(url), disposeMs).unref() : undefined;
    this.#ended.set(url, { channel, timer });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) {
      clearTimeout(this.#ended.get(oldest)?.timer);
      this.#ended.delete(oldest);
    }
  }

  #dispose(url: string): void {
    const ended = this.#ended.get(url);
    this.#ended.delete(url);
    this.#host.log.trace(`gracefully dispose dash ${url}`);
    ended?.channel.dispose();
  }
}
