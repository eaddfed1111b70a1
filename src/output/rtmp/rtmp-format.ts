// Prepares RTMP chunks for all players of a stream. Media messages carry a delta (type-1 header), so their
// bytes suit every viewer's clock; only the first message of each track gets a header of the viewer's own
// (type 0, absolute), which anchors the deltas behind it. Message stream id 1, as every server answers.

import type { MediaMessage, SegmentMark } from '../../media/message.ts';
import { encodeSegmentMark } from '../../media/segment-mark.ts';
import {
  AUDIO_CSID,
  chunkedSize,
  DATA_CSID,
  EXTENDED_TIMESTAMP,
  extendedTimestampOf,
  messageHeaderSize,
  VIDEO_CSID,
  writeChunkedPayload,
  writeMessageHeader0,
  writeMessageHeader1,
} from '../../protocol/rtmp/chunk-writer.ts';
import type { StreamHeaders } from '../../stream/stream.ts';
import type { ViewerFormat } from '../fanout.ts';
import { AUDIO, DATA, type EntryKind, type PreparedEntry, PreparedLog, VIDEO } from '../prepared-log.ts';
import type { Viewer } from '../viewer.ts';

const MESSAGE_STREAM_ID = 1;
const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;
const TYPE_DATA = 18;

function csidOf(kind: EntryKind): number {
  if (kind === AUDIO) return AUDIO_CSID;
  return kind === VIDEO ? VIDEO_CSID : DATA_CSID;
}

function typeIdOf(kind: EntryKind): number {
  if (kind === AUDIO) return TYPE_AUDIO;
  return kind === VIDEO ? TYPE_VIDEO : TYPE_DATA;
}

export class RtmpFormat implements ViewerFormat {
  readonly log = new PreparedLog();
  readonly endsWithPublisher = false;
  readonly startsWithGop = true;
  readonly #chunkSize: number;
  readonly #hasMarks: boolean;
  #lastAudioMs = -1;
  #lastVideoMs = -1;

  /**
   * @param chunkSize chunk size that the players were told, bytes
   * @param hasMarks the viewers are edges that want to know where segments begin
   */
  constructor(chunkSize: number, hasMarks = false) {
    this.#chunkSize = chunkSize;
    this.#hasMarks = hasMarks;
  }

  prime(): void {
    // Viewers get the headers as messages of their own.
  }

  appendMetadata(body: Buffer): void {
    this.#append(DATA, body, 0, true, -1);
  }

  appendMessage(message: MediaMessage): void {
    const { timestampMs, isSequenceHeader, payload, mark } = message;
    if (this.#hasMarks && mark !== undefined) this.#appendMark(mark, timestampMs);
    if (message.track === 'audio') {
      this.#append(
        AUDIO,
        payload,
        timestampMs,
        isSequenceHeader,
        this.#deltaFrom(this.#lastAudioMs, timestampMs),
      );
      this.#lastAudioMs = timestampMs;
    } else {
      this.#append(
        VIDEO,
        payload,
        timestampMs,
        isSequenceHeader,
        this.#deltaFrom(this.#lastVideoMs, timestampMs),
      );
      this.#lastVideoMs = timestampMs;
    }
  }

  isReadyToOpen(): boolean {
    return true;
  }

  open(viewer: Viewer, headers: StreamHeaders, atMs: number): void {
    const { metadata } = headers;
    viewer.sink.cork();
    if (metadata !== undefined) viewer.sink.write(this.#message(DATA, metadata, 0));
    this.repeatHeaders(viewer, headers, atMs);
    viewer.sink.uncork();
  }

  repeatHeaders(viewer: Viewer, headers: StreamHeaders, atMs: number): void {
    if (headers.audio !== undefined) viewer.sink.write(this.#message(AUDIO, headers.audio.payload, atMs));
    if (headers.video !== undefined) viewer.sink.write(this.#message(VIDEO, headers.video.payload, atMs));
  }

  writeShared(viewer: Viewer, from: number, to: number): void {
    viewer.sink.write(this.log.bytesBetween(from, to));
  }

  writeOwn(viewer: Viewer, from: number, to: number): void {
    const pieces: Buffer[] = [];
    let shared = from;
    for (let at = from; at < to && (viewer.needs & (AUDIO | VIDEO)) !== 0; at++) {
      const entry = this.log.entry(at);
      if ((viewer.needs & entry.kind) === 0) continue;
      pieces.push(...this.log.slices(shared, at), ...this.#anchored(entry, viewer.baseMs));
      viewer.needs &= ~entry.kind;
      shared = at + 1;
    }
    pieces.push(...this.log.slices(shared, to));
    writeAll(viewer, pieces);
  }

  end(): void {
    // A player is told by its session, if at all.
  }

  /** Time since the previous message of the track; -1 if the message has to carry absolute time. */
  #deltaFrom(lastMs: number, timestampMs: number): number {
    if (lastMs < 0) return 0;
    return timestampMs >= lastMs ? timestampMs - lastMs : -1;
  }

  #append(kind: EntryKind, payload: Buffer, timestampMs: number, isHeader: boolean, delta: number): void {
    const csid = csidOf(kind);
    const fmt = delta < 0 ? 0 : 1;
    const time = delta < 0 ? timestampMs : delta;
    const headerSize = messageHeaderSize(fmt, csid, time);
    const extended = extendedTimestampOf(time);
    const size = headerSize + chunkedSize(payload.length, this.#chunkSize, csid, extended);
    const { page, offset } = this.log.reserve(size);
    if (fmt === 0)
      writeMessageHeader0(page, offset, csid, time, payload.length, typeIdOf(kind), MESSAGE_STREAM_ID);
    else writeMessageHeader1(page, offset, csid, time, payload.length, typeIdOf(kind));
    writeChunkedPayload(page, offset + headerSize, payload, csid, this.#chunkSize, extended);
    this.log.commit(size, headerSize, kind, isHeader, timestampMs);
  }

  /** Goes before its message, and with it: whoever starts there has both. */
  #appendMark(mark: SegmentMark, timestampMs: number): void {
    const bytes = this.#message(DATA, encodeSegmentMark(mark), 0);
    const { page, offset } = this.log.reserve(bytes.length);
    page.set(bytes, offset);
    this.log.commit(bytes.length, messageHeaderSize(0, DATA_CSID, 0), DATA, true, timestampMs);
  }

  /** A whole message with absolute time, for one viewer. */
  #message(kind: EntryKind, payload: Buffer, timestampMs: number): Buffer {
    const csid = csidOf(kind);
    const headerSize = messageHeaderSize(0, csid, timestampMs);
    const extended = extendedTimestampOf(timestampMs);
    const bytes = Buffer.allocUnsafe(
      headerSize + chunkedSize(payload.length, this.#chunkSize, csid, extended),
    );
    writeMessageHeader0(bytes, 0, csid, timestampMs, payload.length, typeIdOf(kind), MESSAGE_STREAM_ID);
    writeChunkedPayload(bytes, headerSize, payload, csid, this.#chunkSize, extended);
    return bytes;
  }

  /** The entry with absolute time: a header of the viewer's own before the shared payload. */
  #anchored(entry: PreparedEntry, baseMs: number): Buffer[] {
    const timestampMs = Math.max(0, entry.timestampMs - Math.max(0, baseMs));
    const body = entry.page.subarray(entry.offset + entry.headerSize, entry.offset + entry.size);
    const length = entry.page.readUIntBE(entry.offset + 4, 3);
    const sharedHasExtended = entry.page.readUIntBE(entry.offset + 1, 3) === EXTENDED_TIMESTAMP;
    // Every type-3 header of a message repeats the message's extended timestamp: the shared ones do not fit.
    if (length > this.#chunkSize && (sharedHasExtended || timestampMs >= EXTENDED_TIMESTAMP)) {
      const payload = this.#unchunked(body, length, sharedHasExtended ? 5 : 1);
      return [this.#message(entry.kind, payload, timestampMs)];
    }
    const csid = csidOf(entry.kind);
    const header = Buffer.allocUnsafe(messageHeaderSize(0, csid, timestampMs));
    writeMessageHeader0(header, 0, csid, timestampMs, length, typeIdOf(entry.kind), MESSAGE_STREAM_ID);
    return [header, body];
  }

  #unchunked(body: Buffer, length: number, type3Size: number): Buffer {
    const payload = Buffer.allocUnsafe(length);
    let from = 0;
    for (let at = 0; at < length; at += this.#chunkSize) {
      if (at > 0) from += type3Size;
      from += body.copy(payload, at, from, from + Math.min(this.#chunkSize, length - at));
    }
    return payload;
  }
}

function writeAll(viewer: Viewer, pieces: readonly Buffer[]): void {
  viewer.sink.cork();
  for (const piece of pieces) viewer.sink.write(piece);
  viewer.sink.uncork();
}
