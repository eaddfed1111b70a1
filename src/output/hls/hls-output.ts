// HLS of all streams: makes a channel for each stream that is published where HLS is on, and lets it go when nothing
// of it is left to do. What must outlast a channel (numbers, counters) is a few bytes per stream name, bounded.

import type { TsCounters } from '../../container/mpegts/ts-packet.ts';
import type { Logger } from '../../log/logger.ts';
import type { MediaMessage } from '../../media/message.ts';
import { clockSequence } from '../../stream/segment-marks.ts';
import type { Stream } from '../../stream/stream.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import { BytePages } from '../disk/byte-pages.ts';
import { DiskQueues } from '../disk/disk-queue.ts';
import { settledInTime } from '../disk/settled-in-time.ts';
import { DiskStore } from './disk-store.ts';
import { HlsChannel } from './hls-channel.ts';
import { type HlsNames, hlsNames } from './hls-names.ts';
import type { HlsOptions } from './hls-options.ts';
import { HlsMemory, MemoryStore } from './memory-store.ts';
import type { SegmentTimeline } from './segment-clock.ts';
import type { HlsSegmentEvent, SegmentStore, SegmentStoreEvents } from './segment-store.ts';

export interface HlsHost {
  /** Settings of a virtual host, undefined where HLS is off. Asked at each publish. */
  readonly findOptions: (vhost: string) => HlsOptions | undefined;
  readonly log: Logger;
  /** Turns at the disk, which all outputs that write share. */
  readonly queues?: DiskQueues;
  /** A segment is in the playlist: for hooks. */
  readonly onSegment?: (id: StreamId, event: HlsSegmentEvent) => void;
  /** Wall clock, ms since 1970. */
  readonly wallClock?: () => number;
  /** Monotonic clock, ms. */
  readonly now?: () => number;
}

/** What a stream needs to go on after its channel has gone. */
interface Remembered {
  readonly nextSequence: number;
  readonly counters: TsCounters;
  readonly timeline: SegmentTimeline;
}

const TICK_MS = 1000;
/** Names of ended streams that are remembered, the latest ones. */
const MAX_REMEMBERED = 4096;
/** How long the last segments may take to reach the disk when the server quits, ms. */
const CLOSE_TIMEOUT_MS = 4000;

export class HlsOutput {
  readonly #host: HlsHost;
  readonly #pages = new BytePages();
  readonly #queues: DiskQueues;
  readonly #memories = new Map<string, HlsMemory>();
  readonly #channels = new Map<string, HlsChannel>();
  readonly #remembered = new Map<string, Remembered>();
  /** Streams whose playlist is asked for, by their URL. */
  readonly #wanted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(host: HlsHost) {
    this.#host = host;
    this.#queues = host.queues ?? new DiskQueues();
  }

  /** The files of a virtual host with `hls_memory on`; undefined if it has none. */
  memory(vhost: string): HlsMemory | undefined {
    return this.#memories.get(vhost);
  }

  /** Somebody is about to publish: subscribes if HLS is on. The subscriber then hears `published`. */
  attach(stream: Stream): void {
    this.#channelFor(stream)?.attach(stream);
  }

  /**
   * The playlist of a stream is asked for: with `hls_on_demand` the stream is cut from here on, beginning with what its
   * GOP cache has.
   * @returns what ends that, and removes the files; twice is fine
   */
  want(stream: Stream): () => void {
    const { url } = stream;
    this.#wanted.add(url);
    if (stream.isPublishing) this.#join(stream);
    return () => {
      if (this.#wanted.delete(url)) this.#unwanted(url);
    };
  }

  /** Begins in the middle of a publish. */
  #join(stream: Stream): void {
    const channel = this.#channelFor(stream);
    if (channel?.options.isOnDemand !== true || channel.isAttached) return;
    channel.attach(stream);
    channel.published();
    const { video, audio } = stream.gopHeaders;
    for (const header of [video, audio]) if (header !== undefined) channel.message(header);
    stream.replayGop(channel);
  }

  #unwanted(url: string): void {
    const channel = this.#channels.get(url);
    if (channel?.options.isOnDemand !== true) return;
    channel.detach();
    channel.dispose();
    void this.#forgetWhenSettled(url, channel);
  }

  /** The settings of virtual hosts have changed: their live streams get the new ones with the next key frame. */
  reload(streams: Iterable<Stream>): void {
    for (const stream of streams) {
      if (!stream.isPublishing) continue;
      const options = this.#optionsFor(stream);
      const previous = this.#channels.get(stream.url);
      if (previous?.options === options) continue;
      if (options === undefined || previous?.isPublishing !== true) this.#replace(stream, previous);
      else previous.replaceAtNextCut((message) => this.#replace(stream, previous, message));
    }
  }

  #replace(stream: Stream, previous: HlsChannel | undefined, first?: MediaMessage): void {
    previous?.stop();
    previous?.detach();
    const channel = this.#channelFor(stream);
    if (channel === undefined) return;
    channel.attach(stream);
    channel.published();
    const { video, audio } = stream.headers;
    for (const message of [video, audio, first]) if (message !== undefined) channel.message(message);
  }

  /**
   * Ends all open segments and removes the files of virtual hosts with `hls_dispose`. Resolves when everything is
   * at its place, or after 4 s.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) {
      channel.stop();
      channel.detach();
      if (channel.options.disposeMs > 0 && !channel.isDisposed) channel.dispose();
    }
    const isSettled = await settledInTime(
      channels.map(({ store }) => store.settled()),
      CLOSE_TIMEOUT_MS,
    );
    if (!isSettled) this.#host.log.warn('hls: the last segments could not be written in time');
    for (const channel of channels) channel.close();
  }

  /** The channel of a stream, with the settings of now; undefined where HLS is off or must not be. */
  #channelFor(stream: Stream): HlsChannel | undefined {
    if (this.#isClosed) return undefined;
    const options = this.#optionsFor(stream);
    const found = this.#channels.get(stream.url);
    if (found !== undefined && found.options === options) return found;
    if (found !== undefined) this.#retire(stream.url, found, options);
    const names = options && hlsNames(options, stream.id);
    if (options === undefined || names === undefined) return undefined;
    if (names.type === 'refused') {
      this.#host.log.error(`hls: no HLS for ${stream.url}, ${names.reason}`);
      return undefined;
    }
    this.#warnOfShared(names.names.playlistPath, stream.url);
    const channel = this.#create(stream, options, names.names, found?.store);
    this.#channels.set(stream.url, channel);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    return channel;
  }

  /** The settings of now; undefined where HLS is off, or on demand and not in demand. */
  #optionsFor({ id, url }: Stream): HlsOptions | undefined {
    const options = this.#host.findOptions(id.vhost);
    return options?.isOnDemand === true && !this.#wanted.has(url) ? undefined : options;
  }

  #create(
    stream: Stream,
    options: HlsOptions,
    names: HlsNames,
    previousStore: SegmentStore | undefined,
  ): HlsChannel {
    const { url, id } = stream;
    const { wallClock = Date.now, now = () => performance.now() } = this.#host;
    const remembered = this.#remembered.get(url);
    const channel: HlsChannel = new HlsChannel(stream, {
      options,
      log: this.#host.log.child(),
      pages: this.#pages,
      counters: remembered?.counters ?? { tables: 0, video: 0, aac: 0, mp3: 0 },
      timeline: remembered?.timeline ?? { lastMs: -1 },
      playlistPath: names.playlistPath,
      wallClock,
      now,
      createStore: (events) =>
        this.#createStore(stream, options, names, events, remembered?.nextSequence ?? 0),
      previousStore,
      onSegment: (event) => this.#host.onSegment?.(id, event),
      onUnpublished: () => {
        if (!channel.isDisposable) void this.#forgetWhenSettled(url, channel);
      },
    });
    return channel;
  }

  #createStore(
    { url, id: { vhost } }: Stream,
    options: HlsOptions,
    names: HlsNames,
    events: SegmentStoreEvents,
    nextSequence: number,
  ): SegmentStore {
    const { wallClock = Date.now } = this.#host;
    if (options.isInMemory) {
      const memory = this.#memories.get(vhost) ?? new HlsMemory();
      this.#memories.set(vhost, memory);
      const host = { memory, streamUrl: url, pages: this.#pages, wallClock, events };
      const numbers = { next: nextSequence, own: clockSequence(wallClock(), options.fragmentMs) };
      return new MemoryStore(names, options, host, numbers);
    }
    const queue = this.#queues.get(options.folder);
    return new DiskStore(names, options, { queue, pages: this.#pages, wallClock, events }, nextSequence);
  }

  #tick(): void {
    for (const [url, channel] of this.#channels) {
      const hadFiles = !channel.isDisposed;
      channel.tick();
      if (hadFiles && channel.isDisposed && !channel.isAttached) void this.#forgetWhenSettled(url, channel);
    }
  }

  /** Once its files are at their place, or gone, nothing needs the channel until somebody publishes again. */
  async #forgetWhenSettled(url: string, channel: HlsChannel): Promise<void> {
    await channel.store.settled();
    if (channel.isAttached || this.#channels.get(url) !== channel) return;
    this.#forget(url, channel);
  }

  /**
   * The settings have changed: another channel goes on, if at all in the same place. Nobody would find what stays in
   * memory, or take the files of an edge for anything but live.
   */
  #retire(url: string, channel: HlsChannel, options: HlsOptions | undefined): void {
    this.#forget(url, channel);
    const { isInMemory, endsWithPublish } = channel.options;
    if (options?.isInMemory === isInMemory) return;
    if (isInMemory || endsWithPublish) channel.store.dispose();
  }

  #forget(url: string, channel: HlsChannel): void {
    this.#channels.delete(url);
    channel.close();
    this.#remembered.delete(url);
    this.#remembered.set(url, {
      nextSequence: channel.store.nextSequence,
      counters: channel.counters,
      timeline: channel.timeline,
    });
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** The default names have no [vhost]: equal streams of two virtual hosts would overwrite each other. */
  #warnOfShared(playlistPath: string, url: string): void {
    for (const [otherUrl, other] of this.#channels) {
      if (otherUrl === url || other.playlistPath !== playlistPath || !other.isPublishing) continue;
      this.#host.log.warn(
        `hls: ${url} and ${otherUrl} both write ${playlistPath}: add [vhost] to hls_m3u8_file and hls_ts_file`,
      );
    }
  }
}
