// Tells whether a sequence header differs from the one before: only then does a segment not continue the last one.
// SRS marks a discontinuity for every header in mid-stream; encoders that repeat theirs with each key frame would
// make players start their decoders anew with every segment.

import type { MediaMessage } from '../../media/message.ts';

export class HeaderWatch {
  readonly #last = new Map<MediaMessage['track'], Buffer>();

  /** Remembers the header. False for the first one of a track. */
  isChange(header: MediaMessage): boolean {
    const last = this.#last.get(header.track);
    if (last?.equals(header.payload) === true) return false;
    this.#last.set(header.track, Buffer.from(header.payload));
    return last !== undefined;
  }
}
