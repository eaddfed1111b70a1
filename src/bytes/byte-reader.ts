// A cursor over a Buffer, big-endian unless the name says otherwise. It checks the bounds of every read, so that
// parsers above it need not.

/** More bytes were asked for than there are. */
export class NotEnoughBytesError extends Error {
  readonly needed: number;
  readonly left: number;

  constructor(needed: number, left: number) {
    super(`need ${needed} bytes, only ${left} left`);
    this.name = 'NotEnoughBytesError';
    this.needed = needed;
    this.left = left;
  }
}

/** Reads `bytes` from `offset` on. Every read throws NotEnoughBytesError past the end and then moves nothing. */
export class ByteReader {
  readonly bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes;
    this.#offset = offset;
  }

  /** Where the next read starts in `bytes`. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.bytes.length - this.#offset;
  }

  peekU8(): number {
    this.#require(1);
    return this.bytes[this.#offset]!;
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.#advance(2));
  }

  i16(): number {
    return this.bytes.readInt16BE(this.#advance(2));
  }

  u24(): number {
    return this.bytes.readUIntBE(this.#advance(3), 3);
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.#advance(4));
  }

  i32(): number {
    return this.bytes.readInt32BE(this.#advance(4));
  }

  f64(): number {
    return this.bytes.readDoubleBE(this.#advance(8));
  }

  /** `length` bytes as UTF-8; what is no UTF-8 becomes U+FFFD. */
  utf8(length: number): string {
    const from = this.#advance(length);
    return this.bytes.toString('utf8', from, from + length);
  }

  /** A view of the next `length` bytes. */
  view(length: number): Buffer {
    const from = this.#advance(length);
    return this.bytes.subarray(from, from + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    this.#require(length);
    const from = this.#offset;
    this.#offset = from + length;
    return from;
  }

  #require(length: number): void {
    if (length > this.left) throw new NotEnoughBytesError(length, this.left);
  }
}
