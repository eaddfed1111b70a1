// Reads the sockets of RTMP peers into one buffer that all of them share: a read event ends before the next one
// begins, and the session keeps nothing of the bytes it is lent. Publishers with merged read (`publish { mr on; }`)
// are read in slices: what arrives meanwhile waits in the kernel and costs one read event instead of many.
//
// Measured with 500 publishers of 8 writes a second: Node's own way, a new 64 KB slab for each read, cost a read
// three times the user time, and the garbage collector as much again, which takes slabs for a growing heap.

import { Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes read at a time. A read that fills it has left more in the kernel. */
const READ_SIZE = 65_536;

const readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** Returns false to stop reading until `resume`. */
type ReadCallback = (size: number) => boolean;

export class SocketReader {
  /** The connection that was accepted, in the socket that it is used with from now on. */
  readonly socket: Socket;
  readonly #onBytes: (bytes: Buffer) => void;
  #sliceMs = 0;
  #timer: NodeJS.Timeout | undefined;

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
    this.#sliceMs = sliceMs;
    if (sliceMs === 0 && this.#timer !== undefined) {
      this.#stopTimer();
      this.socket.resume();
    }
  }

  /** May be called twice. */
  close(): void {
    this.#stopTimer();
  }

  #take(size: number): boolean {
    this.#onBytes(readBuffer.subarray(0, size));
    if (this.#sliceMs === 0 || size === READ_SIZE || this.socket.destroyed) return true;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.socket.resume();
    }, this.#sliceMs);
    return false;
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
