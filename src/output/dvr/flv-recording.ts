// Recording as FLV: metadata with room for what is known at the end, sequence headers, and the messages as they come.

import { encodeFileMetadata, KeyFrameIndex } from '../../container/flv/file-metadata.ts';
import {
  encodeFlvHeader,
  encodeTag,
  FLV_MAX_DATA_SIZE,
  FLV_TAG_AUDIO,
  FLV_TAG_HEADER_SIZE,
  FLV_TAG_OVERHEAD,
  FLV_TAG_SCRIPT,
  FLV_TAG_VIDEO,
  writePreviousTagSize,
  writeTagHeader,
} from '../../container/flv/flv-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { FilePatch, RecordingPages, RecordingWriter, WriteResult } from './recording-writer.ts';

type Track = MediaMessage['track'];

interface TrackState {
  codec: string | undefined;
  lastMs: number;
  stepMs: number;
}

/** Length of the file when so much of it was handed over. */
interface Mark {
  readonly sizeBytes: number;
  readonly durationMs: number;
}

/** More pages than that are never waiting for the disk. */
const MAX_MARKS = 4096;
const FILE_HEADER_SIZE = 13;

export class FlvRecording implements RecordingWriter {
  readonly #pages: RecordingPages;
  readonly #metadata: Buffer | undefined;
  readonly #keyFrames = new KeyFrameIndex();
  readonly #tracks: Record<Track, TrackState> = { audio: newTrack(), video: newTrack() };
  #marks: Mark[] = [];
  #page: Buffer | undefined;
  #end = 0;
  /** Bytes of the file, those of the open page included. */
  #size = 0;
  #firstMs: number | undefined;
  #isCutDue = false;
  #skipReason: string | undefined;

  /** @param metadata AMF0 body of the publisher's onMetaData */
  constructor(pages: RecordingPages, metadata: Buffer | undefined) {
    this.#pages = pages;
    this.#metadata = metadata;
  }

  get isCutDue(): boolean {
    return this.#isCutDue;
  }

  get skipReason(): string | undefined {
    return this.#skipReason;
  }

  header(message: MediaMessage, timeMs: number): WriteResult {
    this.#noteCodec(message);
    const result = this.#tag(message, timeMs);
    // Players take the first entry of the index for that of the sequence header.
    const isFirst = message.track === 'video' && this.#keyFrames.entries.length === 0;
    if (result === 'written' && isFirst) this.#indexLast(message, timeMs);
    return result;
  }

  write(message: MediaMessage, timeMs: number): WriteResult {
    this.#noteCodec(message);
    const result = this.#tag(message, timeMs);
    if (result !== 'written') return result;
    this.#firstMs ??= timeMs;
    const track = this.#tracks[message.track];
    if (track.lastMs >= 0 && timeMs > track.lastMs) track.stepMs = timeMs - track.lastMs;
    track.lastMs = timeMs;
    if (message.isKeyFrame) this.#indexLast(message, timeMs);
    return result;
  }

  flush(): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#page = undefined;
    if (this.#marks.length === MAX_MARKS) this.#marks = this.#marks.slice(MAX_MARKS / 2);
    this.#marks.push({ sizeBytes: this.#size, durationMs: this.#durationMs });
    this.#pages.append(page, 0, this.#end, true);
  }

  complete(sizeBytes: number): readonly FilePatch[] {
    const durationMs = this.#marks.findLast((mark) => mark.sizeBytes <= sizeBytes)?.durationMs ?? 0;
    const keyFrames = this.#keyFrames.entries.filter(({ position }) => position < sizeBytes);
    const facts = { durationSec: durationMs / 1000, sizeBytes, keyFrames };
    const bytes = encodeFileMetadata(this.#metadata, facts);
    return [{ position: FILE_HEADER_SIZE + FLV_TAG_HEADER_SIZE, bytes }];
  }

  /** From the first frame to the end of the last one. */
  get #durationMs(): number {
    const { audio, video } = this.#tracks;
    const endMs = Math.max(video.lastMs + video.stepMs, audio.lastMs + audio.stepMs);
    return this.#firstMs === undefined ? 0 : endMs - this.#firstMs;
  }

  /** Lists the tag that was written last. */
  #indexLast({ payload }: MediaMessage, timeMs: number): void {
    this.#keyFrames.add(timeMs / 1000, this.#size - payload.length - FLV_TAG_OVERHEAD);
  }

  #noteCodec({ track, codec }: MediaMessage): void {
    const state = this.#tracks[track];
    if (state.codec !== undefined && state.codec !== codec) this.#isCutDue = true;
    state.codec ??= codec;
  }

  #tag({ track, payload }: MediaMessage, timeMs: number): WriteResult {
    this.#skipReason = undefined;
    if (payload.length > FLV_MAX_DATA_SIZE) {
      this.#skipReason = 'larger than a tag can be';
      return 'skipped';
    }
    const page = this.#pageFor(payload.length + FLV_TAG_OVERHEAD);
    if (page === undefined) return 'no room';
    const type = track === 'video' ? FLV_TAG_VIDEO : FLV_TAG_AUDIO;
    const dataOffset = writeTagHeader(page, this.#end, type, payload.length, timeMs);
    payload.copy(page, dataOffset);
    const end = writePreviousTagSize(page, dataOffset + payload.length, payload.length);
    this.#size += end - this.#end;
    this.#end = end;
    return 'written';
  }

  #pageFor(size: number): Buffer | undefined {
    if (this.#page !== undefined && this.#end + size <= this.#page.length) return this.#page;
    this.flush();
    const head = this.#size === 0 ? this.#head() : undefined;
    const page = this.#pages.take(size + (head?.length ?? 0));
    if (page === undefined) return undefined;
    this.#page = page;
    this.#end = head?.copy(page) ?? 0;
    this.#size += this.#end;
    return page;
  }

  #head(): Buffer {
    // The flags promise both, as SRS: what comes later is not known yet.
    return Buffer.concat([
      encodeFlvHeader(true, true),
      encodeTag(FLV_TAG_SCRIPT, 0, encodeFileMetadata(this.#metadata)),
    ]);
  }
}

function newTrack(): TrackState {
  return { codec: undefined, lastMs: -1, stepMs: 0 };
}
