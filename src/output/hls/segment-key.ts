// Keys for segments, AES-128 in CBC mode (RFC 8216 4.3.2.4, spec http-delivery 3.6).

import { type Cipheriv, createCipheriv } from 'node:crypto';

/** A key and where players find it. */
export interface SegmentKey {
  /** The segment that it was made for: its number is in the name. */
  readonly sequence: number;
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly uri: string;
}

const SIZE = 16;

/** Hands out the key of each segment, a new one for every `fragmentsPerKey`th number. */
export class SegmentKeys {
  readonly #fragmentsPerKey: number;
  readonly #randomBytes: (size: number) => Buffer;
  #current: SegmentKey | undefined;

  constructor(fragmentsPerKey: number, randomBytes: (size: number) => Buffer) {
    this.#fragmentsPerKey = Math.max(1, fragmentsPerKey);
    this.#randomBytes = randomBytes;
  }

  /** The key that holds for a segment, undefined if a new one is due. */
  currentFor(sequence: number): SegmentKey | undefined {
    const current = this.#current;
    if (current === undefined || current.sequence > sequence) return undefined;
    const group = (number: number) => Math.floor(number / this.#fragmentsPerKey);
    return group(current.sequence) === group(sequence) ? current : undefined;
  }

  /** Makes a new key for this segment and those that follow. */
  create(sequence: number, uri: string): SegmentKey {
    this.#current = { sequence, key: this.#randomBytes(SIZE), iv: this.#randomBytes(SIZE), uri };
    return this.#current;
  }

  /** The key could not be stored: nobody could play what it encrypts. */
  forget(): void {
    this.#current = undefined;
  }
}

/** A cipher for one segment: `update` for its bytes in order, `final` for the padding. */
export function segmentCipher({ key, iv }: SegmentKey): Cipheriv {
  return createCipheriv('aes-128-cbc', key, iv);
}

/** As the playlist writes it. */
export function ivHex({ iv }: SegmentKey): string {
  return iv.toString('hex').toUpperCase();
}
