// Reads an FLV recording that ended in the middle of its writing: how much of it is whole, and what its metadata should
// say then.

import { parseAudioTag } from '../../media/audio-tag.ts';
import { parseVideoTag } from '../../media/video-tag.ts';
import { FlvFileContents } from './file-contents.ts';
import { encodeFileMetadata } from './file-metadata.ts';
import { FlvDemuxer, FlvFormatError } from './flv-demuxer.ts';
import {
  FLV_FILE_HEADER_SIZE,
  FLV_TAG_AUDIO,
  FLV_TAG_OVERHEAD,
  FLV_TAG_SCRIPT,
  type FlvTagType,
} from './flv-tag.ts';

/** What can be kept of a recording. */
export interface WholeFlv {
  /** Bytes up to the end of the last whole tag; 0 if there is no whole frame. */
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Data for the script tag in front; undefined if that has no room for it. */
  readonly metadata: Buffer | undefined;
}

const PREVIOUS_TAG_SIZE_BYTES = 4;

export class TornFlv {
  readonly #fileSize: number;
  readonly #demuxer: FlvDemuxer;
  readonly #contents = new FlvFileContents();
  #metadata: Buffer | undefined;
  #position = FLV_FILE_HEADER_SIZE + PREVIOUS_TAG_SIZE_BYTES;
  #hasFrames = false;
  #isRefused = false;
  #isBroken = false;

  /** @param fileSize bytes of the file: a tag that ends behind them is torn */
  constructor(fileSize: number) {
    this.#fileSize = fileSize;
    this.#demuxer = new FlvDemuxer({
      header: () => {},
      tag: (type, timestampMs, data) => this.#tag(type, timestampMs, data),
    });
  }

  /** No FLV from the start. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** What follows cannot be read: no more bytes are needed. */
  get isOver(): boolean {
    return this.#isBroken;
  }

  /** Takes the next bytes of the file, which stay the caller's. */
  push(bytes: Buffer): void {
    if (this.#isBroken) return;
    try {
      this.#demuxer.push(bytes);
    } catch (error) {
      if (!(error instanceof FlvFormatError)) throw error;
      this.#isBroken = true;
      this.#isRefused = this.#position === FLV_FILE_HEADER_SIZE + PREVIOUS_TAG_SIZE_BYTES;
    }
  }

  /** When all bytes were taken in. */
  result(): WholeFlv {
    if (!this.#hasFrames) return { sizeBytes: 0, durationMs: 0, metadata: undefined };
    const { durationMs, keyFrames } = this.#contents;
    const sizeBytes = this.#position;
    const before = this.#metadata;
    const metadata =
      before && encodeFileMetadata(before, { durationSec: durationMs / 1000, sizeBytes, keyFrames });
    const fits = metadata !== undefined && metadata.length === before?.length;
    return { sizeBytes, durationMs, metadata: fits ? metadata : undefined };
  }

  #tag(type: FlvTagType, timestampMs: number, data: Buffer): void {
    const position = this.#position;
    const end = position + data.length + FLV_TAG_OVERHEAD;
    if (end > this.#fileSize) return;
    this.#position = end;
    if (type !== FLV_TAG_SCRIPT) this.#media(type, timestampMs, data, position);
    else if (!this.#hasFrames) this.#metadata ??= Buffer.from(data);
  }

  #media(type: FlvTagType, timestampMs: number, data: Buffer, position: number): void {
    const track = type === FLV_TAG_AUDIO ? 'audio' : 'video';
    const tag = track === 'audio' ? parseAudioTag(data) : parseVideoTag(data);
    if (tag.type !== 'dropped' && tag.isSequenceHeader) {
      this.#contents.header(track, timestampMs, position);
      return;
    }
    this.#hasFrames = true;
    this.#contents.frame(track, timestampMs, position, tag.type === 'video' && tag.isKeyFrame);
  }
}
