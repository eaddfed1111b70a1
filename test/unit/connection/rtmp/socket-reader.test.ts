import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SocketReader } from '../../../../src/connection/rtmp/socket-reader.ts';
import { waitFor } from '../../../helpers/wait-for.ts';

/** Longer than the peer takes for its pieces by far, so that few reads mean slices and not a slow machine. */
const SLICE_MS = 400;
const PIECES = 50;

describe('merged read', () => {
  let server: Server;
  let peer: Socket;
  let reader: SocketReader;
  let reads: number;
  let received: Buffer;

  beforeEach(async () => {
    reads = 0;
    received = Buffer.alloc(0);
    server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
    peer.setNoDelay(true);
    const [socket] = (await accepted) as [Socket];
    reader = new SocketReader(socket, {
      receive: (bytes) => {
        reads++;
        received = Buffer.concat([received, bytes]);
      },
    });
    reader.socket.on('error', () => {});
    reader.socket.resume();
  });

  afterEach(() => {
    reader.close();
    reader.socket.destroy();
    peer.destroy();
    server.close();
  });

  /** Each piece leaves once the reader has the one before, or would have had it if it read at once. */
  async function sendPieces(isReadAtOnce: boolean): Promise<Buffer> {
    const pieces = Array.from({ length: PIECES }, (_, i) => Buffer.alloc(100, i));
    let sent = 0;
    for (const piece of pieces) {
      peer.write(piece);
      sent += piece.length;
      if (isReadAtOnce) await waitFor('the piece', () => received.length === sent, { intervalMs: 1 });
      else await new Promise((resolve) => setImmediate(resolve));
    }
    return Buffer.concat(pieces);
  }

  test('without slices every piece is read as it comes', async () => {
    const sent = await sendPieces(true);
    expect(received.equals(sent)).toBe(true);
    expect(reads).toBe(PIECES);
  });

  test('what comes within a slice is read in its turn, and whole', async () => {
    reader.setSlice(SLICE_MS);
    peer.write('first');
    await waitFor('the read behind which the slices begin', () => reads === 1);
    const sent = await sendPieces(false);
    await waitFor('all pieces', () => received.length === 5 + sent.length);
    expect(received.subarray(5).equals(sent)).toBe(true);
    // One turn, or some more on a machine that sends slower than a slice.
    expect(reads).toBeLessThan(PIECES / 2);
  });

  test('when slices are switched off, what waits is read at once', async () => {
    reader.setSlice(60_000);
    peer.write('first');
    await waitFor('the read behind which the slices begin', () => reads === 1);
    peer.write('second');
    reader.setSlice(0);
    await waitFor('what waited', () => received.equals(Buffer.from('firstsecond')));
    peer.write('third');
    await waitFor('what came later', () => received.equals(Buffer.from('firstsecondthird')));
  });
});
