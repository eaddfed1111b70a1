// From messages to segments: muxes, decides where to cut, and hands full pages to the store. Pure: the wall clock is
// given, the store is an interface. One segmenter lives as long as one publish.
//
//   message -> TsMuxer (plan) -> cut? -> page (write) -> SegmentStore

import { TABLES_SIZE, type TsTracks } from '../../container/mpegts/program-tables.ts';
import type { TsMuxer, TsSkipReason } from '../../container/mpegts/ts-muxer.ts';
import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage } from '../../media/message.ts';
import { AudioSampleClock } from './audio-sample-clock.ts';
import { type CutOptions, cutsBeforeAudio, cutsBeforeVideo, SegmentLength } from './cut-rules.ts';
import { FloorCounter } from './floor-counter.ts';
import { HeaderWatch } from './header-watch.ts';
import type { SegmentPages } from './segment-pages.ts';
import type { SegmentStore } from './segment-store.ts';

export interface SegmenterOptions extends CutOptions {
  readonly isFloor: boolean;
  readonly isDtsDirect: boolean;
  readonly dropsVideo: boolean;
}

/** What the publishes of a stream share, so that players see one timeline. Changed in place. */
export interface SegmentTimeline {
  /** The latest time written, ms; -1 before the first. */
  lastMs: number;
}

export interface SegmenterHost {
  readonly muxer: TsMuxer;
  readonly store: SegmentStore;
  readonly pages: SegmentPages;
  readonly timeline: SegmentTimeline;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  /** A frame is not in the segments. */
  readonly onSkip: (track: MediaMessage['track'], reason: TsSkipReason) => void;
  readonly onWarning: (text: string) => void;
}

/** Where a publish goes on whose times start before the end of the last one, ms: the step of the hub's clock. */
const REPUBLISH_STEP_MS = 10;
/** Bytes that the store of one stream may be behind before the open segment is given up. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;

interface OpenSegment {
  readonly length: SegmentLength;
  isDiscontinuity: boolean;
  isEmpty: boolean;
  /** Tracks of the last PAT and PMT, undefined while the room for them at the start is still empty. */
  tables: TsTracks | undefined;
}

export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #host: SegmenterHost;
  readonly #floor: FloorCounter | undefined;
  readonly #audioClock: AudioSampleClock | undefined;
  readonly #headers = new HeaderWatch();
  /** Added to all times of this publish, ms; undefined before its first frame. */
  #offsetMs: number | undefined;
  #segment: OpenSegment | undefined;
  #page: Buffer | undefined;
  #pageEnd = 0;
  /** What comes next does not continue the segment before. */
  #isDiscontinuity = true;
  /** A decoder configuration has changed inside the open segment: it ends at the next good place. */
  #isCutDue = false;
  /** Pictures are left out until one that decoding may start with. */
  #awaitsKeyFrame: boolean;
  #firstPictureMs = -1;
  /** The store was too far behind; nothing is written until it has caught up. */
  #isStalled = false;

  constructor(options: SegmenterOptions, host: SegmenterHost) {
    this.#options = options;
    this.#host = host;
    this.#floor = options.isFloor ? new FloorCounter(options.fragmentMs) : undefined;
    this.#audioClock = options.isDtsDirect ? undefined : new AudioSampleClock();
    this.#awaitsKeyFrame = options.waitsForKeyFrame;
  }

  /** Length of the open segment so far, ms. */
  get durationMs(): number {
    return this.#segment?.length.durationMs ?? 0;
  }

  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  /** How far `hls_ts_floor` is ahead of the clock, fragments. */
  get deviation(): number {
    return this.#floor?.deviation ?? 0;
  }

  message(message: MediaMessage): void {
    if (message.isSequenceHeader) this.#header(message);
    else if (this.#isStalled && this.#isStoreBehind(MAX_PENDING_BYTES / 2)) return;
    else if (message.track === 'video') this.#video(message);
    else this.#audio(message);
  }

  /** Ends the open segment: the publisher has left, or the server quits. */
  end(): void {
    const rest = this.#host.muxer.prepareRest();
    if (rest > 0 && this.#segment !== undefined) this.#write(rest);
    this.#close();
  }

  #header(message: MediaMessage): void {
    if (this.#options.dropsVideo && message.track === 'video') return;
    this.#host.muxer.prepare(message);
    this.#report(message);
    if (this.#headers.isChange(message) && this.#segment !== undefined) this.#isCutDue = true;
  }

  #video(message: MediaMessage): void {
    const { muxer } = this.#host;
    const { dropsVideo } = this.#options;
    const { isKeyFrame } = message;
    if (this.#isToBeSkipped(message.timestampMs, isKeyFrame)) return;
    const timeMs = this.#timeOf(message);
    let size = dropsVideo ? 0 : muxer.prepare(message, timeMs * TICKS_PER_MS);
    if (size === 0 && !dropsVideo) {
      this.#report(message);
      return;
    }
    const segment = this.#segment;
    const isCut = segment !== undefined && this.#cutsBeforeVideo(segment, isKeyFrame);
    // Sound that waits to be packed is older than the picture.
    if (isCut && dropsVideo) this.#write(muxer.prepareRest());
    if (isCut) this.#close();
    if (this.#segment === undefined) {
      // Without pictures in the segments it is audio that opens the first one.
      if (dropsVideo && !isCut) return;
      size = this.#open();
    }
    this.#addTime(timeMs);
    if (!dropsVideo) this.#write(size);
  }

  #audio(message: MediaMessage): void {
    const { muxer } = this.#host;
    const timeMs = this.#timeOf(message);
    const pts = this.#audioClock?.next(timeMs, message, muxer.aacSampleRate) ?? timeMs * TICKS_PER_MS;
    let size = muxer.prepare(message, pts);
    if (size === 0) {
      this.#report(message);
      return;
    }
    if (this.#segment === undefined && this.#awaitsKeyFrame && muxer.tracks.video !== undefined) return;
    if (this.#segment !== undefined && this.#cutsBeforeAudio(this.#segment)) this.#close();
    if (this.#segment === undefined) size = this.#open();
    this.#addTime(Math.floor(pts / TICKS_PER_MS));
    this.#write(size);
  }

  #timeOf({ timestampMs }: MediaMessage): number {
    if (this.#offsetMs === undefined) {
      const { lastMs } = this.#host.timeline;
      this.#offsetMs = timestampMs <= lastMs ? lastMs + REPUBLISH_STEP_MS - timestampMs : 0;
    }
    return timestampMs + this.#offsetMs;
  }

  #addTime(timeMs: number): void {
    const { timeline } = this.#host;
    if (timeMs > timeline.lastMs) timeline.lastMs = timeMs;
    this.#segment?.length.add(timeMs);
  }

  #cutsBeforeVideo({ length }: OpenSegment, isKeyFrame: boolean): boolean {
    if (this.#isCutDue && isKeyFrame) return true;
    return cutsBeforeVideo(this.#options, length.durationMs, isKeyFrame, this.#floor?.extraMs ?? 0);
  }

  #cutsBeforeAudio({ length }: OpenSegment): boolean {
    if (this.#isCutDue && this.#host.muxer.tracks.video === undefined) return true;
    return cutsBeforeAudio(this.#options, length.durationMs, this.#floor?.extraMs ?? 0);
  }

  /** Pictures before the first key frame cannot be shown; without any for a fragment's time, they are kept. */
  #isToBeSkipped(timestampMs: number, isKeyFrame: boolean): boolean {
    if (!this.#awaitsKeyFrame) return false;
    if (this.#firstPictureMs < 0) this.#firstPictureMs = timestampMs;
    const hasWaited = timestampMs - this.#firstPictureMs >= this.#options.fragmentMs;
    if (!isKeyFrame && !hasWaited) return true;
    this.#awaitsKeyFrame = false;
    return false;
  }

  /** Opens a segment for the planned packets. @returns their bytes */
  #open(): number {
    const { store, wallClock, muxer } = this.#host;
    this.#isStalled = false;
    const openedAtMs = wallClock();
    const step = this.#floor?.next(openedAtMs);
    if (step?.warning !== undefined) this.#host.onWarning(step.warning);
    store.begin({ openedAtMs, floor: step?.floor });
    const isDiscontinuity = this.#isDiscontinuity;
    this.#segment = { length: new SegmentLength(), isDiscontinuity, isEmpty: true, tables: undefined };
    this.#isDiscontinuity = false;
    this.#isCutDue = false;
    return muxer.startSegment();
  }

  #close(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    this.#handOver(segment);
    // A segment that ends because of a new configuration is followed by one that does not continue it.
    if (this.#isCutDue) this.#isDiscontinuity = true;
    // Pictures that only decide where to cut may do so while there is no sound.
    if (segment.isEmpty) this.#host.store.discard();
    else this.#host.store.end(segment.length.durationMs, segment.isDiscontinuity);
  }

  /** Writes the planned packets, `size` bytes, into the open segment. */
  #write(size: number): void {
    const segment = this.#segment;
    if (segment === undefined || size === 0) return;
    const { muxer } = this.#host;
    const areTablesDue = segment.tables !== undefined && segment.tables !== muxer.tracks;
    const page = this.#reserve(segment, areTablesDue ? size + TABLES_SIZE : size);
    if (page === undefined) return;
    if (areTablesDue) this.#writeTables(segment, page, this.#pageEnd, muxer.tracks);
    if (areTablesDue) this.#pageEnd += TABLES_SIZE;
    muxer.write(page, this.#pageEnd);
    segment.isEmpty = false;
    this.#pageEnd += size;
  }

  /** The page with room for so many bytes at `#pageEnd`. Undefined if there is none: the segment is given up then. */
  #reserve(segment: OpenSegment, size: number): Buffer | undefined {
    const current = this.#page;
    if (current !== undefined && this.#pageEnd + size <= current.length) return current;
    this.#handOver(segment);
    const head = segment.tables === undefined ? TABLES_SIZE : 0;
    this.#page = this.#isStoreBehind(MAX_PENDING_BYTES) ? undefined : this.#host.pages.take(head + size);
    this.#pageEnd = head;
    if (this.#page === undefined) this.#giveUp();
    return this.#page;
  }

  #isStoreBehind(limitBytes: number): boolean {
    return this.#host.store.pendingBytes > limitBytes;
  }

  /** Gives the current page to the store. The tables at its start name the tracks that have been seen by then. */
  #handOver(segment: OpenSegment): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#page = undefined;
    if (segment.tables === undefined) this.#writeTables(segment, page, 0, this.#host.muxer.tracks);
    this.#host.store.append(page, this.#pageEnd);
  }

  #writeTables(segment: OpenSegment, page: Buffer, offset: number, tracks: TsTracks): void {
    this.#host.muxer.writeTables(page, offset);
    segment.tables = tracks;
  }

  #giveUp(): void {
    const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
    const own = megabytes(this.#host.store.pendingBytes);
    const all = megabytes(this.#host.pages.usedBytes);
    this.#host.onWarning(
      `hls: segments are not written as fast as they come, ${own} of this stream and ${all} of all streams wait: one is lost`,
    );
    this.#segment = undefined;
    this.#isStalled = true;
    this.#isDiscontinuity = true;
    this.#awaitsKeyFrame = this.#options.waitsForKeyFrame;
    this.#firstPictureMs = -1;
    this.#host.store.discard();
  }

  #report(message: MediaMessage): void {
    const reason = this.#host.muxer.skipReason;
    if (reason !== undefined) this.#host.onSkip(message.track, reason);
  }
}
