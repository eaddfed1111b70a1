// Codecs whose FLV payload is the elementary stream already: MP3.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import type { ElementaryFraming } from './elementary-framing.ts';

/** Passes frames on as they are. */
export class RawFraming implements ElementaryFraming {
  readonly isConfigured = true;
  #payload = NO_BYTES;
  #start = 0;

  configure(): boolean {
    return true;
  }

  plan(payload: Buffer, offset: number): number {
    this.#payload = payload;
    this.#start = offset;
    return payload.length - offset;
  }

  write(target: Buffer, offset: number): void {
    this.#payload.copy(target, offset, this.#start);
    this.#payload = NO_BYTES;
  }
}
