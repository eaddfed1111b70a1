// Reads the sockets of RTMP peers. Publishers with merged read (`publish { mr on; }`) are read in slices: what arrives
// meanwhile waits in the kernel and costs one read event instead of many.

import type { Socket } from 'node:net';
import { SlotClocks, type SlotTask } from '../../timing/slot-clock.ts';
import { type BytesTaker, READ_SIZE, readShared } from '../shared-read.ts';

/** All connections of a slot are read in the same turn of the event loop. */
const sliceClocks = new SlotClocks();

/** Gets the bytes in order, lent until it returns. */
export interface BytesReceiver {
  receive(bytes: Buffer): void;
}

export class SocketReader implements SlotTask, BytesTaker {
  /** The connection that was accepted, in the socket that it is used with from now on. */
  readonly socket: Socket;
  readonly load = 1;
  readonly #receiver: BytesReceiver;
  #sliceMs = 0;
  /** Takes the reader off its clock; undefined: no slices. */
  #leaveClock: (() => void) | undefined;

  /** @param accepted a socket that has not been read from (`pauseOnConnect`); of no use afterwards */
  constructor(accepted: Socket, receiver: BytesReceiver) {
    this.#receiver = receiver;
    this.socket = readShared(accepted, this);
  }

  /** Reads at most once per slice from now on, ms; 0 = as data comes. */
  setSlice(sliceMs: number): void {
    if (sliceMs === this.#sliceMs) return;
    this.close();
    this.#sliceMs = sliceMs;
    if (sliceMs > 0) this.#leaveClock = sliceClocks.get(sliceMs).add(this);
    else this.socket.resume();
  }

  /** No more slices. May be called twice. */
  close(): void {
    this.#leaveClock?.();
    this.#leaveClock = undefined;
  }

  /** Its turn: what has come meanwhile is read. */
  run(): void {
    if (!this.socket.destroyed) this.socket.resume();
  }

  take(bytes: Buffer): boolean {
    this.#receiver.receive(bytes);
    return this.#leaveClock === undefined || bytes.length === READ_SIZE;
  }
}
