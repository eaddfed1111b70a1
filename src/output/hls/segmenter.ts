// From messages to segments: muxes, decides where to cut, and hands full pages to the store. Pure: the wall clock is
// given, the store is an interface. One segmenter lives as long as one publish.
//
//   message -> SegmentWriter (prepare) -> cut? -> SegmentWriter (write to a page) -> SegmentStore

import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage, SegmentMark } from '../../media/message.ts';
import type { BytePages } from '../disk/byte-pages.ts';
import { type CutOptions, cutsBeforeAudio, cutsBeforeVideo, SegmentLength } from './cut-rules.ts';
import { FloorCounter } from './floor-counter.ts';
import { HeaderWatch } from './header-watch.ts';
import { KeyFrameWait } from './key-frame-wait.ts';
import { MarkFollower } from './mark-follower.ts';
import { SegmentClock, type SegmentTimeline } from './segment-clock.ts';
import type { SegmentStore } from './segment-store.ts';
import type { SegmentPageHost, SegmentWriter, SkipReason } from './segment-writer.ts';

export interface SegmenterOptions extends CutOptions {
  readonly isFloor: boolean;
  readonly isDtsDirect: boolean;
  readonly dropsVideo: boolean;
  /** Segments begin where messages have marks, if they have any of this fragment length. */
  readonly followsMarks: boolean;
}

export interface SegmenterHost {
  readonly createWriter: (pages: SegmentPageHost) => SegmentWriter;
  readonly store: SegmentStore;
  readonly pages: BytePages;
  readonly timeline: SegmentTimeline;
  /** Pictures have come already: this begins in the middle of a publish. */
  readonly hasVideo: boolean;
  /** Wall clock, ms since 1970. */
  readonly wallClock: () => number;
  /** A frame is not in the segments. */
  readonly onSkip: (track: MediaMessage['track'], reason: SkipReason) => void;
  readonly onWarning: (text: string) => void;
}

/** A stream that is joined in its middle may begin with so much sound before its next picture, ms. */
const SOUND_AHEAD_MS = 500;
/** Bytes that the store of one stream may be behind before the open segment is given up. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;

interface OpenSegment {
  readonly length: SegmentLength;
  readonly isDiscontinuity: boolean;
  /** It began with a mark. */
  readonly isNumbered: boolean;
}

export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #host: SegmenterHost;
  readonly #writer: SegmentWriter;
  readonly #floor: FloorCounter | undefined;
  readonly #headers = new HeaderWatch();
  readonly #keyFrameWait: KeyFrameWait;
  readonly #marks = new MarkFollower();
  readonly #clock: SegmentClock;
  #hasListed = false;
  #segment: OpenSegment | undefined;
  /** What comes next does not continue the segment before. */
  #isDiscontinuity = true;
  /** A decoder configuration has changed inside the open segment: it ends at the next good place. */
  #isCutDue = false;
  /** The store was too far behind; nothing is written until it has caught up. */
  #isStalled = false;

  constructor(options: SegmenterOptions, host: SegmenterHost) {
    this.#options = options;
    this.#host = host;
    this.#writer = host.createWriter({
      take: (minSize) => (this.#isStoreBehind(MAX_PENDING_BYTES) ? undefined : host.pages.take(minSize)),
      append: (page, from, to) => host.store.append(page, from, to),
    });
    this.#floor = options.isFloor ? new FloorCounter(options.fragmentMs) : undefined;
    this.#clock = new SegmentClock(host.timeline, options.isDtsDirect);
    this.#keyFrameWait = new KeyFrameWait(options, host.hasVideo);
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

  /** The open segment began with a mark. */
  get isMarked(): boolean {
    return this.#marks.mark !== undefined;
  }

  message(message: MediaMessage): void {
    const { mark } = message;
    if (mark !== undefined && this.#follows(mark)) this.#beginMarked(mark, message);
    if (message.isSequenceHeader) this.#header(message);
    else if (this.#marks.isBehind) return;
    else if (this.#isStalled && this.#isStoreBehind(MAX_PENDING_BYTES / 2)) return;
    else if (message.track === 'video') this.#video(message);
    else this.#audio(message);
  }

  /** What follows comes from another publisher: a new segment, from a key frame on, behind a discontinuity. */
  resume(): void {
    this.end();
    this.#isDiscontinuity = true;
    this.#keyFrameWait.start();
  }

  /** Ends the open segment: the publisher has left, or the server quits. */
  end(): void {
    if (this.#segment !== undefined) this.#check(this.#writer.writeRest());
    this.#close();
  }

  #follows({ fragmentMs }: SegmentMark): boolean {
    return this.#options.followsMarks && fragmentMs === this.#options.fragmentMs;
  }

  /** All servers that cut the stream begin a segment with this message. */
  #beginMarked(mark: SegmentMark, message: MediaMessage): void {
    const { store } = this.#host;
    const step = this.#marks.next(mark, store.nextSequence, this.#hasListed);
    if (step.type === 'ignored') {
      this.#host.onWarning('hls: the numbers of the origin went back, segments are numbered here');
      return;
    }
    if (step.type === 'begins' && step.isWhole) this.#close(step.durationMs);
    else if (this.#segment !== undefined) this.#abandon();
    if (step.type === 'behind') return;
    this.#isDiscontinuity = mark.isDiscontinuity || (this.#hasListed && mark.sequence !== store.nextSequence);
    this.#clock.anchor(message, mark.timeMs);
    this.#keyFrameWait.end();
  }

  #header(message: MediaMessage): void {
    if (this.#options.dropsVideo && message.track === 'video') return;
    this.#writer.header(message);
    this.#report(message);
    if (this.#headers.isChange(message) && this.#segment !== undefined) this.#isCutDue = true;
  }

  #video(message: MediaMessage): void {
    const { dropsVideo } = this.#options;
    const { isKeyFrame } = message;
    if (this.#keyFrameWait.leavesOutPicture(message)) {
      this.#dropSoundAhead();
      return;
    }
    const timeMs = this.#clock.timeOf(message);
    if (!dropsVideo && !this.#preparesVideo(message, timeMs * TICKS_PER_MS)) {
      this.#report(message);
      return;
    }
    const segment = this.#segment;
    const isCut = segment !== undefined && this.#cutsBeforeVideo(segment, isKeyFrame);
    // Sound that waits to be packed is older than the picture.
    if (isCut && dropsVideo) this.#check(this.#writer.writeRest());
    if (isCut) this.#close();
    if (this.#segment === undefined) {
      // Without pictures in the segments it is audio that opens the first one.
      if (dropsVideo && !isCut) return;
      this.#open();
    }
    this.#addTime(timeMs);
    if (!dropsVideo) this.#check(this.#writer.write());
  }

  #preparesVideo(message: MediaMessage, dts: number): boolean {
    if (this.#writer.prepare(message, dts)) return true;
    const isForNextSegment =
      this.#writer.isCutDue && message.isKeyFrame && this.#segment !== undefined && !this.isMarked;
    if (!isForNextSegment) return false;
    // Pictures have come to a stream of sound: a segment that lists both starts with them.
    this.#close();
    this.#open();
    return this.#writer.prepare(message, dts);
  }

  #audio(message: MediaMessage): void {
    const writer = this.#writer;
    const pts = this.#clock.soundTimeOf(message, writer.aacSampleRate);
    if (!writer.prepare(message, pts)) {
      this.#report(message);
      return;
    }
    if (this.#segment === undefined && this.#leavesOutSound(message)) return;
    if (this.#segment !== undefined && this.#cutsBeforeAudio(this.#segment)) this.#close();
    if (this.#segment === undefined) this.#open();
    this.#addTime(Math.floor(pts / TICKS_PER_MS));
    this.#check(writer.write());
  }

  #addTime(timeMs: number): void {
    this.#clock.wrote(timeMs);
    this.#segment?.length.add(timeMs);
  }

  #cutsBeforeVideo({ length }: OpenSegment, isKeyFrame: boolean): boolean {
    if (this.isMarked) return isKeyFrame && this.#leavesMarks(length.durationMs, true);
    if (this.#mustCut && isKeyFrame) return true;
    return cutsBeforeVideo(this.#options, length.durationMs, isKeyFrame, this.#floor?.extraMs ?? 0);
  }

  #cutsBeforeAudio({ length }: OpenSegment): boolean {
    if (this.isMarked) return this.#leavesMarks(length.durationMs, false);
    const { hasVideo } = this.#writer;
    if (this.#mustCut && !hasVideo) return true;
    return cutsBeforeAudio(this.#options, length.durationMs, hasVideo, this.#floor?.extraMs ?? 0);
  }

  #leavesMarks(durationMs: number, isKeyFrame: boolean): boolean {
    const isOverdue = this.#marks.isOverdue(durationMs, isKeyFrame);
    if (isOverdue) this.#marks.leave();
    return isOverdue;
  }

  get #mustCut(): boolean {
    return this.#isCutDue || this.#writer.isCutDue;
  }

  #leavesOutSound(message: MediaMessage): boolean {
    return !this.#options.dropsVideo && this.#keyFrameWait.leavesOutSound(message);
  }

  /** The first picture is no key frame: the stream was joined in its middle, and what came before was not its start. */
  #dropSoundAhead(): void {
    const segment = this.#segment;
    if (segment?.isDiscontinuity !== true || this.#options.dropsVideo) return;
    if (segment.length.durationMs <= SOUND_AHEAD_MS) this.#abandon();
  }

  #open(): void {
    const { store, wallClock } = this.#host;
    this.#isStalled = false;
    const openedAtMs = wallClock();
    const step = this.#floor?.next(openedAtMs);
    if (step?.warning !== undefined) this.#host.onWarning(step.warning);
    const sequence = this.#marks.mark?.sequence;
    store.begin({ openedAtMs, floor: step?.floor }, sequence);
    this.#segment = {
      length: new SegmentLength(),
      isDiscontinuity: this.#isDiscontinuity,
      isNumbered: sequence !== undefined,
    };
    this.#isDiscontinuity = false;
    this.#isCutDue = false;
    this.#writer.open(sequence);
  }

  /** @param durationMs length of the segment, if it is not that of its frames */
  #close(durationMs?: number): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    // A segment that ends because of a new configuration is followed by one that does not continue it.
    if (this.#mustCut && !this.isMarked) this.#isDiscontinuity = true;
    const { isEmpty, init } = this.#writer.close(segment.isNumbered);
    // Pictures that only decide where to cut may do so while there is no sound.
    if (isEmpty) {
      this.#host.store.discard();
      return;
    }
    this.#hasListed = true;
    this.#host.store.end(durationMs ?? segment.length.durationMs, segment.isDiscontinuity, init);
  }

  #isStoreBehind(limitBytes: number): boolean {
    return this.#host.store.pendingBytes > limitBytes;
  }

  /** Gives the open segment up if its writer found no room. */
  #check(isWritten: boolean): void {
    if (!isWritten && this.#segment !== undefined) this.#giveUp();
  }

  #giveUp(): void {
    const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
    const own = megabytes(this.#host.store.pendingBytes);
    const all = megabytes(this.#host.pages.usedBytes);
    this.#host.onWarning(
      `hls: segments are not written as fast as they come, ${own} of this stream and ${all} of all streams wait: one is lost`,
    );
    this.#abandon();
    this.#marks.skip();
    this.#isStalled = true;
    this.#keyFrameWait.start();
  }

  #abandon(): void {
    this.#segment = undefined;
    this.#isDiscontinuity = true;
    this.#writer.abandon();
    this.#host.store.discard();
  }

  #report(message: MediaMessage): void {
    const reason = this.#writer.skipReason;
    if (reason !== undefined) this.#host.onSkip(message.track, reason);
  }
}
