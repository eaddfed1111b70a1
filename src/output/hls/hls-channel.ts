// HLS of one stream over all its publishes: feeds the segmenter, says in the log what happens, does what
// `hls_on_error` asks, and forgets the files after `hls_dispose`.

import { Fmp4Muxer } from '../../container/mp4/fmp4-muxer.ts';
import { TsMuxer } from '../../container/mpegts/ts-muxer.ts';
import type { TsCounters } from '../../container/mpegts/ts-packet.ts';
import { errorText } from '../../log/error-text.ts';
import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { Stream, StreamSubscriber } from '../../stream/stream.ts';
import type { BytePages } from '../disk/byte-pages.ts';
import { Fmp4SegmentWriter } from './fmp4-segment-writer.ts';
import type { HlsOptions } from './hls-options.ts';
import type { SegmentTimeline } from './segment-clock.ts';
import type { HlsSegmentEvent, SegmentStore, SegmentStoreEvents } from './segment-store.ts';
import type { SegmentPageHost, SegmentWriter, SkipReason } from './segment-writer.ts';
import { Segmenter } from './segmenter.ts';
import { TsSegmentWriter } from './ts-segment-writer.ts';

export interface HlsChannelHost {
  readonly options: HlsOptions;
  readonly log: Logger;
  readonly pages: BytePages;
  readonly counters: TsCounters;
  readonly timeline: SegmentTimeline;
  readonly playlistPath: string;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  /** Monotonic clock, ms. */
  readonly now: () => number;
  readonly createStore: (events: SegmentStoreEvents) => SegmentStore;
  /** Where the segments went until now, if the settings have changed. */
  readonly previousStore: SegmentStore | undefined;
  readonly onSegment: (event: HlsSegmentEvent) => void;
  /** The publisher has left and its last segment is handed over. */
  readonly onUnpublished: () => void;
}

/** The line about a running stream is written so often, ms. */
const REPORT_INTERVAL_MS = 10_000;
/** Memory cannot keep the segments of an ended stream for ever: without `hls_dispose` they go after so many windows. */
const MEMORY_WINDOWS = 2;

export class HlsChannel implements StreamSubscriber {
  readonly store: SegmentStore;
  readonly #host: HlsChannelHost;
  readonly #log: Logger;
  readonly #trouble: RateLimitedLog;
  readonly #reported = new Set<string>();
  #stream: Stream;
  #previousStore: SegmentStore | undefined;
  #isAttached = false;
  #onGoodCut: ((message: MediaMessage) => void) | undefined;
  #segmenter: Segmenter | undefined;
  #publishedAtMs = 0;
  #reportedAtMs = 0;
  /** Media came since the last tick. */
  #isActive = false;
  #activeAtMs = 0;
  #isDisposed = true;

  constructor(stream: Stream, host: HlsChannelHost) {
    this.#stream = stream;
    this.#previousStore = host.previousStore;
    this.#host = host;
    this.#log = host.log;
    this.#trouble = new RateLimitedLog((text) => this.#log.warn(text));
    this.store = host.createStore({
      listed: host.onSegment,
      dropped: (sequence, uri, durationMs) =>
        this.#log.trace(`Drop ts segment, sequence_no=${sequence}, uri=${uri}, duration=${durationMs}ms`),
      failed: (error) => this.#failed(error),
      warned: (text) => this.#trouble.add('store', text),
    });
  }

  get options(): HlsOptions {
    return this.#host.options;
  }

  get counters(): TsCounters {
    return this.#host.counters;
  }

  get timeline(): SegmentTimeline {
    return this.#host.timeline;
  }

  get playlistPath(): string {
    return this.#host.playlistPath;
  }

  /** The channel hears of a stream that is published. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** The files will be removed some time after the publisher has left. */
  get isDisposable(): boolean {
    return !this.#isDisposed && this.#disposeMs > 0;
  }

  /** There are files that `dispose` would remove. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  get isPublishing(): boolean {
    return this.#segmenter !== undefined;
  }

  /** Follows this stream from now on: the hub makes a new one for a name that nobody has used for a while. */
  attach(stream: Stream): void {
    this.detach();
    this.#stream = stream;
    this.#isAttached = true;
    stream.subscribe(this);
  }

  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#stream.unsubscribe(this);
  }

  /** Starts a segmenter. */
  published(): void {
    const { options, counters, timeline, pages, wallClock, now } = this.#host;
    this.#logPublish(options);
    this.#publishedAtMs = now();
    this.#reportedAtMs = this.#publishedAtMs;
    this.#activeAtMs = this.#publishedAtMs;
    this.#isDisposed = false;
    this.#reported.clear();
    this.store.start(this.#previousStore);
    this.#previousStore = undefined;
    this.#segmenter = new Segmenter(options, {
      createWriter: (segmentPages) => createWriter(options, counters, segmentPages),
      store: this.store,
      pages,
      timeline,
      hasVideo: this.#stream.hasVideo,
      wallClock,
      onSkip: (track, reason) => this.#skipped(track, reason),
      onWarning: (text) => this.#trouble.add('segmenter', text),
    });
  }

  unpublished(): void {
    this.stop();
    this.detach();
    if (this.options.endsWithPublish) this.dispose();
    this.#host.onUnpublished();
  }

  /** Another publisher goes on: its first segment does not continue the last one. */
  resumed(): void {
    this.#segmenter?.resume();
  }

  /** Ends the open segment; the stream may go on without HLS. */
  stop(): void {
    this.#segmenter?.end();
    this.#segmenter = undefined;
  }

  gopStarted(): void {}

  gopCleared(): void {}

  metadata(): void {}

  message(message: MediaMessage): void {
    this.#isActive = true;
    if (this.#onGoodCut !== undefined && this.#isGoodCut(message)) this.#onGoodCut(message);
    else this.#segmenter?.message(message);
  }

  /**
   * Another channel is to go on from here: calls `onCut` with the next message that it can start with, instead of
   * writing that.
   */
  replaceAtNextCut(onCut: (message: MediaMessage) => void): void {
    this.#onGoodCut = onCut;
  }

  #isGoodCut({ isKeyFrame, isSequenceHeader, mark }: MediaMessage): boolean {
    if (this.#segmenter?.isMarked === true) return mark !== undefined;
    return isKeyFrame || (!isSequenceHeader && !this.#stream.hasVideo);
  }

  /** Called about once a second: reports, and disposes of what has had no media for too long. */
  tick(): void {
    const now = this.#host.now();
    if (this.#isActive) this.#activeAtMs = now;
    this.#isActive = false;
    if (this.#segmenter !== undefined && now - this.#reportedAtMs >= REPORT_INTERVAL_MS) this.#report(now);
    const limitMs = this.#disposeMs;
    if (limitMs <= 0 || this.#isDisposed || now - this.#activeAtMs <= limitMs) return;
    this.#log.trace(`hls cycle to dispose hls ${this.#stream.url}, timeout=${limitMs}ms`);
    this.dispose();
  }

  /** Removes all files. A publisher that is silent gets HLS again with its next publish. */
  dispose(): void {
    this.stop();
    this.#isDisposed = true;
    this.store.dispose();
    this.#log.trace(`gracefully dispose hls ${this.#stream.url}`);
  }

  close(): void {
    this.#trouble.close();
  }

  get #disposeMs(): number {
    const { disposeMs, isInMemory, windowMs } = this.#host.options;
    if (disposeMs > 0 || !isInMemory) return disposeMs;
    return this.isPublishing ? 0 : MEMORY_WINDOWS * windowMs;
  }

  #failed(error: Error): void {
    const text = errorText(error);
    const { onError } = this.#host.options;
    if (onError === 'continue') {
      this.#trouble.add('failed', `hls: a segment is lost, ${text}`);
    } else if (onError === 'ignore') {
      this.#log.warn(`hls: ignore video error ${text}`);
      this.stop();
    } else {
      this.#log.error(`hls: disconnect the publisher, ${text}`);
      this.#stream.publisher?.stop(`hls: ${text}`);
    }
  }

  #skipped(track: MediaMessage['track'], reason: SkipReason): void {
    const key = `${track} ${reason}`;
    const text = `hls: ${track} is left out, ${reason}`;
    // A codec does not change with the next frame: once is enough.
    if (reason !== 'codec not supported') this.#trouble.add(key, text);
    else if (!this.#reported.has(key)) this.#log.warn(text);
    this.#reported.add(key);
  }

  #logPublish(options: HlsOptions): void {
    const { windowMs, fragmentMs, entryPrefix, folder, playlistFile, segmentFile, aofRatio } = options;
    const files = `prefix=${entryPrefix}, path=${folder}, m3u8=${playlistFile}, ts=${segmentFile}`;
    const flags = [
      `aof=${aofRatio.toFixed(2)}`,
      `floor=${Number(options.isFloor)}`,
      `clean=${Number(options.isCleanup)}`,
      `waitk=${Number(options.waitsForKeyFrame)}`,
      `dispose=${options.disposeMs}ms`,
      `dts_directly=${Number(options.isDtsDirect)}`,
    ];
    this.#log.trace(`hls: win=${windowMs}ms, frag=${fragmentMs}ms, ${files}, ${flags.join(', ')}`);
  }

  #report(now: number): void {
    this.#reportedAtMs = now;
    const segmenter = this.#segmenter;
    if (segmenter === undefined) return;
    // SRS counts the open segment already, and its time is in microseconds in spite of the unit.
    const sequence = this.store.nextSequence + Number(segmenter.isOpen);
    const time = Math.round((now - this.#publishedAtMs) * 1000);
    this.#log.trace(
      `-> HLS time=${time}ms, sno=${sequence}, ts=${this.store.currentUri}, dur=${segmenter.durationMs}ms, dva=${segmenter.deviation}p`,
    );
  }
}

function createWriter(options: HlsOptions, counters: TsCounters, pages: SegmentPageHost): SegmentWriter {
  if (options.isFmp4) return new Fmp4SegmentWriter(new Fmp4Muxer(), pages);
  return new TsSegmentWriter(new TsMuxer({ counters, packsAudio: options.dropsVideo }), pages);
}
