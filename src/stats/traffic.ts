// Bytes in and out of a connection, and of what it belongs to: its stream, the stream's vhost, the server.
//
//   socket totals --every 3 s and at close--> connection --difference--> stream --> vhost --> server

import { Bitrate } from './bitrate.ts';

/** Counts for one node of that chain. Directions are the server's: publishers' bytes are received. */
export class Traffic {
  /** Takes the differences on, from now on. It may change: a connection finds its stream after its handshake. */
  parent: Traffic | undefined;
  readonly received: Bitrate;
  readonly sent: Bitrate;
  #receivedBytes = 0;
  #sentBytes = 0;
  /** What the socket said last. */
  #socketReceived = 0;
  #socketSent = 0;

  constructor(nowMs: number, parent?: Traffic) {
    this.parent = parent;
    this.received = new Bitrate(nowMs);
    this.sent = new Bitrate(nowMs);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** For a connection: `bytesRead` and `bytesWritten` of its socket. What is new is added here and upwards. */
  update(socketReceived: number, socketSent: number): void {
    const received = socketReceived - this.#socketReceived;
    const sent = socketSent - this.#socketSent;
    this.#socketReceived = socketReceived;
    this.#socketSent = socketSent;
    if (received !== 0 || sent !== 0) this.add(received, sent);
  }

  /** For bytes that no socket of its own counts, say those of a downloaded segment. */
  add(receivedBytes: number, sentBytes: number): void {
    for (let node: Traffic | undefined = this; node !== undefined; node = node.parent) {
      node.#receivedBytes += receivedBytes;
      node.#sentBytes += sentBytes;
    }
  }

  /** Brings the rates up to date; every 3 s, after all `update`s of that tick. */
  sample(nowMs: number): void {
    this.received.sample(this.#receivedBytes, nowMs);
    this.sent.sample(this.#sentBytes, nowMs);
  }
}
