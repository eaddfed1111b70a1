// Everybody here who waits for a stream or watches it, so that a reload can seat them anew: their vhost may have become
// an edge, or may be none any more.

import type { RtmpUrl } from '../protocol/rtmp/url.ts';
import type { Stream } from '../stream/stream.ts';

/** @returns what to call when the viewer has left; twice is fine */
export type JoinStream = (stream: Stream, url: RtmpUrl) => () => void;

interface Seat {
  readonly stream: Stream;
  readonly url: RtmpUrl;
  leave: () => void;
}

export class ViewerSeats {
  readonly #join: JoinStream;
  readonly #seats = new Set<Seat>();

  constructor(join: JoinStream) {
    this.#join = join;
  }

  /** As JoinStream. */
  take(stream: Stream, url: RtmpUrl): () => void {
    const seat: Seat = { stream, url, leave: this.#join(stream, url) };
    this.#seats.add(seat);
    return () => {
      if (this.#seats.delete(seat)) seat.leave();
    };
  }

  /** The viewers of a vhost join again, whoever feeds their streams now. */
  reseat(vhost: string): void {
    for (const seat of this.#seats) {
      if (seat.stream.id.vhost !== vhost) continue;
      seat.leave();
      seat.leave = this.#join(seat.stream, seat.url);
    }
  }
}
