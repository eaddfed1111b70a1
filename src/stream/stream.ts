// The hub: one publisher in, any number of subscribers out. It knows no formats and no sockets.
//
//   publisher -> Publication -> Stream -+-> fan-out per format (output/*) -> viewers
//                                       +-> HLS, DVR, forward, …
//
// A subscriber hears of every message once, in order; payloads are lent until the call returns.

import type { MediaMessage, SegmentMark } from '../media/message.ts';
import { asksForPublisherTime } from '../media/metadata.ts';
import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import { GopCache, type GopCacheOptions } from './gop-cache.ts';
import type { MarkPlace, MarkRequest } from './mark-request.ts';
import type { PagePool } from './page-pool.ts';
import { SegmentMarks } from './segment-marks.ts';
import { StreamClock } from './stream-clock.ts';
import { type StreamId, streamUrl } from './stream-id.ts';

/** What a decoder needs before the first frame. The buffers are the stream's own and never change. */
export interface StreamHeaders {
  /** AMF0 body of the data message `onMetaData`, rewritten by the server. */
  readonly metadata: Buffer | undefined;
  readonly audio: MediaMessage | undefined;
  readonly video: MediaMessage | undefined;
}

export interface StreamSubscriber {
  /** A publisher took the stream. Its metadata, headers and media follow. */
  published(): void;
  /** The publisher left. Another one may come. */
  unpublished(): void;
  /** After a pause another publisher goes on with the same publish (`publish.grace`): new headers may follow. */
  resumed?(): void;
  /** The next message opens a group of pictures that late joiners may start with; `headers` belong to it. */
  gopStarted(headers: StreamHeaders): void;
  /** The group of pictures is no longer offered: late joiners start with what comes next. */
  gopCleared(): void;
  /** `body` never changes and may be kept. */
  metadata(body: Buffer): void;
  /** `message.payload` is lent until the call returns. */
  message(message: MediaMessage): void;
}

export interface StreamOptions {
  /** `play.gop_cache` */
  readonly hasGopCache: boolean;
  /** Messages in the GOP cache at most, 0 = no limit (`play.gop_cache_max_frames`). */
  readonly gopCacheMaxFrames: number;
  /** Bytes in the GOP cache at most. */
  readonly gopCacheMaxBytes: number;
  /** Keep the publisher's timestamps instead of a clock that never goes back (`play.atc`, `time_jitter off`). */
  readonly hasPublisherTime: boolean;
  /** … of a publisher whose metadata asks for it (`play.atc_auto`). */
  readonly hasPublisherTimeIfAsked: boolean;
  /** Do not repeat an unchanged sequence header to viewers who have it (`play.reduce_sequence_header`). */
  readonly reduceSequenceHeader: boolean;
}

/** Whoever feeds a stream: an encoder's connection, an edge's pull. */
export interface Publisher {
  /** What it asked for, if it came by a URL: forwards ask others for the same. */
  readonly url?: RtmpUrl;
  /**
   * The server ends the publish (kick-off, shutdown).
   * @param code what the publisher is told with the reason, where it has such codes: NetStream.Publish.BadName
   */
  stop(reason: string, code?: string): void;
  /** A copy of another server's stream ends its publish for somebody who publishes the stream here. */
  readonly giveWay?: (() => void) | undefined;
  /** A copy of another server's stream has its marks, or none: this server makes none for it. */
  readonly isCopy?: boolean;
}

/** What a publisher holds while the stream is its own. */
export interface Publication {
  /** `body` is kept. */
  metadata(body: Buffer): void;
  /** `message.timestampMs` is the published one, unsigned 32 bits; the payload is lent. */
  message(message: MediaMessage): void;
  /** The publisher leaves. May be called twice. */
  end(): void;
  /**
   * The publisher leaves and is expected back: the stream stays published without it.
   * @param onResume called once when somebody publishes the stream again
   * @returns what ends the publish if nobody has come; later it does nothing
   */
  hold(onResume: () => void): () => void;
}

/** The first frame of each track, cut short: tells the codec of a track that has no sequence header. */
export interface FirstFrames {
  readonly audio: MediaMessage | undefined;
  readonly video: MediaMessage | undefined;
}

const NO_HEADERS: StreamHeaders = { metadata: undefined, audio: undefined, video: undefined };
const NO_FRAMES: FirstFrames = { audio: undefined, video: undefined };
/** Enough for the header of any frame. */
const FIRST_FRAME_BYTES = 64;

export class Stream {
  readonly id: StreamId;
  readonly url: string;
  readonly #onIdle: (stream: Stream) => void;
  readonly #onPublish: (stream: Stream) => void;
  #options: StreamOptions;
  readonly #clock = new StreamClock();
  readonly #gop: GopCache;
  #gopHeaders: StreamHeaders = NO_HEADERS;
  #headers: StreamHeaders = NO_HEADERS;
  #subscribers: readonly StreamSubscriber[] = [];
  #publisher: Publisher | undefined;
  /** Between two publishers of one publish: tells who waits that the second has come. */
  #onResume: (() => void) | undefined;
  #hasVideo = false;
  #videoMessages = 0;
  #publishedMs = 0;
  /** Somebody may have a clock that runs. */
  #hasHadFrames = false;
  #firstFrames: FirstFrames = NO_FRAMES;
  /** Where segments begin; undefined until somebody asks, or another server says so. */
  #marks: SegmentMarks | undefined;

  /**
   * @param onIdle neither a publisher nor a subscriber is left
   * @param onPublish a publisher has come; whoever subscribes now hears of it with the others
   */
  constructor(
    id: StreamId,
    options: StreamOptions,
    pool: PagePool,
    onIdle: (stream: Stream) => void,
    onPublish: (stream: Stream) => void = () => {},
  ) {
    this.id = id;
    this.url = streamUrl(id);
    this.#options = options;
    this.#onIdle = onIdle;
    this.#onPublish = onPublish;
    this.#gop = new GopCache(pool, gopCacheOptions(options));
  }

  /**
   * Takes over new settings while the stream runs. Its clock is not changed under its viewers: `hasPublisherTime`
   * holds until the stream is idle.
   */
  configure(options: StreamOptions): void {
    this.#options = { ...options, hasPublisherTime: this.#options.hasPublisherTime };
    this.#gop.configure(gopCacheOptions(options));
    if (options.hasGopCache || !this.#gop.isOpen) return;
    this.#gop.clear();
    for (const subscriber of this.#subscribers) subscriber.gopCleared();
  }

  get options(): StreamOptions {
    return this.#options;
  }

  get publisher(): Publisher | undefined {
    return this.#publisher;
  }

  /** … or is held for a publisher who is expected back. */
  get isPublishing(): boolean {
    return this.#publisher !== undefined || this.#onResume !== undefined;
  }

  /** Headers of the running publish; empty when nobody publishes. */
  get headers(): StreamHeaders {
    return this.#headers;
  }

  /** The publisher has sent video, not only its header. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** The publisher's own timestamp of the latest message, which is the one that subscribers hear of right now. */
  get publishedMs(): number {
    return this.#publishedMs;
  }

  /** Video messages of all publishers, sequence headers included. */
  get videoMessages(): number {
    return this.#videoMessages;
  }

  /** Of the running publish. */
  get firstFrames(): FirstFrames {
    return this.#firstFrames;
  }

  /** Bytes and messages that the GOP cache holds, for the API and the log. */
  get gopCache(): { readonly count: number; readonly sizeBytes: number } {
    return { count: this.#gop.count, sizeBytes: this.#gop.sizeBytes };
  }

  /** @returns undefined if somebody else publishes already: the running publisher always wins. */
  publish(publisher: Publisher): Publication | undefined {
    this.#publisher?.giveWay?.();
    if (this.#publisher !== undefined) return undefined;
    this.#publisher = publisher;
    this.#headers = NO_HEADERS;
    this.#hasVideo = false;
    this.#firstFrames = NO_FRAMES;
    this.#clock.restart();
    this.#marks?.restart();
    this.#announce();
    return {
      metadata: (body) => {
        if (this.#publisher === publisher) this.#acceptMetadata(body);
      },
      message: (message) => {
        if (this.#publisher === publisher) this.#accept(message);
      },
      end: () => {
        if (this.#publisher === publisher) this.#unpublish();
      },
      hold: (onResume) => (this.#publisher === publisher ? this.#hold(onResume) : () => {}),
    };
  }

  #announce(): void {
    const onResume = this.#onResume;
    this.#onResume = undefined;
    if (onResume === undefined) {
      this.#onPublish(this);
      for (const subscriber of this.#subscribers) subscriber.published();
      return;
    }
    onResume();
    for (const subscriber of this.#subscribers) subscriber.resumed?.();
  }

  #hold(onResume: () => void): () => void {
    this.#publisher = undefined;
    this.#onResume = onResume;
    // Who comes meanwhile is not to start with pictures of the past.
    this.#gop.clear();
    for (const subscriber of this.#subscribers) subscriber.gopCleared();
    return () => {
      if (this.#onResume === onResume) this.#unpublish();
    };
  }

  subscribe(subscriber: StreamSubscriber): void {
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber: StreamSubscriber): void {
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    this.releaseIfIdle();
  }

  /** Lets the registry forget a stream that has neither a publisher nor a subscriber. */
  releaseIfIdle(): void {
    if (!this.isPublishing && this.#subscribers.length === 0) this.#onIdle(this);
  }

  /** Headers of the open group of pictures, or those in force where there is none. */
  get gopHeaders(): StreamHeaders {
    return this.#gop.isOpen ? this.#gopHeaders : this.#headers;
  }

  /** Gives a new subscriber the group of pictures so far, as if it had been there. */
  replayGop(subscriber: StreamSubscriber): void {
    if (!this.#gop.isOpen) return;
    subscriber.gopStarted(this.#gopHeaders);
    this.#gop.forEach((message) => {
      subscriber.message(message);
    });
  }

  /**
   * Messages get marks where segments begin from now on, also the key frame of the open group of pictures.
   * @param nowMs wall clock, ms since 1970
   */
  markSegments(request: MarkRequest, nowMs: number): void {
    if (this.#marks !== undefined) {
      this.#marks.ask(request, nowMs);
      return;
    }
    this.#marks = new SegmentMarks(request, nowMs);
    const { startMs } = this.#gop;
    if (startMs === undefined || this.#publisher?.isCopy === true) return;
    const mark = this.#marks.next('video', true, startMs, true);
    if (mark !== undefined) this.#gop.markStart(mark);
  }

  /** Length of the segments that somebody asks marks for, ms. */
  get markFragmentMs(): number | undefined {
    return this.#marks?.fragmentMs;
  }

  /** Where the stream stands on the timeline of marks, undefined without any. */
  get markPlace(): MarkPlace | undefined {
    return this.#marks?.place(this.#options.hasPublisherTime ? this.#publishedMs : this.#clock.nowMs);
  }

  #acceptMetadata(body: Buffer): void {
    this.#headers = { ...this.#headers, metadata: body };
    const mayTakePublisherTime = this.#options.hasPublisherTimeIfAsked && !this.#hasHadFrames;
    if (mayTakePublisherTime && asksForPublisherTime(body)) {
      this.#options = { ...this.#options, hasPublisherTime: true };
    }
    if (this.#options.reduceSequenceHeader && this.#hasVideo) return;
    for (const subscriber of this.#subscribers) subscriber.metadata(body);
  }

  // The order of these steps is behaviour: a header is cached before anybody hears of it, the GOP cache gets
  // a message last, so that a subscriber who joins inside the call never gets it twice.
  #accept(published: MediaMessage): void {
    if (published.track === 'video') this.#videoMessages++;
    this.#publishedMs = published.timestampMs;
    if (published.isSequenceHeader) {
      this.#acceptSequenceHeader(published);
      return;
    }
    const isVideo = published.track === 'video';
    if (isVideo) this.#hasVideo = true;
    const firstFrame = isVideo ? this.#firstFrames.video : this.#firstFrames.audio;
    if (firstFrame === undefined) this.#keepFirstFrame(published);
    const message = this.#onStreamClock(published);
    const startsGop = message.isKeyFrame && this.#options.hasGopCache;
    if (startsGop) this.#gopHeaders = this.#headers;
    for (const subscriber of this.#subscribers) {
      if (startsGop) subscriber.gopStarted(this.#gopHeaders);
      subscriber.message(message);
    }
    if (startsGop) this.#gop.start(message);
    else this.#appendToGop(message);
  }

  #acceptSequenceHeader(published: MediaMessage): void {
    const { track } = published;
    const previous = this.#headers[track];
    const isRepeated = previous?.payload.equals(published.payload) === true;
    if (previous !== undefined && !isRepeated) this.#marks?.changed();
    const header = {
      ...published,
      timestampMs: this.#options.hasPublisherTime ? published.timestampMs : this.#clock.header(track),
      payload: isRepeated ? previous.payload : ownCopy(published.payload),
    };
    this.#headers = { ...this.#headers, [track]: header };
    if (isRepeated && this.#options.reduceSequenceHeader) return;
    for (const subscriber of this.#subscribers) subscriber.message(header);
    this.#appendToGop(header);
  }

  #keepFirstFrame(published: MediaMessage): void {
    this.#hasHadFrames = true;
    const payload = Buffer.allocUnsafeSlow(Math.min(published.payload.length, FIRST_FRAME_BYTES));
    published.payload.copy(payload);
    this.#firstFrames = { ...this.#firstFrames, [published.track]: { ...published, payload } };
  }

  #onStreamClock(published: MediaMessage): MediaMessage {
    const { track, codec, isKeyFrame, isSequenceHeader, payload } = published;
    const { hasPublisherTime } = this.#options;
    const timestampMs = hasPublisherTime
      ? published.timestampMs
      : this.#clock.map(track, published.timestampMs);
    const hasMarks = this.#marks !== undefined || published.mark !== undefined;
    const mark = hasMarks ? this.#markOf(published, timestampMs) : undefined;
    if (timestampMs === published.timestampMs && mark === published.mark) return published;
    return { track, timestampMs, codec, isKeyFrame, isSequenceHeader, payload, mark };
  }

  #markOf({ track, isKeyFrame, mark }: MediaMessage, timestampMs: number): SegmentMark | undefined {
    if (mark !== undefined) {
      this.#marks ??= new SegmentMarks({ fragmentMs: mark.fragmentMs, last: undefined }, 0);
      this.#marks.passed(mark, timestampMs);
      return mark;
    }
    if (this.#publisher?.isCopy === true) return undefined;
    const hasVideo = this.#hasVideo || this.#headers.video !== undefined;
    return this.#marks?.next(track, isKeyFrame, timestampMs, hasVideo);
  }

  #appendToGop(message: MediaMessage): void {
    if (!this.#gop.isOpen || this.#gop.append(message)) return;
    for (const subscriber of this.#subscribers) subscriber.gopCleared();
  }

  #unpublish(): void {
    this.#publisher = undefined;
    this.#onResume = undefined;
    this.#gop.clear();
    this.#headers = NO_HEADERS;
    this.#firstFrames = NO_FRAMES;
    this.#gopHeaders = NO_HEADERS;
    for (const subscriber of this.#subscribers) subscriber.unpublished();
    this.releaseIfIdle();
  }
}

function gopCacheOptions(options: StreamOptions): GopCacheOptions {
  return { maxFrames: options.gopCacheMaxFrames, maxBytes: options.gopCacheMaxBytes };
}

/** Sequence headers live as long as the publish: in a buffer of their own, not in a shared slab. */
function ownCopy(payload: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(payload.length);
  payload.copy(copy);
  return copy;
}
