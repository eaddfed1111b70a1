// Bits, most significant first, and the Exp-Golomb codes of H.264 and H.265. Parameter sets come from anybody:
// past the end it reads zeros and says so, so that parsers need one check at their end instead of exceptions.

export class BitReader {
  readonly #bytes: Buffer;
  readonly #endBit: number;
  #bit: number;
  #hasOverrun = false;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#bit = offset * 8;
    this.#endBit = bytes.length * 8;
  }

  /** A read went past the end; everything since then is zeros. */
  get hasOverrun(): boolean {
    return this.#hasOverrun;
  }

  get bitsLeft(): number {
    return this.#endBit - this.#bit;
  }

  /** The next `count` bits, 0 to 32, as an unsigned number. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.#next();
    return value;
  }

  flag(): boolean {
    return this.#next() === 1;
  }

  skip(count: number): void {
    if (count > this.bitsLeft) this.#hasOverrun = true;
    this.#bit = Math.min(this.#bit + count, this.#endBit);
  }

  /** ue(v): unsigned Exp-Golomb code. H.264 9.1. Codes longer than 32 bits count as an overrun. */
  ue(): number {
    let zeros = 0;
    while (this.#next() === 0) {
      if (this.#hasOverrun || ++zeros > 32) {
        this.#hasOverrun = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): signed Exp-Golomb code. H.264 9.1.1. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #next(): number {
    if (this.#bit >= this.#endBit) {
      this.#hasOverrun = true;
      return 0;
    }
    const byte = this.#bytes[this.#bit >> 3]!;
    return (byte >> (7 - (this.#bit++ & 7))) & 1;
  }
}
