// The source as one stretch of ready RTMP chunks, laid out once and shared by all publishers of a process:
// before a piece is sent, its timestamps and stamps are patched in place.

import { CHUNK_HEADER_BYTES, encodeChunks, patchChunkTimestamp } from '../wire/chunk-writer.ts';
import type { SourceTag } from './flv-file.ts';
import { insertStamp, STAMP_AT, writeStamp } from './stamp.ts';

const TYPES = { audio: 8, video: 9, metadata: 18 } as const;
const CHUNK_STREAMS = { audio: 4, video: 6, metadata: 5 } as const;
const TYPE_SET_CHUNK_SIZE = 1;
const NO_STAMP = -1;

export interface TapeEntry {
  readonly type: SourceTag['type'];
  readonly timestampMs: number;
  readonly start: number;
  readonly end: number;
  readonly bodyBytes: number;
  /** Offset of the stamp's time in the tape, or -1. */
  readonly stampAt: number;
}

export interface Tape {
  /** Chunk size, metadata and sequence headers: sent once, at the start. */
  readonly preamble: Buffer;
  readonly preambleBodyBytes: number;
  readonly entries: readonly TapeEntry[];
  /** Length of one round, ms: the next round's timestamps go on from here. */
  readonly roundMs: number;
  readonly bodyBytesPerRound: number;
  readonly largestGapMs: { readonly audio: number; readonly video: number };
}

export interface TapeBytes {
  readonly tape: Tape;
  readonly bytes: Buffer;
}

export function buildTape(tags: readonly SourceTag[], streamId: number, chunkSizeBytes: number): TapeBytes {
  const opening = tags.filter((tag) => tag.type === 'metadata' || tag.isSequenceHeader);
  const coded = tags.filter((tag) => tag.type !== 'metadata' && !tag.isSequenceHeader);
  if (coded.length === 0) throw new Error('the source file holds no media');
  const roundMs = roundLengthMs(coded);
  const firstMs = coded[0]!.timestampMs;
  const media = coded.filter((tag) => tag.timestampMs < firstMs + roundMs);
  const entries: TapeEntry[] = [];
  const parts: Buffer[] = [];
  let start = 0;
  for (const tag of media) {
    const { bytes, entry } = layOut(tag, start, streamId, chunkSizeBytes);
    parts.push(bytes);
    entries.push(entry);
    start = entry.end;
  }
  const tape: Tape = {
    preamble: Buffer.concat([
      setChunkSize(chunkSizeBytes),
      ...opening.map((tag) => encodeTag(tag, streamId, chunkSizeBytes)),
    ]),
    preambleBodyBytes: opening.reduce((sum, tag) => sum + tag.body.length, 0),
    entries,
    roundMs,
    bodyBytesPerRound: entries.reduce((sum, entry) => sum + entry.bodyBytes, 0),
    largestGapMs: {
      audio: largestGap(entries, 'audio', roundMs),
      video: largestGap(entries, 'video', roundMs),
    },
  };
  return { tape, bytes: Buffer.concat(parts) };
}

/** Media bytes of one stream, without framing. */
export function publishedBytesPerSec(tape: Tape): number {
  return (tape.bodyBytesPerRound / tape.roundMs) * 1000;
}

/** Writes the times of one entry: the message's own, and the stamp if it has one. */
export function patchEntry(bytes: Buffer, entry: TapeEntry, timestampMs: number, timeUs: number): void {
  patchChunkTimestamp(bytes, entry.start, timestampMs);
  if (entry.stampAt !== NO_STAMP) writeStamp(bytes, entry.stampAt, timeUs);
}

function layOut(
  tag: SourceTag,
  start: number,
  streamId: number,
  chunkSizeBytes: number,
): { bytes: Buffer; entry: TapeEntry } {
  const isStamped = tag.type === 'video' && (tag.body[0]! & 0x8f) === 7;
  const body = isStamped ? insertStamp(tag.body) : tag.body;
  const bytes = encodeTag({ ...tag, body }, streamId, chunkSizeBytes);
  const entry: TapeEntry = {
    type: tag.type,
    timestampMs: tag.timestampMs,
    start,
    end: start + bytes.length,
    bodyBytes: body.length,
    stampAt: isStamped ? start + CHUNK_HEADER_BYTES + STAMP_AT : NO_STAMP,
  };
  return { bytes, entry };
}

function encodeTag(tag: SourceTag, streamId: number, chunkSizeBytes: number): Buffer {
  const { timestampMs, body } = tag;
  return encodeChunks(
    { chunkStreamId: CHUNK_STREAMS[tag.type], type: TYPES[tag.type], streamId, timestampMs, body },
    chunkSizeBytes,
  );
}

function setChunkSize(chunkSizeBytes: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(chunkSizeBytes);
  return encodeChunks(
    { chunkStreamId: 2, type: TYPE_SET_CHUNK_SIZE, streamId: 0, timestampMs: 0, body },
    128,
  );
}

/** To the end of the last video frame: audio beyond it would run into the next round. */
function roundLengthMs(tags: readonly SourceTag[]): number {
  const track = tags.some((tag) => tag.type === 'video') ? 'video' : 'audio';
  const times = tags.filter((tag) => tag.type === track).map((tag) => tag.timestampMs);
  const [first, last] = [times[0]!, times.at(-1)!];
  return times.length > 1
    ? Math.round(((last - first) * times.length) / (times.length - 1))
    : last - first + 1;
}

function largestGap(entries: readonly TapeEntry[], type: 'audio' | 'video', roundMs: number): number {
  const times = entries.filter((entry) => entry.type === type).map((entry) => entry.timestampMs);
  if (times.length === 0) return 0;
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  return Math.max(...steps, times[0]! + roundMs - times.at(-1)!);
}
