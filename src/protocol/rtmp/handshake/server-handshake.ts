// The server's half of the RTMP handshake: C0 C1 in, S0 S1 S2 out, C2 in. Simple (RTMP 1.0, 5.2) or with digests,
// as the client wishes; and before it the proxy header that go-oryx and SRS proxies send.

import { ProtocolError } from '../../error.ts';
import { DIGEST_SIZE, type DigestSchema, findDigest, PACKET_SIZE, signAnswer, signHello } from './digest.ts';

const PLAIN_VERSION = 3;
/** The version in S1 that SRS sends; some clients want it not to be zero when digests are used. */
const SERVER_VERSION = 0x01000504;

/** RTMP 1.0, 5.2.2: higher versions are not allowed, so that RTMP can be told from text protocols such as HTTP. */
const MAX_VERSION = 31;

const PROXY_MARK = 0xf3;
/** Most bytes that a proxy header may announce. */
const MAX_PROXY_SIZE = 1024;

const STAGE = { first: 0, proxySize: 1, proxy: 2, c0c1: 3, c2: 4, done: 5 } as const;
type Stage = (typeof STAGE)[keyof typeof STAGE];

export type HandshakeKind = 'simple' | 'complex';

/** One server handshake. Feed `receive` until `isDone`; it never takes bytes beyond C2. */
export class ServerHandshake {
  readonly #randomBytes: (size: number) => Buffer;
  #stage: Stage = STAGE.first;
  #collected: Buffer | undefined;
  #collectedSize = 0;
  #needed = 0;
  #kind: HandshakeKind = 'simple';
  #proxiedIp = '';

  constructor(randomBytes: (size: number) => Buffer) {
    this.#randomBytes = randomBytes;
  }

  get isDone(): boolean {
    return this.#stage === STAGE.done;
  }

  /** Which kind the client chose; meaningful once S0 S1 S2 are out. */
  get kind(): HandshakeKind {
    return this.#kind;
  }

  /** Client address that a proxy header named, else ''. */
  get proxiedIp(): string {
    return this.#proxiedIp;
  }

  /**
   * Takes bytes from `offset` on and returns the offset of the first one that it did not need. Calls `output` once,
   * with S0 S1 S2 (3073 bytes). Throws ProtocolError if the peer does not speak plain RTMP.
   */
  receive(bytes: Buffer, offset: number, nowMs: number, output: (bytes: Buffer) => void): number {
    let at = offset;
    while (at < bytes.length && this.#stage !== STAGE.done) {
      if (this.#stage === STAGE.first) this.#start(bytes[at]!);
      at += this.#collect(bytes, at);
      if (this.#collectedSize === this.#needed) this.#advance(nowMs, output);
    }
    return at;
  }

  #start(firstByte: number): void {
    if (firstByte === PROXY_MARK) this.#expect(STAGE.proxySize, 3);
    else if (firstByte > MAX_VERSION) throw plainRequired(firstByte);
    else this.#expect(STAGE.c0c1, 1 + PACKET_SIZE);
  }

  #expect(stage: Stage, size: number): void {
    this.#stage = stage;
    this.#needed = size;
    this.#collectedSize = 0;
    // C2 is only counted: nobody checks its content.
    this.#collected = stage === STAGE.c2 ? undefined : Buffer.allocUnsafe(size);
  }

  #collect(bytes: Buffer, at: number): number {
    const size = Math.min(bytes.length - at, this.#needed - this.#collectedSize);
    this.#collected?.set(bytes.subarray(at, at + size), this.#collectedSize);
    this.#collectedSize += size;
    return size;
  }

  #advance(nowMs: number, output: (bytes: Buffer) => void): void {
    const collected = this.#collected;
    if (collected === undefined) {
      this.#stage = STAGE.done;
    } else if (this.#stage === STAGE.proxySize) {
      this.#expectProxyBody(collected.readUInt16BE(1));
    } else if (this.#stage === STAGE.proxy) {
      this.#proxiedIp = collected.subarray(0, 4).join('.');
      this.#expect(STAGE.c0c1, 1 + PACKET_SIZE);
    } else {
      this.#expect(STAGE.c2, PACKET_SIZE);
      output(this.#answer(collected, nowMs));
    }
  }

  #expectProxyBody(size: number): void {
    if (size > MAX_PROXY_SIZE) throw new ProtocolError('proxyHeader', `proxy exceed max size, nn=${size}`);
    if (size < 4) throw new ProtocolError('proxyHeader', `proxy header too short, nn=${size}`);
    this.#expect(STAGE.proxy, size);
  }

  #answer(c0c1: Buffer, nowMs: number): Buffer {
    const c1 = c0c1.subarray(1);
    const reply = this.#randomBytes(1 + 2 * PACKET_SIZE);
    reply[0] = PLAIN_VERSION;
    reply.writeUInt32BE(Math.floor(nowMs / 1000) >>> 0, 1);
    const s1 = reply.subarray(1, 1 + PACKET_SIZE);
    const s2 = reply.subarray(1 + PACKET_SIZE);
    if (this.#answerDigest(c1, s1, s2)) {
      this.#kind = 'complex';
    } else {
      // Checked only now: a good digest excuses any version in C0, as in SRS.
      if (c0c1[0] !== PLAIN_VERSION) throw plainRequired(c0c1[0]!);
      c1.copy(s1, 4, 0, 4);
      c1.copy(s2);
    }
    return reply;
  }

  #answerDigest(c1: Buffer, s1: Buffer, s2: Buffer): boolean {
    const schemas: readonly DigestSchema[] = [0, 1];
    for (const schema of schemas) {
      const digest = findDigest(c1, 'client', schema);
      if (digest === undefined) continue;
      s1.writeUInt32BE(SERVER_VERSION, 4);
      signHello(s1, 'server', schema);
      signAnswer(s2, 'server', Buffer.from(digest.subarray(0, DIGEST_SIZE)));
      return true;
    }
    return false;
  }
}

function plainRequired(version: number): ProtocolError {
  const seen = version.toString(16).toUpperCase();
  return new ProtocolError('plainRequired', `only support rtmp plain text, version=${seen}`);
}
