// Writes into a Buffer that grows, big-endian. For messages built once in a while; the per-frame paths write into
// Buffers of known size themselves.

import { NO_BYTES } from './no-bytes.ts';

const INITIAL_SIZE = 256;
const MIN_GROWTH = 256;

/** Collects bytes; `take()` hands them over and starts anew. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialSize: number = INITIAL_SIZE) {
    this.#bytes = initialSize > 0 ? Buffer.allocUnsafe(initialSize) : NO_BYTES;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#advance(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#advance(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  i16(value: number): void {
    const at = this.#advance(2);
    this.#bytes.writeInt16BE(value, at);
  }

  u24(value: number): void {
    const at = this.#advance(3);
    this.#bytes.writeUIntBE(value, at, 3);
  }

  u32(value: number): void {
    const at = this.#advance(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  f64(value: number): void {
    const at = this.#advance(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  /** The UTF-8 bytes of `text`, without any length before them. */
  utf8(text: string): void {
    const size = Buffer.byteLength(text, 'utf8');
    const at = this.#advance(size);
    this.#bytes.write(text, at, size, 'utf8');
  }

  copy(bytes: Uint8Array): void {
    const at = this.#advance(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** All bytes written so far; they belong to the caller, the writer starts again with none. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = NO_BYTES;
    this.#length = 0;
    return taken;
  }

  #advance(length: number): number {
    const at = this.#length;
    if (at + length > this.#bytes.length) this.#grow(at + length);
    this.#length = at + length;
    return at;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, MIN_GROWTH));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
