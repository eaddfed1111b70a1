// A server session with a client beside it that speaks through the tests' own chunk and AMF code, all in memory.

import { randomBytes } from 'node:crypto';
import type {
  ConnectRequest,
  PlayRequest,
  PublishRequest,
  RtmpMediaMessage,
  RtmpServerHandler,
} from '../../../../src/protocol/rtmp/server-handler.ts';
import { RtmpServerSession } from '../../../../src/protocol/rtmp/server-session.ts';
import { type AmfValue, decodeAmf, encodeAmf } from '../../../helpers/amf0.ts';
import { ChunkDecoder, encodeChunks, type RtmpMessage } from '../../../helpers/rtmp-chunks.ts';

/** Answers at once, or leaves requests open for the test to answer. */
export type Answers = 'accept' | 'wait';

export class SessionPeer implements RtmpServerHandler {
  readonly session: RtmpServerSession;
  /** What the session told its host, one line each, in order; `take` empties it. */
  events: string[] = [];
  notices: string[] = [];
  readonly connects: ConnectRequest[] = [];
  readonly publishes: PublishRequest[] = [];
  readonly plays: PlayRequest[] = [];
  answers: Answers = 'accept';
  chunkSize = 60_000;
  outAckSize = 2_500_000;
  inAckSize = 0;
  /** Chunk size of what the client sends. */
  clientChunkSize = 128;
  /** Number of `output` calls. */
  writes = 0;
  /** Raw bytes of the server since the last look at them. */
  outputs: Buffer[] = [];
  #toServer: Buffer[] = [];
  #handshakeLeft = 3073;
  readonly #decoder = new ChunkDecoder();

  constructor() {
    this.session = new RtmpServerSession(
      {
        serverName: 'SRS/4.0.271(Leo)',
        serverVersion: '4.0.271',
        connectionId: 'k3f9a2b1',
        processId: 42,
        localAddress: '10.0.0.7',
        randomBytes,
      },
      this,
    );
  }

  /** A peer that is through with handshake and `connect`, and has read the answers. */
  static connected(tcUrl = 'rtmp://h/live'): SessionPeer {
    const peer = new SessionPeer();
    peer.handshake();
    peer.connect(tcUrl);
    peer.flush();
    peer.replies();
    peer.take();
    return peer;
  }

  // --- the client

  handshake(): void {
    this.raw(Buffer.concat([Buffer.from([3]), Buffer.alloc(8), randomBytes(1528), Buffer.alloc(1536)]));
  }

  connect(tcUrl: string, properties: Record<string, AmfValue> = {}, ...more: readonly AmfValue[]): void {
    const object = { app: 'live', flashVer: 'test', tcUrl, ...properties };
    this.command('connect', 1, [object, ...more]);
  }

  command(
    name: string,
    transactionId: number,
    values: readonly AmfValue[] = [null],
    csid = 3,
    streamId = 0,
  ): void {
    this.message(20, encodeAmf(name, transactionId, ...values), csid, streamId);
  }

  message(typeId: number, payload: Buffer, chunkStreamId = 6, streamId = 1, timestamp = 0): void {
    this.raw(encodeChunks({ chunkStreamId, typeId, streamId, timestamp, payload }, this.clientChunkSize));
  }

  setChunkSize(size: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(size);
    this.message(1, payload, 2, 0);
    this.clientChunkSize = size;
  }

  raw(bytes: Buffer): void {
    this.#toServer.push(bytes);
  }

  /** Gives the session all that the client has said, in one piece or in pieces of `step` bytes. */
  flush(step?: number): void {
    const bytes = Buffer.concat(this.#toServer);
    this.#toServer = [];
    for (let at = 0; at < bytes.length; at += step ?? bytes.length) {
      this.session.receive(Buffer.from(bytes.subarray(at, at + (step ?? bytes.length))), 1000);
    }
  }

  /** What the server has said since the last call, one line per message. */
  replies(): string[] {
    return this.messages().map(describe);
  }

  messages(): RtmpMessage[] {
    let bytes = Buffer.concat(this.outputs);
    this.outputs = [];
    const skipped = Math.min(this.#handshakeLeft, bytes.length);
    this.#handshakeLeft -= skipped;
    bytes = bytes.subarray(skipped);
    return this.#decoder.push(bytes);
  }

  /** Events since the last call. */
  take(): string[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  // --- the host

  output(bytes: Buffer): void {
    this.writes++;
    this.outputs.push(Buffer.from(bytes));
  }

  connectRequested(request: ConnectRequest): void {
    this.connects.push(request);
    this.events.push(`connect ${request.url.vhost} ${request.url.app}`);
    if (this.answers === 'accept') this.acceptConnect();
  }

  publishRequested(request: PublishRequest): void {
    this.publishes.push(request);
    const { vhost, app, stream, param } = request.url;
    this.events.push(`${request.kind} ${vhost}/${app}/${stream}${param}`);
    if (this.answers === 'accept') this.session.acceptPublish(request.requestId);
  }

  playRequested(request: PlayRequest): void {
    this.plays.push(request);
    const { vhost, app, stream, param } = request.url;
    this.events.push(`play ${vhost}/${app}/${stream}${param} ${request.durationMs}`);
    if (this.answers === 'accept') this.session.acceptPlay(request.requestId);
  }

  media({ typeId, timestamp, payload }: RtmpMediaMessage): void {
    this.events.push(`media ${typeId} ${timestamp} ${payload.toString('hex')}`);
  }

  publishEnded(): void {
    this.events.push('publish ended');
  }

  playEnded(): void {
    this.events.push('play ended');
  }

  playPaused(isPaused: boolean): void {
    this.events.push(isPaused ? 'paused' : 'resumed');
  }

  notice(text: string): void {
    this.notices.push(text);
  }

  closeRequested(): void {
    this.events.push('close');
  }

  acceptConnect(): void {
    const { chunkSize, outAckSize, inAckSize } = this;
    const { requestId } = this.connects.at(-1)!;
    this.session.acceptConnect(requestId, { chunkSize, outAckSize, inAckSize });
  }
}

/** `name transactionId values @chunkStream/messageStream`, or the name of a control message and its value. */
function describe({ typeId, payload, chunkStreamId, streamId, timestamp }: RtmpMessage): string {
  const where = `@${chunkStreamId}/${streamId}${timestamp === 0 ? '' : ` time ${timestamp}`}`;
  if (typeId === 20 || typeId === 18) {
    const kind = typeId === 18 ? 'data ' : '';
    return `${kind}${decodeAmf(payload).map(show).join(' ')} ${where}`;
  }
  if (typeId === 4) return `user ${payload.readUInt16BE(0)} ${payload.readUInt32BE(2)} ${where}`;
  const names: Record<number, string> = { 1: 'chunk', 3: 'ack', 5: 'window', 6: 'bandwidth' };
  const limit = typeId === 6 ? ` ${payload[4]}` : '';
  return `${names[typeId] ?? typeId} ${payload.readUInt32BE(0)}${limit} ${where}`;
}

function show(value: AmfValue): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}
