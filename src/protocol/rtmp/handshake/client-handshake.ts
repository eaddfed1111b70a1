// The client's half of the RTMP handshake: C0 C1 out, S0 S1 S2 in, C2 out. Always with digests, schema 1, as SRS
// does towards origins; a server that knows only the simple handshake takes the digest for random bytes.

import { ProtocolError } from '../../error.ts';
import { findDigest, PACKET_SIZE, signAnswer, signHello } from './digest.ts';

const PLAIN_VERSION = 3;
/** What Flash Player 9 calls itself; servers expect digests from it. */
const CLIENT_VERSION = 0x80000702;
const REPLY_SIZE = 1 + 2 * PACKET_SIZE;

/** One client handshake: `start`, then `receive` until `isDone`; it never takes bytes beyond S2. */
export class ClientHandshake {
  readonly #randomBytes: (size: number) => Buffer;
  #reply: Buffer | undefined;
  #replySize = 0;
  #isDone = false;

  constructor(randomBytes: (size: number) => Buffer) {
    this.#randomBytes = randomBytes;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** C0 and C1, 1537 bytes. */
  start(nowMs: number): Buffer {
    const c0c1 = this.#randomBytes(1 + PACKET_SIZE);
    c0c1[0] = PLAIN_VERSION;
    c0c1.writeUInt32BE(Math.floor(nowMs / 1000) >>> 0, 1);
    c0c1.writeUInt32BE(CLIENT_VERSION, 5);
    signHello(c0c1.subarray(1), 'client', 1);
    return c0c1;
  }

  /**
   * Takes bytes from `offset` on and returns the offset of the first one that it did not need. Calls `output` once,
   * with C2. Throws ProtocolError if S0 is no plain RTMP.
   */
  receive(bytes: Buffer, offset: number, output: (bytes: Buffer) => void): number {
    if (this.#isDone || offset >= bytes.length) return offset;
    this.#reply ??= Buffer.allocUnsafe(REPLY_SIZE);
    const size = Math.min(bytes.length - offset, REPLY_SIZE - this.#replySize);
    this.#reply.set(bytes.subarray(offset, offset + size), this.#replySize);
    this.#replySize += size;
    requirePlain(this.#reply[0]!);
    if (this.#replySize === REPLY_SIZE) {
      this.#isDone = true;
      output(this.#answer(this.#reply.subarray(1, 1 + PACKET_SIZE)));
      this.#reply = undefined;
    }
    return offset + size;
  }

  /** C2: signed if S1 is, else the copy of S1 that the document asks for. S1 and S2 are not held against anyone. */
  #answer(s1: Buffer): Buffer {
    const digest = findDigest(s1, 'server', 1) ?? findDigest(s1, 'server', 0);
    if (digest === undefined) return Buffer.from(s1);
    const c2 = this.#randomBytes(PACKET_SIZE);
    signAnswer(c2, 'client', digest);
    return c2;
  }
}

function requirePlain(version: number): void {
  if (version === PLAIN_VERSION) return;
  throw new ProtocolError('handshake', `server handshake failed, plain required, version=${version}`);
}
