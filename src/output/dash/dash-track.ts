// Segments of one track: fragments of MP4, and how long they are.

import { ascii, box, u32 } from '../../container/mp4/box.ts';
import { Fmp4Muxer } from '../../container/mp4/fmp4-muxer.ts';
import type { FragmentTrack } from '../../container/mp4/fragment.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from '../../container/mp4/track-boxes.ts';
import { VIDEO_TIMESCALE } from '../../container/mp4/track-config.ts';
import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { BytePages } from '../disk/byte-pages.ts';
import { FragmentWriter } from '../fragment-writer.ts';
import type { DashFiles, DashSegmentFile } from './dash-files.ts';
import type { ListedSegment } from './manifest.ts';

/** Bytes that the disk may be behind with one stream. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const SEGMENT_TYPE = box('styp', ascii('msdh'), u32(0), ascii('msdhmsix'));

interface OpenSegment {
  readonly number: number;
  readonly file: DashSegmentFile;
  readonly startMs: number;
  start: number;
  duration: number;
  sizeBytes: number;
}

export class DashTrack {
  readonly id: 'video' | 'audio';
  readonly #files: DashFiles;
  readonly #muxer = new Fmp4Muxer();
  readonly #writer: FragmentWriter;
  readonly #pages: BytePages;
  readonly #onSegment: (segment: ListedSegment, init: Buffer) => void;
  #segment: OpenSegment | undefined;

  /** @param onSegment a segment is at its place */
  constructor(
    id: 'video' | 'audio',
    files: DashFiles,
    pages: BytePages,
    onSegment: (segment: ListedSegment, init: Buffer) => void,
  ) {
    this.id = id;
    this.#files = files;
    this.#pages = pages;
    this.#onSegment = onSegment;
    this.#writer = new FragmentWriter(this.#muxer, {
      take: (minSize) => (files.pendingBytes > MAX_PENDING_BYTES ? undefined : pages.take(minSize)),
      append: (page, from, to) => this.#append(page, from, to),
      fragment: ([track], headSize) => track && this.#fragment(track, headSize),
    });
  }

  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  /** Where the open segment starts, ms. */
  get startMs(): number {
    return this.#segment?.startMs ?? 0;
  }

  get skipReason(): string | undefined {
    return this.#muxer.skipReason;
  }

  /** What the track holds; undefined before its first frame. */
  get description(): Mp4VideoTrack | Mp4AudioTrack | undefined {
    return this.id === 'video' ? this.#muxer.tracks.video : this.#muxer.tracks.audio;
  }

  get timescale(): number {
    const { audio } = this.#muxer.tracks;
    return this.id === 'video' || audio === undefined ? VIDEO_TIMESCALE : audio.sampleRate;
  }

  header(message: MediaMessage): void {
    this.#muxer.header(message);
  }

  /** Looks at a frame. @returns false if it has no place here */
  prepare(message: MediaMessage, timeMs: number): boolean {
    return this.#writer.prepare(message, timeMs * TICKS_PER_MS);
  }

  /** Opens a segment. */
  open(number: number, path: string, timeMs: number): void {
    this.#muxer.startSegment();
    const file = this.#files.begin(path);
    const page = this.#pages.take(SEGMENT_TYPE.length);
    this.#segment = { number, file, startMs: timeMs, start: -1, duration: 0, sizeBytes: 0 };
    if (page !== undefined) this.#files.append(file, page, 0, SEGMENT_TYPE.copy(page));
  }

  /** Writes the frame that was looked at. @returns false if there is no room: the disk is too slow */
  write(): boolean {
    return this.#writer.write();
  }

  /** Ends the open segment. */
  close(): void {
    this.#writer.endFragment();
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined) return;
    const { number, start, duration, sizeBytes, file } = segment;
    file.isEmpty = start < 0;
    const init = this.#muxer.init;
    this.#files.end(file, (isThere) => {
      if (isThere) this.#onSegment({ number, start, duration, sizeBytes }, init);
    });
  }

  #fragment(track: FragmentTrack, headSize: number): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (segment.start < 0) segment.start = track.startTime;
    const length = track.durations.reduce((sum, duration) => sum + duration, 0);
    segment.duration = track.startTime + length - segment.start;
    segment.sizeBytes += headSize + track.sizes.reduce((sum, size) => sum + size, 0);
  }

  #append(page: Buffer, from: number, to: number): void {
    if (this.#segment !== undefined) this.#files.append(this.#segment.file, page, from, to);
    else this.#pages.giveBack(page);
  }
}
