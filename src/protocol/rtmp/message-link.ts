// What both ends of an RTMP connection share once the handshake is over: messages in, messages out, and the protocol
// control between them (acknowledgements, pings, buffer length) that needs no decision.

import { ChunkDecoder } from './chunk-decoder.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import type { ChunkLimits } from './chunk-limits.ts';
import { encodeU32, encodeUserControl, parseU32, parseUserControl, USER_CONTROL } from './message/control.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message/message-type.ts';

/** Chunk stream of protocol control and user control messages; their message stream is 0. */
const CONTROL_CSID = 2;
/** Acknowledgements start again behind this many bytes, as in SRS. */
const MAX_SEQUENCE = 0xf0000000;

export interface MessageLinkHandler {
  /** Bytes for the peer; the link does not touch them again. */
  output(bytes: Buffer): void;
  /** Any message but those that the link answers itself. Lent until the call returns; false stops the link. */
  message(message: RtmpMessage): boolean;
  notice(text: string): void;
}

export class MessageLink {
  readonly #handler: MessageLinkHandler;
  readonly #decoder: ChunkDecoder;
  readonly #encoder = new ChunkEncoder();
  #outbox: Buffer[] = [];
  #ackWindow = 0;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;
  #sequence = 0;
  #bufferLengthMs = 0;
  #answeredPings = 0;

  constructor(handler: MessageLinkHandler) {
    this.#handler = handler;
    this.#decoder = new ChunkDecoder((message) => this.#take(message));
  }

  get inChunkSize(): number {
    return this.#decoder.chunkSize;
  }

  get outChunkSize(): number {
    return this.#encoder.chunkSize;
  }

  /** Acknowledge after so many bytes; 0 = never. The peer may set it, too. */
  get ackWindow(): number {
    return this.#ackWindow;
  }

  set ackWindow(sizeBytes: number) {
    this.#ackWindow = sizeBytes;
  }

  /** What the peer last asked to be buffered, ms. */
  get bufferLengthMs(): number {
    return this.#bufferLengthMs;
  }

  /** Answers to pings of this side. */
  get answeredPings(): number {
    return this.#answeredPings;
  }

  set limits(limits: ChunkLimits) {
    this.#decoder.limits = limits;
  }

  /** Counts bytes that were received outside the link: acknowledgements include the handshake. */
  countReceived(sizeBytes: number): void {
    this.#receivedBytes += sizeBytes;
  }

  /** As ChunkDecoder.push. Answers to the peer are queued; `flush` sends them. */
  receive(bytes: Buffer, offset: number): number {
    const end = this.#decoder.push(bytes, offset);
    this.#receivedBytes += end - offset;
    if (this.#ackWindow > 0) this.#acknowledge();
    return end;
  }

  /** Queues a message with timestamp 0; `flush` sends it. */
  send(csid: number, typeId: number, streamId: number, payload: Uint8Array): void {
    this.#outbox.push(this.#encoder.encode(csid, typeId, streamId, 0, payload));
  }

  /** Queues a protocol control message. */
  sendControl(typeId: number, payload: Uint8Array): void {
    this.send(CONTROL_CSID, typeId, 0, payload);
  }

  sendUserControl(event: number, value: number): void {
    this.sendControl(MESSAGE_TYPE.userControl, encodeUserControl(event, value));
  }

  /** Queues Set Chunk Size and uses it from then on. */
  sendChunkSize(size: number): void {
    this.sendControl(MESSAGE_TYPE.setChunkSize, encodeU32(size));
    this.#encoder.chunkSize = size;
  }

  /** One message at once, for media: `timestamp` in ms. What is queued goes first. */
  sendNow(csid: number, typeId: number, streamId: number, timestamp: number, payload: Uint8Array): void {
    this.flush();
    this.#handler.output(this.#encoder.encode(csid, typeId, streamId, timestamp, payload));
  }

  /** Hands all queued messages over as one Buffer. */
  flush(): void {
    const outbox = this.#outbox;
    if (outbox.length === 0) return;
    this.#outbox = [];
    this.#handler.output(outbox.length === 1 ? outbox[0]! : Buffer.concat(outbox));
  }

  #take(message: RtmpMessage): boolean {
    if (message.typeId > MESSAGE_TYPE.setPeerBandwidth) return this.#handler.message(message);
    if (message.typeId === MESSAGE_TYPE.userControl) this.#takeUserControl(message.payload);
    if (message.typeId === MESSAGE_TYPE.windowAckSize) this.#takeWindow(parseU32(message.payload));
    if (message.typeId === MESSAGE_TYPE.setChunkSize) this.#noticeChunkSize();
    return true;
  }

  #takeUserControl(payload: Buffer): void {
    const { event, value, bufferLengthMs } = parseUserControl(payload);
    if (event === USER_CONTROL.pingRequest) this.sendUserControl(USER_CONTROL.pingResponse, value);
    if (event === USER_CONTROL.pingResponse) this.#answeredPings++;
    if (event === USER_CONTROL.setBufferLength) this.#bufferLengthMs = bufferLengthMs;
  }

  #takeWindow(sizeBytes: number): void {
    if (sizeBytes > 0) this.#ackWindow = sizeBytes;
  }

  #noticeChunkSize(): void {
    const size = this.#decoder.chunkSize;
    if (size <= 65536) return;
    this.#handler.notice(`accept chunk=${size}, should in [128, 65536], please see #160`);
  }

  /** Early, at half the window, so that a sender that counts strictly never has to wait. */
  #acknowledge(): void {
    const delta = this.#receivedBytes - this.#acknowledgedBytes;
    if (delta < this.#ackWindow / 2) return;
    this.#acknowledgedBytes = this.#receivedBytes;
    const sequence = this.#sequence + delta;
    this.#sequence = sequence > MAX_SEQUENCE ? delta : sequence;
    this.sendControl(MESSAGE_TYPE.acknowledgement, encodeU32(this.#sequence));
  }
}
