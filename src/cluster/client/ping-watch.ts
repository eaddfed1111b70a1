// Whether the server that takes a stream is still there. A host that vanishes says nothing, and the kernel takes bytes
// for it for minutes; so it is pinged, which RTMP servers answer (RTMP 1.0, 7.1.7). One that never has answered is
// left alone.

import type { UpstreamClient } from './rtmp-client.ts';

const PING_MS = 1000;
/** A server that answered before and has said nothing for so long is gone (SRS: 30 s and more), ms. */
export const PING_TIMEOUT_MS = 5000;

export type PingedClient = Pick<UpstreamClient, 'receivedBytes' | 'answeredPings' | 'ping'>;

export class PingWatch {
  readonly #client: PingedClient;
  readonly #onDead: () => void;
  readonly #timer: NodeJS.Timeout;
  #receivedBytes = 0;
  #silentMs = 0;

  /** @param onDead may be called every second until the watch is closed */
  constructor(client: PingedClient, onDead: () => void) {
    this.#client = client;
    this.#onDead = onDead;
    this.#timer = setInterval(() => this.#tick(), PING_MS);
    client.ping();
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Any byte is a sign of life: on a slow line the answers come late, but they come. */
  #tick(): void {
    const { receivedBytes, answeredPings } = this.#client;
    this.#silentMs = receivedBytes === this.#receivedBytes ? this.#silentMs + PING_MS : 0;
    this.#receivedBytes = receivedBytes;
    if (answeredPings > 0 && this.#silentMs >= PING_TIMEOUT_MS) this.#onDead();
    else this.#client.ping();
  }
}
