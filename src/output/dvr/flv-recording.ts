// Recording as FLV: metadata with room for what is known at the end, sequence headers, and the messages as they come.

import { FlvFileContents } from '../../container/flv/file-contents.ts';
import { encodeFileMetadata, FILE_METADATA_POSITION } from '../../container/flv/file-metadata.ts';
import {
  encodeFlvHeader,
  encodeTag,
  FLV_MAX_DATA_SIZE,
  FLV_TAG_AUDIO,
  FLV_TAG_OVERHEAD,
  FLV_TAG_SCRIPT,
  FLV_TAG_VIDEO,
  writePreviousTagSize,
  writeTagHeader,
} from '../../container/flv/flv-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { FilePatch, RecordingPages, RecordingWriter, WriteResult } from './recording-writer.ts';

type Track = MediaMessage['track'];

/** Length of the file when so much of it was handed over. */
interface Mark {
  readonly sizeBytes: number;
  readonly durationMs: number;
}

/** More pages than that are never waiting for the disk. */
const MAX_MARKS = 4096;

export class FlvRecording implements RecordingWriter {
  readonly #pages: RecordingPages;
  readonly #metadata: Buffer | undefined;
  readonly #contents = new FlvFileContents();
  readonly #codecs: Record<Track, string | undefined> = { audio: undefined, video: undefined };
  #marks: Mark[] = [];
  #page: Buffer | undefined;
  #end = 0;
  /** Bytes of the file, those of the open page included. */
  #size = 0;
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
    if (result === 'written') this.#contents.header(message.track, timeMs, this.#lastPosition(message));
    return result;
  }

  write(message: MediaMessage, timeMs: number): WriteResult {
    this.#noteCodec(message);
    const result = this.#tag(message, timeMs);
    const { track, isKeyFrame } = message;
    if (result === 'written') this.#contents.frame(track, timeMs, this.#lastPosition(message), isKeyFrame);
    return result;
  }

  flush(): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#page = undefined;
    if (this.#marks.length === MAX_MARKS) this.#marks = this.#marks.slice(MAX_MARKS / 2);
    this.#marks.push({ sizeBytes: this.#size, durationMs: this.#contents.durationMs });
    this.#pages.append(page, 0, this.#end, true);
  }

  complete(sizeBytes: number): readonly FilePatch[] {
    const durationMs = this.#marks.findLast((mark) => mark.sizeBytes <= sizeBytes)?.durationMs ?? 0;
    const keyFrames = this.#contents.keyFrames.filter(({ position }) => position < sizeBytes);
    const facts = { durationSec: durationMs / 1000, sizeBytes, keyFrames };
    const bytes = encodeFileMetadata(this.#metadata, facts);
    return [{ position: FILE_METADATA_POSITION, bytes }];
  }

  /** Of the tag that was written last. */
  #lastPosition({ payload }: MediaMessage): number {
    return this.#size - payload.length - FLV_TAG_OVERHEAD;
  }

  #noteCodec({ track, codec }: MediaMessage): void {
    const known = this.#codecs[track];
    if (known !== undefined && known !== codec) this.#isCutDue = true;
    this.#codecs[track] ??= codec;
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
