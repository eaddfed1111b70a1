// The bytes of one stream in one wire format, written once and shared by every viewer. Messages are appended
// to pages; a viewer is just a sequence number that moves along. Bytes in the log never change.

import { NO_BYTES } from '../bytes/no-bytes.ts';

/** Bits that tell kinds of entries apart; several may be or-ed together. */
export const AUDIO = 1;
export const VIDEO = 2;
export const DATA = 4;

export type EntryKind = typeof AUDIO | typeof VIDEO | typeof DATA;

/** One prepared message. */
export interface PreparedEntry {
  readonly page: Buffer;
  readonly offset: number;
  readonly size: number;
  /** Bytes before the format's own: chunk header, or the framing before a tag or packet. */
  readonly headerSize: number;
  readonly kind: EntryKind;
  readonly isHeader: boolean;
  /** Stream time, ms. */
  readonly timestampMs: number;
  /** Bytes of all entries before this one, since the log began. */
  readonly position: number;
}

const MIN_PAGE_SIZE = 8 * 1024;
const MAX_PAGE_SIZE = 512 * 1024;
/** A page should last that long, so that nearly every flush is one slice of one page. */
const PAGE_DURATION_MS = 2000;

export class PreparedLog {
  #entries: PreparedEntry[] = [];
  #first = 0;
  #page = NO_BYTES;
  #pageEnd = 0;
  #pageStartMs = 0;
  #pageSize = MIN_PAGE_SIZE;
  #position = 0;
  #lastTimestampMs = 0;
  #lastBatch: { from: number; to: number; bytes: Buffer } = { from: 0, to: 0, bytes: NO_BYTES };

  /** Sequence number of the oldest entry that is still there. */
  get first(): number {
    return this.#first;
  }

  /** Sequence number that the next entry will get. */
  get end(): number {
    return this.#first + this.#entries.length;
  }

  /** Stream time of the newest entry with media, ms. */
  get lastTimestampMs(): number {
    return this.#lastTimestampMs;
  }

  /** Bytes appended since the log began. */
  get position(): number {
    return this.#position;
  }

  /** The entry with this sequence number, first <= sequence < end. */
  entry(sequence: number): PreparedEntry {
    return this.#entries[sequence - this.#first] as PreparedEntry;
  }

  /** Room for one message of at most `maxSize` bytes; write there, then `commit`. */
  reserve(maxSize: number): { readonly page: Buffer; readonly offset: number } {
    if (this.#pageEnd + maxSize > this.#page.length) this.#openPage(maxSize);
    return { page: this.#page, offset: this.#pageEnd };
  }

  /** Makes the `size` bytes just written at the reserved place an entry. */
  commit(size: number, headerSize: number, kind: EntryKind, isHeader: boolean, timestampMs: number): void {
    this.#entries.push({
      page: this.#page,
      offset: this.#pageEnd,
      size,
      headerSize,
      kind,
      isHeader,
      timestampMs,
      position: this.#position,
    });
    this.#pageEnd += size;
    this.#position += size;
    if (kind !== DATA) this.#lastTimestampMs = timestampMs;
  }

  /** Bytes of the entries from..to. */
  sizeBetween(from: number, to: number): number {
    if (from >= to) return 0;
    const end = to === this.end ? this.#position : this.entry(to).position;
    return end - this.entry(from).position;
  }

  /** Kinds that occur in from..to, or-ed. */
  kindsBetween(from: number, to: number): number {
    let kinds = 0;
    for (let sequence = from; sequence < to; sequence++) kinds |= this.entry(sequence).kind;
    return kinds;
  }

  /** The bytes of the entries from..to, as few slices as their pages allow (nearly always one). */
  slices(from: number, to: number): Buffer[] {
    const slices: Buffer[] = [];
    let at = from;
    while (at < to) {
      const head = this.entry(at);
      let end = head.offset;
      while (at < to && this.entry(at).page === head.page) {
        end = this.entry(at).offset + this.entry(at).size;
        at++;
      }
      slices.push(head.page.subarray(head.offset, end));
    }
    return slices;
  }

  /**
   * The bytes of the entries from..to as one Buffer: part of a page, or a copy where they cross into the next. Asked
   * again for the same entries, as in a flush to many viewers, it is the same Buffer.
   */
  bytesBetween(from: number, to: number): Buffer {
    const last = this.#lastBatch;
    if (last.from === from && last.to === to) return last.bytes;
    const slices = this.slices(from, to);
    const bytes = slices.length === 1 ? (slices[0] as Buffer) : Buffer.concat(slices);
    this.#lastBatch = { from, to, bytes };
    return bytes;
  }

  /** The sequence number behind as many entries from `from` on as fit `maxBytes`, at least one. */
  limit(from: number, maxBytes: number): number {
    const { end } = this;
    if (this.sizeBetween(from, end) <= maxBytes) return end;
    const start = this.entry(from).position;
    let to = from + 1;
    while (to < end && this.entry(to).position + this.entry(to).size - start <= maxBytes) to++;
    return to;
  }

  /** Forgets the entries before `sequence`; their pages go once nobody's socket holds them. */
  trim(sequence: number): void {
    const count = Math.min(sequence, this.end) - this.#first;
    if (count <= 0) return;
    this.#entries.splice(0, count);
    this.#first += count;
  }

  #openPage(maxSize: number): void {
    const durationMs = this.#lastTimestampMs - this.#pageStartMs;
    if (durationMs < PAGE_DURATION_MS / 2) this.#pageSize = Math.min(this.#pageSize * 2, MAX_PAGE_SIZE);
    else if (durationMs > PAGE_DURATION_MS * 2) this.#pageSize = Math.max(this.#pageSize / 2, MIN_PAGE_SIZE);
    this.#pageStartMs = this.#lastTimestampMs;
    this.#page = Buffer.allocUnsafeSlow(Math.max(this.#pageSize, maxSize));
    this.#pageEnd = 0;
  }
}
