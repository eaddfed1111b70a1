// What one AMF message may cost. SRS has no such limits, and 20,000 nested objects (140 kB, before any login)
// overflow its stack.

import { ProtocolError } from '../error.ts';

/** Objects and arrays inside each other; real clients nest 3 deep. */
export const MAX_DEPTH = 32;

/** Values and properties of one message: metadata with a key-frame index of ten hours has 40,000. */
export const MAX_VALUES = 100_000;

/** Characters that AMF3 references may repeat: a 2-byte reference must not stand for 64 KiB again and again. */
const MAX_REFERRED_CHARS = 1024 * 1024;

/** What is left of the limits while one message is decoded. */
export class DecodeBudget {
  #values = MAX_VALUES;
  #referredChars = MAX_REFERRED_CHARS;

  /** Before each value. Throws ProtocolError when the message is over a limit. */
  spendValue(depth: number): void {
    if (depth > MAX_DEPTH) throw new ProtocolError('amf0TooDeep', `amf0: more than ${MAX_DEPTH} levels`);
    if (--this.#values < 0) throw new ProtocolError('amf0TooMany', `amf0: more than ${MAX_VALUES} values`);
  }

  /** Before each string that is only referred to. */
  spendReferredChars(count: number): void {
    this.#referredChars -= count;
    if (this.#referredChars < 0) throw new ProtocolError('amf0TooMany', 'amf3: too much text by reference');
  }
}
