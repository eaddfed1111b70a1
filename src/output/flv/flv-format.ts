// Prepares FLV tags for all HTTP-FLV or WebSocket-FLV viewers of a stream. Tags carry absolute time,
// so a batch is copied once per flush and its timestamps are patched in place for each viewer's clock. The
// kernel has taken the bytes when `write` returns; where it has not, that copy belongs to the slow sink and
// the next viewer with another clock gets a fresh one.

import {
  encodeFlvHeader,
  encodeTag,
  FLV_TAG_AUDIO,
  FLV_TAG_OVERHEAD,
  FLV_TAG_SCRIPT,
  FLV_TAG_VIDEO,
  type FlvTagType,
  writePreviousTagSize,
  writeTagHeader,
  writeTagTimestamp,
} from '../../container/flv/flv-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import { encodeSegmentMark } from '../../media/segment-mark.ts';
import type { StreamHeaders } from '../../stream/stream.ts';
import type { BodyFraming } from '../body-framing.ts';
import type { ViewerFormat } from '../fanout.ts';
import { FramedLog } from '../framed-log.ts';
import { AUDIO, DATA, type EntryKind, type PreparedLog, VIDEO } from '../prepared-log.ts';
import type { Viewer } from '../viewer.ts';

/** After so long with one track only, the other one is not expected any more, ms. */
const TRACK_GUESS_MS = 400;

/** A copy of the entries from..to with the timestamps of one clock. */
interface PatchedBatch {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  baseMs: number;
  /** Some sink still holds the bytes: they must not change any more. */
  isHeld: boolean;
}

export class FlvFormat implements ViewerFormat {
  readonly log: PreparedLog;
  readonly endsWithPublisher = true;
  readonly startsWithGop = true;
  readonly #framed: FramedLog;
  readonly #hasMarks: boolean;
  #hasAudio = false;
  #hasVideo = false;
  #batch: PatchedBatch | undefined;

  /** @param hasMarks the viewers are edges that want to know where segments begin */
  constructor(framing: BodyFraming, hasMarks = false) {
    this.#hasMarks = hasMarks;
    this.#framed = new FramedLog(framing);
    this.log = this.#framed.log;
  }

  prime(): void {
    // Viewers get the headers as tags of their own.
  }

  appendMetadata(body: Buffer): void {
    this.#append(FLV_TAG_SCRIPT, DATA, body, 0, true);
  }

  appendMessage(message: MediaMessage): void {
    const { payload, timestampMs, isSequenceHeader, mark } = message;
    // Goes before its message, and with it: whoever starts there has both.
    if (this.#hasMarks && mark !== undefined) {
      this.#append(FLV_TAG_SCRIPT, DATA, encodeSegmentMark(mark), timestampMs, true);
    }
    if (message.track === 'audio') {
      this.#hasAudio = true;
      this.#append(FLV_TAG_AUDIO, AUDIO, payload, timestampMs, isSequenceHeader);
    } else {
      this.#hasVideo = true;
      this.#append(FLV_TAG_VIDEO, VIDEO, payload, timestampMs, isSequenceHeader);
    }
  }

  // The file header names the tracks once and for all, so a viewer who was there first waits a moment.
  isReadyToOpen(firstMediaAgeMs: number): boolean {
    return (this.#hasAudio && this.#hasVideo) || firstMediaAgeMs >= TRACK_GUESS_MS;
  }

  open(viewer: Viewer, headers: StreamHeaders, atMs: number): void {
    const { metadata, audio, video } = headers;
    const hasAudio = this.#hasAudio || audio !== undefined;
    const hasVideo = this.#hasVideo || video !== undefined;
    viewer.sink.cork();
    this.#framed.writeBody(viewer, encodeFlvHeader(hasAudio, hasVideo));
    if (metadata !== undefined) this.#writeTag(viewer, FLV_TAG_SCRIPT, metadata, 0);
    this.repeatHeaders(viewer, headers, atMs);
    viewer.sink.uncork();
  }

  repeatHeaders(viewer: Viewer, headers: StreamHeaders, atMs: number): void {
    if (headers.audio !== undefined) this.#writeTag(viewer, FLV_TAG_AUDIO, headers.audio.payload, atMs);
    if (headers.video !== undefined) this.#writeTag(viewer, FLV_TAG_VIDEO, headers.video.payload, atMs);
  }

  writeShared(viewer: Viewer, from: number, to: number): void {
    this.#write(viewer, from, to);
  }

  writeOwn(viewer: Viewer, from: number, to: number): void {
    viewer.needs &= ~(AUDIO | VIDEO);
    this.#write(viewer, from, to);
  }

  end(viewer: Viewer): void {
    this.#framed.writeEnd(viewer);
  }

  #write(viewer: Viewer, from: number, to: number): void {
    const batch = this.#patched(from, to, Math.max(0, viewer.baseMs));
    viewer.sink.write(batch.bytes);
    if (viewer.sink.writableLength > 0) batch.isHeld = true;
  }

  /** The entries from..to on the clock that starts at `baseMs`: the last copy if it fits or may be patched. */
  #patched(from: number, to: number, baseMs: number): PatchedBatch {
    const last = this.#batch;
    if (last !== undefined && last.from === from && last.to === to) {
      if (last.baseMs === baseMs) return last;
      if (!last.isHeld) {
        this.#patch(last, baseMs);
        return last;
      }
    }
    const batch = { bytes: Buffer.concat(this.log.slices(from, to)), from, to, baseMs, isHeld: false };
    this.#patch(batch, baseMs);
    this.#batch = batch;
    return batch;
  }

  #patch(batch: PatchedBatch, baseMs: number): void {
    const { bytes, from, to } = batch;
    const start = this.log.entry(from).position;
    for (let sequence = from; sequence < to; sequence++) {
      const entry = this.log.entry(sequence);
      if (entry.kind === DATA) continue;
      const tagOffset = entry.position - start + entry.headerSize;
      writeTagTimestamp(bytes, tagOffset, Math.max(0, entry.timestampMs - baseMs));
    }
    batch.baseMs = baseMs;
  }

  #append(type: FlvTagType, kind: EntryKind, payload: Buffer, timestampMs: number, isHeader: boolean): void {
    const tagSize = payload.length + FLV_TAG_OVERHEAD;
    const { page, offset } = this.#framed.reserve(tagSize);
    const dataOffset = writeTagHeader(page, offset, type, payload.length, timestampMs);
    page.set(payload, dataOffset);
    writePreviousTagSize(page, dataOffset + payload.length, payload.length);
    this.#framed.commit(tagSize, kind, timestampMs, isHeader);
  }

  #writeTag(viewer: Viewer, type: FlvTagType, data: Buffer, timestampMs: number): void {
    this.#framed.writeBody(viewer, encodeTag(type, timestampMs, data));
  }
}
