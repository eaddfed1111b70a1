// Reads sockets into one buffer that all of them share: a read event ends before the next one begins, and whoever
// takes the bytes copies what it keeps of them.
//
// Measured with 500 publishers of 8 writes a second: Node's own way, a new 64 KB slab for each read, cost a read
// three times the user time, and the garbage collector as much again, which takes slabs for a growing heap.

import { Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes read at a time. A read that fills it has left more in the kernel. */
export const READ_SIZE = 65_536;

const readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** Gets what is read, in order and lent until it returns; false stops reading until the socket's `resume`. */
export interface BytesTaker {
  take(bytes: Buffer): boolean;
}

/**
 * Moves a connection into a socket with `onread`, which net.Server has no option for: the handle changes hands, as
 * it does between the processes of a cluster.
 * @param accepted a socket of which nothing has been read yet; of no use afterwards
 * @returns the socket that the connection is used with from now on
 */
export function readShared(accepted: Socket, taker: BytesTaker): Socket {
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle;
  if (handle === null) return accepted; // closed already
  owner._handle = null;
  accepted.destroy();
  const callback = (size: number): boolean => taker.take(readBuffer.subarray(0, size));
  const { allowHalfOpen } = accepted;
  const options = { handle, allowHalfOpen, onread: { buffer: readBuffer, callback } };
  return new Socket(options as unknown as SocketConstructorOpts);
}
