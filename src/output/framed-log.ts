// A prepared log whose entries are bodies in their framing: the part that live HTTP formats share.

import { NO_BYTES } from '../bytes/no-bytes.ts';
import { type BodyFraming, framed } from './body-framing.ts';
import { type EntryKind, PreparedLog } from './prepared-log.ts';
import type { Viewer } from './viewer.ts';

export class FramedLog {
  readonly log = new PreparedLog();
  readonly #framing: BodyFraming;
  #headSize = 0;
  #page: Buffer = NO_BYTES;
  #offset = 0;

  constructor(framing: BodyFraming) {
    this.#framing = framing;
  }

  /** Room for a body: write it there, then `commit`. */
  reserve(bodySize: number): { readonly page: Buffer; readonly offset: number } {
    this.#headSize = this.#framing.headSize(bodySize);
    const { page, offset } = this.log.reserve(this.#headSize + bodySize + this.#framing.tailSize);
    this.#page = page;
    this.#offset = offset;
    return { page, offset: offset + this.#headSize };
  }

  /** Makes the body just written an entry. */
  commit(bodySize: number, kind: EntryKind, timestampMs: number, isHeader = false): void {
    this.#framing.write(this.#page, this.#offset, bodySize);
    const size = this.#headSize + bodySize + this.#framing.tailSize;
    this.log.commit(size, this.#headSize, kind, isHeader, timestampMs);
  }

  /** The body of an entry. */
  body(sequence: number): Buffer {
    const { page, offset, headerSize, size } = this.log.entry(sequence);
    return page.subarray(offset + headerSize, offset + size - this.#framing.tailSize);
  }

  /** Sends a body that only this viewer gets. */
  writeBody(viewer: Viewer, body: Buffer): void {
    viewer.sink.write(framed(this.#framing, body));
  }

  /** Sends the entries from..to as they are. */
  write(viewer: Viewer, from: number, to: number): void {
    viewer.sink.write(this.log.bytesBetween(from, to));
  }

  writeEnd(viewer: Viewer): void {
    if (this.#framing.end !== undefined) viewer.sink.write(this.#framing.end);
  }
}
