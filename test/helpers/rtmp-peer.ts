// A small RTMP client on a raw socket: it can do everything a client should not do, and shows every message
// that the server sends. Well-behaved clients are ffmpeg, rtmpdump and GStreamer; this one is for the rest.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type AmfObject, type AmfValue, decodeAmf, encodeAmf } from './amf0.ts';
import { type FlvTag, flvTagType } from './flv.ts';
import { ChunkDecoder, encodeChunks, type RtmpMessage } from './rtmp-chunks.ts';
import { PATIENCE_MS, waitFor, withTimeout } from './wait-for.ts';

export interface RtmpTarget {
  readonly port: number;
  readonly host?: string;
}

export interface RtmpCommand {
  readonly name: string;
  readonly transactionId: number;
  readonly values: readonly AmfValue[];
}

export class RtmpPeer {
  readonly socket: Socket;
  /** Ours; the server's log names it. */
  readonly localPort: number;
  /** Everything received after the handshake, in order. */
  readonly messages: RtmpMessage[] = [];
  /** Resolves when the server has closed the connection, properly or not. */
  readonly closed: Promise<void>;
  isClosed = false;
  bytesReceived = 0;
  /** Chunk size of what this peer sends; announce a change with `setChunkSize`. */
  outChunkSize = 128;
  readonly #decoder = new ChunkDecoder();
  /** Bytes of S0 S1 S2 until they are complete, then undefined. */
  #handshake: Buffer | undefined = Buffer.alloc(0);
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.localPort = socket.localPort ?? 0;
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', () => {}); // 'close' follows
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  static async open({ port, host = '127.0.0.1' }: RtmpTarget): Promise<RtmpPeer> {
    const socket = connect({ port, host, noDelay: true });
    await withTimeout(
      `connection to port ${port}`,
      PATIENCE_MS,
      new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
    );
    return new RtmpPeer(socket);
  }

  /** Connection, handshake and `connect`, up to NetConnection.Connect.Success. */
  static async connected(target: RtmpTarget, tcUrl: string, more: AmfObject = {}): Promise<RtmpPeer> {
    const peer = await RtmpPeer.open(target);
    await peer.handshake();
    peer.connectApp(tcUrl, more);
    await peer.waitForStatus('NetConnection.Connect.Success');
    return peer;
  }

  /** A publisher of FMLE's kind that may send media now. */
  static async publisher(target: RtmpTarget, tcUrl: string, stream: string): Promise<RtmpPeer> {
    const peer = await RtmpPeer.connected(target, tcUrl);
    peer.requestPublish(stream);
    await peer.waitForStatus('NetStream.Publish.Start', 'onStatus');
    peer.setChunkSize(4096);
    return peer;
  }

  static async player(target: RtmpTarget, tcUrl: string, stream: string): Promise<RtmpPeer> {
    const peer = await RtmpPeer.connected(target, tcUrl);
    peer.requestPlay(stream);
    await peer.waitForStatus('NetStream.Play.Start');
    return peer;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The simple handshake: version 3, zero time, random bytes. */
  async handshake(): Promise<void> {
    const c1 = randomBytes(1536);
    c1.fill(0, 0, 8);
    this.write(Buffer.concat([Buffer.from([3]), c1]));
    const bytes = await waitFor('S0 S1 S2', () => {
      if (this.isClosed) throw new Error('closed during the handshake');
      return (this.#handshake?.length ?? 0) >= 3073 ? this.#handshake : undefined;
    });
    if (bytes[0] !== 3) throw new Error(`S0 is ${bytes[0]}`);
    if (!bytes.subarray(1537, 3073).equals(c1)) throw new Error('S2 does not repeat C1');
    this.write(bytes.subarray(1, 1537));
    this.#handshake = undefined;
    this.#decode(bytes.subarray(3073));
  }

  send(message: Omit<RtmpMessage, 'chunkStreamId'> & { readonly chunkStreamId?: number }): boolean {
    return this.socket.write(encodeChunks({ chunkStreamId: 3, ...message }, this.outChunkSize));
  }

  setChunkSize(size: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(size);
    this.send({ chunkStreamId: 2, typeId: 1, streamId: 0, timestamp: 0, payload });
    this.outChunkSize = size;
  }

  command(name: string, transactionId: number, values: readonly AmfValue[], streamId = 0): void {
    this.send({ typeId: 20, streamId, timestamp: 0, payload: encodeAmf(name, transactionId, ...values) });
  }

  connectApp(tcUrl: string, more: AmfObject = {}): void {
    const app = tcUrl.replace(/^\w+:\/\/[^/]*\/?/, '');
    this.command('connect', 1, [
      { app, type: 'nonprivate', flashVer: 'FMLE/3.0 (tsrs test)', tcUrl, ...more },
    ]);
  }

  requestPublish(stream: string): void {
    this.command('releaseStream', 2, [null, stream]);
    this.command('FCPublish', 3, [null, stream]);
    this.command('createStream', 4, [null]);
    this.command('publish', 5, [null, stream, 'live'], 1);
  }

  requestPlay(stream: string): void {
    this.command('createStream', 2, [null]);
    this.command('play', 3, [null, stream, -2000], 1);
  }

  /** Sends an FLV tag body as the message that RTMP makes of it. Script tags go out as `@setDataFrame`. */
  sendTag(tag: FlvTag, timestamp = tag.timestampMs): boolean {
    const isScript = tag.type === flvTagType.script;
    const payload = isScript ? Buffer.concat([encodeAmf('@setDataFrame'), tag.body]) : tag.body;
    const chunkStreamId = tag.type === flvTagType.video ? 6 : 4;
    return this.send({ chunkStreamId, typeId: tag.type, streamId: 1, timestamp, payload });
  }

  get commands(): RtmpCommand[] {
    return this.messages.filter((message) => message.typeId === 20).map((message) => parseCommand(message));
  }

  /** Audio and video received so far, as FLV tags. */
  get tags(): FlvTag[] {
    return this.messages
      .filter(({ typeId }) => typeId === 8 || typeId === 9)
      .map(({ typeId, timestamp, payload }) => ({ type: typeId, timestampMs: timestamp, body: payload }));
  }

  /** Waits for a command whose info object has this code; returns that object. */
  async waitForStatus(code: string, name?: string, timeoutMs = PATIENCE_MS): Promise<AmfObject> {
    return waitFor(
      () => `${code}; received so far: ${JSON.stringify(this.commands)}`,
      () => {
        for (const command of this.commands) {
          const info = command.values.find(
            (value): value is AmfObject => isObject(value) && value.code === code,
          );
          if (info && (name === undefined || name === command.name)) return info;
        }
        if (this.#failure) throw this.#failure;
        if (this.isClosed) {
          throw new Error(`closed without ${code}; received: ${JSON.stringify(this.commands)}`);
        }
        return undefined;
      },
      { timeoutMs },
    );
  }

  async waitForMessage(
    what: string,
    matches: (message: RtmpMessage) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<RtmpMessage> {
    return waitFor(
      what,
      () => {
        if (this.#failure) throw this.#failure;
        return this.messages.find(matches);
      },
      { timeoutMs },
    );
  }

  async waitForClose(timeoutMs = PATIENCE_MS): Promise<void> {
    await withTimeout('the server to close the connection', timeoutMs, this.closed);
  }

  /** Leaves without a word once all that it has sent is on its way. */
  end(): void {
    this.socket.end();
  }

  /** Vanishes, as a killed process does: what the socket has not taken yet is lost. */
  destroy(): void {
    this.socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.bytesReceived += bytes.length;
    if (this.#handshake) this.#handshake = Buffer.concat([this.#handshake, bytes]);
    else this.#decode(bytes);
  }

  #decode(bytes: Buffer): void {
    try {
      this.messages.push(...this.#decoder.push(bytes));
    } catch (error) {
      this.#failure = error as Error; // thrown where the test waits for something
      this.socket.destroy();
    }
  }
}

export function parseCommand(message: RtmpMessage): RtmpCommand {
  const [name, transactionId, ...values] = decodeAmf(message.payload);
  return { name: String(name), transactionId: Number(transactionId), values };
}

function isObject(value: AmfValue): value is AmfObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
