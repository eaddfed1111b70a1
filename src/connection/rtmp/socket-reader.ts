// Reads the sockets of RTMP peers into one buffer that all of them share: a read event ends before the next one
// begins, and the session keeps nothing of the bytes it is lent. Publishers with merged read (`publish { mr on; }`)
// are read in slices: what arrives meanwhile waits in the kernel and costs one read event instead of many.
//
// Measured with 500 publishers of 8 writes a second: Node's own way, a new 64 KB slab for each read, cost a read
// three times the user time, and the garbage collector as much again, which takes slabs for a growing heap.

import { Socket, type SocketConstructorOpts } from 'node:net';
import { SlotClocks, type SlotTask } from '../../timing/slot-clock.ts';

/** Bytes read at a time. A read that fills it has left more in the kernel. */
const READ_SIZE = 65_536;

const readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** All connections of a slot are read in the same turn of the event loop. */
const sliceClocks = new SlotClocks();

/** Returns false to stop reading until `resume`. */
type ReadCallback = (size: number) => boolean;

export class SocketReader implements SlotTask {
  /** The connection that was accepted, in the socket that it is used with from now on. */
  readonly socket: Socket;
  readonly load = 1;
  readonly #onBytes: (bytes: Buffer) => void;
  #sliceMs = 0;
  /** Takes the reader off its clock; undefined: no slices. */
  #leaveClock: (() => void) | undefined;

  /**
   * @param accepted a socket that has not been read from (`pauseOnConnect`); of no use afterwards
   * @param onBytes gets the bytes in order, lent until it returns
   */
  constructor(accepted: Socket, onBytes: (bytes: Buffer) => void) {
    this.#onBytes = onBytes;
    this.socket = moveTo(accepted, (size) => this.#take(size));
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

  #take(size: number): boolean {
    this.#onBytes(readBuffer.subarray(0, size));
    return this.#leaveClock === undefined || size === READ_SIZE;
  }
}

/**
 * Moves a connection into a socket with `onread`, which net.Server has no option for: the handle changes hands, as
 * it does between the processes of a cluster.
 */
function moveTo(accepted: Socket, callback: ReadCallback): Socket {
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle;
  if (handle === null) return accepted; // closed already
  owner._handle = null;
  accepted.destroy();
  const options = { handle, onread: { buffer: readBuffer, callback } };
  return new Socket(options as unknown as SocketConstructorOpts);
}
