// Recording as MP4: fragments of a second, and at the end one list of all samples.

import { Fmp4Muxer } from '../../container/mp4/fmp4-muxer.ts';
import type { FragmentTrack } from '../../container/mp4/fragment.ts';
import { MovieIndex } from '../../container/mp4/movie-index.ts';
import {
  encodeMediaHead,
  encodeRecordingHead,
  MEDIA_HEAD_POSITION,
} from '../../container/mp4/recorded-movie.ts';
import { TICKS_PER_MS } from '../../container/mpegts/ts-packet.ts';
import type { MediaMessage } from '../../media/message.ts';
import { FragmentWriter } from '../fragment-writer.ts';
import type { FilePatch, RecordingPages, RecordingWriter, WriteResult } from './recording-writer.ts';

/** Decoder configurations are part of it; they come in RTMP messages, so a hostile one may be large. */
const MAX_HEAD_SIZE = 128 * 1024;
/** Larger configurations are none. */
const MAX_HEADER_SIZE = 32 * 1024;

export class Mp4Recording implements RecordingWriter {
  readonly #pages: RecordingPages;
  readonly #muxer = new Fmp4Muxer();
  readonly #fragments: FragmentWriter;
  readonly #index = new MovieIndex();
  readonly #hasHeader: Record<MediaMessage['track'], boolean> = { audio: false, video: false };
  readonly #codecs: Record<MediaMessage['track'], string | undefined> = {
    audio: undefined,
    video: undefined,
  };
  /** Bytes handed over. */
  #size = 0;
  #isCutDue = false;
  /** Pages that are still to come of the fragment. */
  #pagesToCome = 0;
  /** Taken before the first sample, so that a file that has begun can be written. */
  #headPage: Buffer | undefined;

  constructor(pages: RecordingPages) {
    this.#pages = pages;
    this.#muxer.startSegment();
    this.#fragments = new FragmentWriter(this.#muxer, {
      take: (minSize) => pages.take(minSize),
      append: (page, from, to) => this.#append(page, from, to),
      fragment: (tracks, headSize) => this.#fragment(tracks, headSize),
    });
  }

  get isCutDue(): boolean {
    return this.#isCutDue || this.#muxer.isCutDue;
  }

  get skipReason(): string | undefined {
    return this.#muxer.skipReason;
  }

  header(message: MediaMessage): WriteResult {
    if (message.payload.length > MAX_HEADER_SIZE) return 'skipped';
    // The list of samples knows one configuration per track.
    if (this.#hasHeader[message.track]) this.#isCutDue = true;
    this.#hasHeader[message.track] = true;
    this.#muxer.header(message);
    return this.#muxer.skipReason === undefined ? 'written' : 'skipped';
  }

  write(message: MediaMessage, timeMs: number): WriteResult {
    const { track, codec } = message;
    if (!this.#fragments.prepare(message, timeMs * TICKS_PER_MS)) {
      if (this.#codecs[track] !== undefined && this.#codecs[track] !== codec) this.#isCutDue = true;
      return 'skipped';
    }
    this.#codecs[track] = codec;
    if (this.#size === 0) this.#headPage ??= this.#pages.take(MAX_HEAD_SIZE);
    const hasHead = this.#size > 0 || this.#headPage !== undefined;
    return hasHead && this.#fragments.write() ? 'written' : 'no room';
  }

  flush(): void {
    this.#fragments.endFragment();
    const page = this.#headPage;
    this.#headPage = undefined;
    if (page !== undefined) this.#pages.append(page, 0, 0, false);
  }

  complete(sizeBytes: number): readonly FilePatch[] {
    // What the disk did not take is in the list: without that the file is fragments as far as it goes.
    if (sizeBytes !== this.#size) return [];
    const { video, audio } = this.#muxer.tracks;
    return [
      { position: sizeBytes, bytes: this.#index.encode(video, audio) },
      { position: MEDIA_HEAD_POSITION, bytes: encodeMediaHead(sizeBytes) },
    ];
  }

  #fragment(tracks: readonly FragmentTrack[], headSize: number): void {
    if (this.#size === 0) this.#writeHead();
    this.#index.add(tracks, this.#size + headSize);
    this.#pagesToCome = tracks.length;
  }

  #writeHead(): void {
    const page = this.#headPage;
    this.#headPage = undefined;
    if (page === undefined) return;
    const { video, audio } = this.#muxer.tracks;
    const size = encodeRecordingHead(video, audio).copy(page);
    this.#pages.append(page, 0, size, false);
    this.#size += size;
  }

  #append(page: Buffer, from: number, to: number): void {
    this.#size += to - from;
    this.#pagesToCome--;
    this.#pages.append(page, from, to, this.#pagesToCome === 0);
  }
}
