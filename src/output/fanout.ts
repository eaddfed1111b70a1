// Fans one stream out to the viewers of one wire format.
//
//   Stream -> Fanout -> PreparedLog (bytes, once) -> ViewerGroup (viewers in step) -> sinks
//                         ^ ViewerFormat: how messages become bytes, what a viewer needs of its own
//
// Most viewers stand where their group stands and get the group's slice as it is: one `write`, nothing else.
// Whoever does not (just joined, slow, paused) goes through `pump`, which may cost more.

import type { MediaMessage } from '../media/message.ts';
import type { Stream, StreamHeaders, StreamSubscriber } from '../stream/stream.ts';
import type { SlotClock } from '../timing/slot-clock.ts';
import { AUDIO, type PreparedLog, VIDEO } from './prepared-log.ts';
import { ATTENTION, type Viewer, type ViewerEnd, type ViewerOptions } from './viewer.ts';
import { type ViewerGroup, ViewerGroups } from './viewer-groups.ts';

/** How one wire format prepares bytes and hands them to a viewer. */
export interface ViewerFormat {
  readonly log: PreparedLog;
  /** Viewers end when the publisher leaves (HTTP) or wait for the next one (RTMP). */
  readonly endsWithPublisher: boolean;
  /** Viewers start with the open group of pictures; without that, `joinWindowMs` says where. */
  readonly startsWithGop: boolean;
  /** The headers in force before the first message, for formats that write frames with what these say. */
  prime(headers: StreamHeaders): void;
  appendMetadata(body: Buffer): void;
  appendMessage(message: MediaMessage): void;
  /** May the viewer be opened now, or should it wait to see which tracks come? */
  isReadyToOpen(firstMediaAgeMs: number): boolean;
  /** Sends what comes before the first entry; the headers get the viewer's time `atMs`. */
  open(viewer: Viewer, headers: StreamHeaders, atMs: number): void;
  /** Sends the sequence headers again after a skip, in case they have changed meanwhile. */
  repeatHeaders(viewer: Viewer, headers: StreamHeaders, atMs: number): void;
  /** Sends the entries from..to, the same ones to many in a row, to a viewer that needs nothing of its own. */
  writeShared(viewer: Viewer, from: number, to: number): void;
  /** Sends the entries from..to, with what the viewer needs of its own, and clears what was met in `needs`. */
  writeOwn(viewer: Viewer, from: number, to: number): void;
  /** Sends the end of the format (the last HTTP chunk). */
  end(viewer: Viewer): void;
}

export interface FanoutOptions {
  /** How far a viewer may fall behind, ms of stream time (`play.queue_length`). */
  readonly queueLengthMs: number;
  /** How far a viewer may fall behind, bytes. */
  readonly queueLengthBytes: number;
  /** A sink that takes nothing for so long is given up, ms. */
  readonly sendTimeoutMs: number;
  /** What a viewer gets at once of a format that does not start with a group of pictures, ms (`fast_cache`). */
  readonly joinWindowMs: number;
  /** Viewers keep the publisher's timestamps: their zero is 0, not their first message. */
  readonly hasPublisherTime: boolean;
  /** The clock of merged writes; undefined = flush in the turn that brought the messages (`min_latency`). */
  readonly clock: SlotClock | undefined;
  readonly now: () => number;
}

/** Largest single hand-over to a sink outside the shared path, bytes: bounds what a slow socket pins. */
const PUMP_BYTES = 512 * 1024;

/** Viewers who may be flushed in one turn out of their rhythm: a few ms of work. */
const MAX_AT_ONCE = 256;

/** What comes after so long without media ends a pause, ms: viewers look at a still picture. */
const PAUSE_MS = 250;

/** The log is trimmed once in so many flushes: about once per window with many viewers. */
const FLUSHES_PER_TRIM = 16;

export class Fanout implements StreamSubscriber {
  readonly #stream: Stream;
  readonly #format: ViewerFormat;
  readonly #log: PreparedLog;
  #options: FanoutOptions;
  readonly #onEmpty: () => void;
  readonly #groups: ViewerGroups;
  #immediate: NodeJS.Immediate | undefined;
  /** Where a viewer who joins now starts: the open group of pictures. */
  #joinAt: number | undefined;
  #joinHeaders: StreamHeaders;
  #lastKeyFrame: number | undefined;
  #firstMediaMs: number | undefined;
  #lastMediaMs = Number.NEGATIVE_INFINITY;
  #flushes = 0;

  /** @param onEmpty called when the last viewer has left; the fan-out is of no use afterwards */
  constructor(stream: Stream, format: ViewerFormat, options: FanoutOptions, onEmpty: () => void) {
    this.#stream = stream;
    this.#format = format;
    this.#log = format.log;
    this.#options = options;
    this.#onEmpty = onEmpty;
    this.#joinHeaders = stream.headers;
    this.#groups = new ViewerGroups(options.clock, (group) => this.#flushGroup(group));
    stream.subscribe(this);
    format.prime(stream.gopHeaders);
    if (format.startsWithGop || options.joinWindowMs > 0) stream.replayGop(this);
  }

  get viewerCount(): number {
    return this.#groups.viewerCount;
  }

  /** Bytes that the shared log holds for its viewers. */
  get logSizeBytes(): number {
    return this.#log.sizeBetween(this.#log.first, this.#log.end);
  }

  /** Adds a viewer and sends it what is there: opening bytes and the group of pictures. */
  add(options: ViewerOptions): Viewer {
    const viewer: Viewer = {
      options,
      sink: options.sink,
      next: this.#joinAt ?? this.#log.end,
      needs: AUDIO | VIDEO | ATTENTION,
      baseMs: this.#options.hasPublisherTime ? 0 : -1,
      isOpen: false,
      openingHeaders: this.#joinAt === undefined ? this.#stream.headers : this.#joinHeaders,
      isPaused: false,
      waitsForKeyFrame: false,
      blockedSinceMs: 0,
      isEnded: false,
    };
    this.#groups.add(viewer, this.#log.end);
    if (this.#stream.isPublishing) this.#pump(viewer);
    return viewer;
  }

  /** Takes over new limits and another rhythm for its viewers; their clocks go on as they are. */
  configure(options: FanoutOptions): void {
    const { clock: before, hasPublisherTime } = this.#options;
    this.#options = { ...options, hasPublisherTime };
    if (options.clock === before) return;
    this.#groups.setClock(options.clock);
    // Without a clock a flush comes with the next message; what waits now should not wait for it.
    if (options.clock === undefined) this.#flushSoon();
  }

  /** Removes a viewer, whoever closed it. May be called twice. */
  remove(viewer: Viewer): void {
    if (!this.#groups.remove(viewer)) return;
    viewer.isEnded = true;
    if (this.#groups.viewerCount === 0) this.#close();
  }

  /** A paused viewer keeps its place as long as the queue limits allow. */
  setPaused(viewer: Viewer, isPaused: boolean): void {
    viewer.isPaused = isPaused;
    viewer.needs |= ATTENTION;
    if (!isPaused) this.#pump(viewer);
  }

  published(): void {
    this.#joinAt = undefined;
    this.#joinHeaders = this.#stream.headers;
    this.#lastKeyFrame = undefined;
    this.#firstMediaMs = undefined;
    this.#lastMediaMs = Number.NEGATIVE_INFINITY;
  }

  /** Viewers go on: for them it is the next picture. Who joins starts with what the new publisher sends. */
  resumed(): void {
    this.published();
  }

  unpublished(): void {
    // Who waits to see whether a second track comes has seen all there is.
    if (this.#firstMediaMs !== undefined) this.#firstMediaMs = Number.NEGATIVE_INFINITY;
    for (const viewer of this.#groups.viewers) {
      this.#pump(viewer);
      if (!this.#format.endsWithPublisher) continue;
      this.#pumpRest(viewer);
      this.#end(viewer, 'unpublished');
    }
    this.#joinAt = undefined;
    this.#lastKeyFrame = undefined;
    this.#trim();
  }

  gopStarted(headers: StreamHeaders): void {
    if (!this.#format.startsWithGop) return;
    this.#joinAt = this.#log.end;
    this.#joinHeaders = headers;
  }

  gopCleared(): void {
    if (this.#format.startsWithGop) this.#joinAt = undefined;
  }

  metadata(body: Buffer): void {
    const isAskedFor = this.#stream.options.hasPublisherTime;
    if (isAskedFor && !this.#options.hasPublisherTime) this.#keepPublisherTime();
    this.#format.appendMetadata(body);
  }

  message(message: MediaMessage): void {
    if (message.isKeyFrame) this.#lastKeyFrame = this.#log.end;
    if (!message.isSequenceHeader) this.#mediaComes();
    this.#format.appendMessage(message);
    if (!this.#format.startsWithGop) this.#slideJoin();
    if (this.#options.clock === undefined) this.#flushSoon();
  }

  /** The metadata of the first publisher has asked for it: nobody's clock has started yet. */
  #keepPublisherTime(): void {
    this.#options = { ...this.#options, hasPublisherTime: true };
    for (const viewer of this.#groups.viewers) viewer.baseMs = 0;
  }

  /** Keeps the place where viewers join so far behind the end as they want at once. */
  #slideJoin(): void {
    const { joinWindowMs } = this.#options;
    const { first, end, lastTimestampMs } = this.#log;
    if (joinWindowMs <= 0 || first === end) {
      this.#joinAt = undefined;
      return;
    }
    let joinAt = this.#joinAt ?? end - 1;
    while (joinAt < end - 1 && this.#log.entry(joinAt).timestampMs < lastTimestampMs - joinWindowMs) joinAt++;
    this.#joinAt = joinAt;
  }

  /** After a pause (an origin that was replaced), and on an edge at the start, viewers see a picture at once. */
  #mediaComes(): void {
    const now = this.#options.now();
    const isAwaited = now - this.#lastMediaMs > PAUSE_MS;
    this.#lastMediaMs = now;
    this.#firstMediaMs ??= now;
    const { viewerCount } = this.#groups;
    if (isAwaited && viewerCount > 0 && viewerCount <= MAX_AT_ONCE) this.#flushSoon();
  }

  #flushGroup(group: ViewerGroup): void {
    const from = group.next;
    const to = this.#log.end;
    group.next = to;
    if (from === to) this.#pumpLaggards(group, to);
    else this.#flushRange(group, from, to);
    this.#flushes++;
    if (this.#flushes % FLUSHES_PER_TRIM === 0) this.#trim();
  }

  // The hot path: per viewer and flush, three comparisons and one write.
  #flushRange(group: ViewerGroup, from: number, to: number): void {
    const kinds = this.#log.kindsBetween(from, to) | ATTENTION;
    const { viewers } = group;
    for (let i = viewers.length - 1; i >= 0; i--) {
      const viewer = viewers[i] as Viewer;
      if (viewer.next === from && (viewer.needs & kinds) === 0 && viewer.sink.writableLength === 0) {
        viewer.blockedSinceMs = 0;
        viewer.next = to;
        this.#format.writeShared(viewer, from, to);
      } else {
        this.#pump(viewer);
      }
    }
  }

  #pumpLaggards(group: ViewerGroup, to: number): void {
    for (const viewer of group.viewers.slice()) {
      if (viewer.next !== to || viewer.blockedSinceMs !== 0) this.#pump(viewer);
    }
  }

  #flushSoon(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      this.#groups.flushAll();
    });
  }

  /** Brings one viewer as far as its sink takes bytes. */
  #pump(viewer: Viewer): void {
    if (viewer.isEnded) return;
    if (viewer.sink.writableLength > 0) {
      this.#bearWithBlocked(viewer);
      return;
    }
    viewer.blockedSinceMs = 0;
    if (viewer.isPaused || !this.#isOpened(viewer)) {
      this.#limitLag(viewer);
      return;
    }
    if (viewer.waitsForKeyFrame && !this.#resumeAtKeyFrame(viewer)) return;
    while (viewer.next < this.#log.end && viewer.sink.writableLength === 0 && !viewer.isEnded) {
      this.#writeNext(viewer);
    }
    if (viewer.sink.writableLength > 0) viewer.blockedSinceMs = this.#options.now();
  }

  /** The last bytes of a stream go out although the sink has not taken those before: a TLS socket never has at once. */
  #pumpRest(viewer: Viewer): void {
    const { next, isPaused, waitsForKeyFrame, isEnded } = viewer;
    if (isEnded || isPaused || waitsForKeyFrame || next === this.#log.end || !this.#isOpened(viewer)) return;
    if (this.#log.sizeBetween(next, this.#log.end) <= PUMP_BYTES) this.#writeNext(viewer);
  }

  #writeNext(viewer: Viewer): void {
    const from = viewer.next;
    const to = this.#log.limit(from, PUMP_BYTES);
    if (viewer.baseMs < 0) viewer.baseMs = this.#firstTimestamp(from, to);
    viewer.next = to;
    this.#format.writeOwn(viewer, from, to);
    const { durationMs } = viewer.options;
    if (durationMs === 0 && viewer.baseMs >= 0) viewer.needs &= ~ATTENTION;
    if (durationMs > 0 && viewer.baseMs >= 0 && this.#log.lastTimestampMs - viewer.baseMs >= durationMs) {
      this.#end(viewer, 'duration-reached');
    }
  }

  /** The smallest of the tracks' first times: nothing that the viewer gets is before its zero. */
  #firstTimestamp(from: number, to: number): number {
    let seen = 0;
    let first = -1;
    for (let sequence = from; sequence < to && seen !== (AUDIO | VIDEO); sequence++) {
      const { kind, isHeader, timestampMs } = this.#log.entry(sequence);
      if (isHeader || (kind & (AUDIO | VIDEO)) === 0 || (seen & kind) !== 0) continue;
      seen |= kind;
      if (first < 0 || timestampMs < first) first = timestampMs;
    }
    return first;
  }

  #isOpened(viewer: Viewer): boolean {
    if (viewer.isOpen) return true;
    if (viewer.next === this.#log.end && !this.#stream.isPublishing) return false;
    const ageMs = this.#firstMediaMs === undefined ? -1 : this.#options.now() - this.#firstMediaMs;
    if (!this.#format.isReadyToOpen(ageMs)) return false;
    viewer.isOpen = true;
    if (viewer.options.preamble !== undefined) viewer.sink.write(viewer.options.preamble);
    this.#format.open(viewer, viewer.openingHeaders, this.#viewerTime(viewer));
    return true;
  }

  /** What the viewer's clock shows at the next entry that it gets, ms. */
  #viewerTime(viewer: Viewer): number {
    if (viewer.baseMs < 0) return 0;
    const isAhead = viewer.next < this.#log.end;
    const timestampMs = isAhead ? this.#log.entry(viewer.next).timestampMs : this.#log.lastTimestampMs;
    return Math.max(0, timestampMs - viewer.baseMs);
  }

  #bearWithBlocked(viewer: Viewer): void {
    const now = this.#options.now();
    if (viewer.blockedSinceMs === 0) viewer.blockedSinceMs = now;
    if (now - viewer.blockedSinceMs > this.#options.sendTimeoutMs) this.#end(viewer, 'send-timeout');
    else this.#limitLag(viewer);
  }

  #limitLag(viewer: Viewer): void {
    if (viewer.next >= this.#log.end) return;
    const lagMs = this.#log.lastTimestampMs - this.#log.entry(viewer.next).timestampMs;
    const lagBytes = this.#log.sizeBetween(viewer.next, this.#log.end);
    if (lagMs <= this.#options.queueLengthMs && lagBytes <= this.#options.queueLengthBytes) return;
    this.#skip(viewer, lagMs);
  }

  /** Drops what the viewer has missed: it goes on at the latest key frame, or at the next one. */
  #skip(viewer: Viewer, lagMs: number): void {
    const from = viewer.next;
    const key = this.#lastKeyFrame;
    const hasKeyAhead =
      key !== undefined &&
      key > from &&
      this.#log.sizeBetween(key, this.#log.end) <= this.#options.queueLengthBytes;
    const to = hasKeyAhead ? key : this.#log.end;
    viewer.waitsForKeyFrame = !hasKeyAhead && this.#stream.hasVideo;
    if (!viewer.waitsForKeyFrame) this.#moveTo(viewer, to);
    else viewer.next = to;
    viewer.options.onDropped?.(to - from);
    viewer.options.onSkip(to - from, lagMs);
  }

  #resumeAtKeyFrame(viewer: Viewer): boolean {
    const key = this.#lastKeyFrame;
    if (key === undefined || key < viewer.next) {
      viewer.options.onDropped?.(this.#log.end - viewer.next);
      viewer.next = this.#log.end;
      return false;
    }
    viewer.waitsForKeyFrame = false;
    this.#moveTo(viewer, key);
    return true;
  }

  #moveTo(viewer: Viewer, sequence: number): void {
    viewer.next = sequence;
    viewer.needs |= AUDIO | VIDEO | ATTENTION;
    if (viewer.isOpen) this.#format.repeatHeaders(viewer, this.#stream.headers, this.#viewerTime(viewer));
  }

  #end(viewer: Viewer, reason: ViewerEnd): void {
    if (viewer.isEnded) return;
    if (viewer.isOpen && reason !== 'send-timeout') this.#format.end(viewer);
    this.remove(viewer);
    viewer.options.onEnd(reason);
  }

  /** Lets go of what neither a viewer nor a late joiner needs. */
  #trim(): void {
    this.#log.trim(this.#groups.oldestNeeded(this.#joinAt ?? this.#log.end));
  }

  #close(): void {
    clearImmediate(this.#immediate);
    this.#stream.unsubscribe(this);
    this.#onEmpty();
  }
}
