// Long lists of 32-bit numbers for sample tables: four bytes each, ready to be written.

const FIRST_CAPACITY = 256;

export class NumberList {
  #values = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends the low 32 bits. */
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** All of them, big-endian. */
  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.#length * 4);
    for (let index = 0; index < this.#length; index++) bytes.writeUInt32BE(this.#values[index]!, index * 4);
    return bytes;
  }
}

/** Equal numbers in a row as one entry: `stts` and `ctts` (ISO/IEC 14496-12, 8.6.1). */
export class RunList {
  readonly #pairs = new NumberList();
  #value = 0;
  #count = 0;

  push(value: number): void {
    if (this.#count > 0 && value !== this.#value) this.#endRun();
    this.#value = value;
    this.#count++;
  }

  /** Number of entries and the entries: how many, which number. */
  toBytes(): Buffer {
    if (this.#count > 0) this.#endRun();
    const head = Buffer.alloc(4);
    head.writeUInt32BE(this.#pairs.length / 2, 0);
    return Buffer.concat([head, this.#pairs.toBytes()]);
  }

  #endRun(): void {
    this.#pairs.push(this.#count);
    this.#pairs.push(this.#value >>> 0);
    this.#count = 0;
  }
}
