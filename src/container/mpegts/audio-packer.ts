// Several audio frames in one PES packet: for streams of audio only, where a PES and its stuffing for each frame
// would nearly double the bytes. SRS packs 720 ms; here a packet ends early enough for the clock that each one carries.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import type { ElementaryFraming } from './elementary-framing.ts';
import { TICKS_PER_MS } from './ts-packet.ts';

/** The next packet must start within that time: the longest distance between two clock references, 2.7.2. */
const MAX_DISTANCE = 100 * TICKS_PER_MS;
const INITIAL_SIZE = 4096;

/** Collects frames. Bytes taken out are valid until the next `add`. */
export class AudioPacker {
  #bytes = NO_BYTES;
  #size = 0;
  #start = 0;
  #last = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Time of the first frame, ticks of 1/90000 s. */
  get start(): number {
    return this.#start;
  }

  /**
   * Adds the frame that `framing` has planned, `size` bytes.
   * @returns true if the packet should be sent now, because the frame after the next one would be too late
   */
  add(framing: ElementaryFraming, size: number, pts: number): boolean {
    const isFirst = this.#size === 0;
    const step = pts - this.#last;
    if (isFirst) this.#start = pts;
    this.#last = pts;
    this.#grow(this.#size + size);
    framing.write(this.#bytes, this.#size);
    this.#size += size;
    // A first frame knows no step of its own packet, but frames are of equal length: it takes the last one.
    return step < 0 || pts + 2 * step - this.#start > MAX_DISTANCE;
  }

  /** The collected frames; the packer is empty then. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#size);
    this.#size = 0;
    return taken;
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(size * 2, INITIAL_SIZE));
    this.#bytes.copy(grown, 0, 0, this.#size);
    this.#bytes = grown;
  }
}
