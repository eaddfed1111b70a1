// The client's end of one RTMP connection, sans-IO: an edge that pulls or pushes, a forward, a test. The order of
// messages and their values are those of SRS as a client (srs_protocol_rtmp_stack.cpp, SrsRtmpClient).

import type { Amf0Value } from '../amf0/value.ts';
import { MEDIA_LIMITS } from './chunk-limits.ts';
import { AUDIO_CSID, DATA_CSID, VIDEO_CSID } from './chunk-writer.ts';
import {
  connectArguments,
  peerIdentity,
  type RtmpConnectOptions,
  redirectOf,
  statusOf,
} from './client-connect.ts';
import type { RtmpClientHandler } from './client-handler.ts';
import { ClientHandshake } from './handshake/client-handshake.ts';
import { PACKET_SIZE } from './handshake/digest.ts';
import { MediaIntake } from './media-intake.ts';
import { encodeCommand, parseCommand, type RtmpCommand } from './message/command.ts';
import { encodeSetBufferLength, encodeU32, USER_CONTROL } from './message/control.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message/message-type.ts';
import { MessageLink } from './message-link.ts';

export interface RtmpClientSessionOptions extends RtmpConnectOptions {
  /** `connect` asks for nothing more: a look whether the server would take this client. */
  readonly role: 'play' | 'publish' | 'connect';
  /** Stream name, with its parameters. */
  readonly stream: string;
  /** Chunk size of what this client sends, bytes. */
  readonly chunkSize: number;
  /** Fresh random bytes, which become the session's own. */
  readonly randomBytes: (size: number) => Buffer;
}

export type ClientState = 'handshaking' | 'connecting' | 'creating' | 'streaming' | 'closed';

const COMMAND_CSID = 3;
const STREAM_CSID = 5;
const CONNECT_ID = 1;
const CREATE_STREAM_ID = 2;
const WINDOW_ACK_SIZE = 2_500_000;
const BUFFER_LENGTH_MS = 1000;

const STARTED_CODES: readonly string[] = ['NetStream.Publish.Start', 'NetStream.Play.Start'];
/** Refusals that some servers send without level "error". */
const REFUSED_CODES: readonly string[] = [
  'NetStream.Failed',
  'NetStream.Play.Failed',
  'NetStream.Play.StreamNotFound',
  'NetStream.Publish.BadName',
  'NetConnection.Connect.Rejected',
  'NetConnection.Connect.InvalidApp',
];

export class RtmpClientSession {
  readonly #options: RtmpClientSessionOptions;
  readonly #handler: RtmpClientHandler;
  readonly #handshake: ClientHandshake;
  readonly #link: MessageLink;
  readonly #intake: MediaIntake;
  #state: ClientState = 'handshaking';
  #streamId = 0;
  #isStarted = false;

  constructor(options: RtmpClientSessionOptions, handler: RtmpClientHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#handshake = new ClientHandshake(options.randomBytes);
    this.#link = new MessageLink({
      output: (bytes) => handler.output(bytes),
      message: (message) => this.#message(message),
      notice: (text) => handler.notice(text),
    });
    this.#intake = new MediaIntake(
      (message) => handler.media(message),
      (text) => handler.notice(text),
    );
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The message stream that the server created for us; 0 before. */
  get streamId(): number {
    return this.#streamId;
  }

  get outChunkSize(): number {
    return this.#link.outChunkSize;
  }

  /** Begins the handshake, once the socket is connected. */
  start(nowMs: number): void {
    this.#handler.output(this.#handshake.start(nowMs));
  }

  /**
   * Takes bytes from the server; `bytes` is lent until the call returns. Throws ProtocolError on violations: the
   * caller closes.
   */
  receive(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    let at = 0;
    if (!this.#handshake.isDone) {
      at = this.#handshake.receive(bytes, 0, (c2) => this.#handler.output(c2));
      if (!this.#handshake.isDone) return;
      this.#connect();
    }
    try {
      this.#link.receive(bytes, at);
    } catch (error) {
      this.#state = 'closed';
      throw error;
    } finally {
      this.#link.flush();
    }
  }

  /**
   * Sends one audio (8), video (9) or data (18) message; `payload` is copied. Only while `streaming`, which begins
   * when publish was sent; cautious senders wait for `started`.
   */
  sendMedia(typeId: 8 | 9 | 18, timestamp: number, payload: Uint8Array): void {
    const csid = typeId === 8 ? AUDIO_CSID : typeId === 9 ? VIDEO_CSID : DATA_CSID;
    this.#link.sendNow(csid, typeId, this.#streamId, timestamp, payload);
  }

  /** Asks for a sign of life; `answeredPings` counts them. */
  ping(nowMs: number): void {
    this.#link.sendUserControl(USER_CONTROL.pingRequest, Math.floor(nowMs) >>> 0);
    this.#link.flush();
  }

  get answeredPings(): number {
    return this.#link.answeredPings;
  }

  /** Tells the server that this client is about to leave. */
  stop(): void {
    if (this.#state === 'streaming') {
      if (this.#options.role === 'publish') this.#command('FCUnpublish', 0, [null, this.#options.stream]);
      this.#command('deleteStream', 0, [null, this.#streamId]);
    }
    this.#state = 'closed';
    this.#link.flush();
  }

  #connect(): void {
    this.#link.countReceived(1 + 2 * PACKET_SIZE);
    this.#state = 'connecting';
    this.#command('connect', CONNECT_ID, connectArguments(this.#options));
    this.#link.sendControl(MESSAGE_TYPE.windowAckSize, encodeU32(WINDOW_ACK_SIZE));
    this.#link.flush();
  }

  #message(message: RtmpMessage): boolean {
    if (message.typeId === MESSAGE_TYPE.command || message.typeId === MESSAGE_TYPE.commandAmf3) {
      this.#takeCommand(parseCommand(message.typeId, message.payload));
    } else if (this.#state === 'streaming' && this.#options.role === 'play') {
      this.#noteStarted();
      this.#intake.take(message);
    }
    // The host may have closed or refused in between: then nothing more is taken. TypeScript cannot see that.
    return (this.#state as ClientState) !== 'closed';
  }

  #takeCommand(command: RtmpCommand): void {
    switch (command.name) {
      case '_result':
        this.#takeResult(command);
        return;
      case '_error':
        this.#takeError(command);
        return;
      case 'onStatus':
        this.#takeStatus(command);
        return;
      case 'onBWDone':
      case 'onFCPublish':
      case 'onFCUnpublish':
      case 'onFCSubscribe':
        return;
      default:
        this.#handler.notice(`ignore command of the server, command=${command.name}`);
    }
  }

  #takeResult({ transactionId, args }: RtmpCommand): void {
    if (this.#state === 'connecting' && transactionId === CONNECT_ID) {
      this.#handler.connected(peerIdentity(args));
      if (this.#options.role === 'connect') return;
      this.#state = 'creating';
      this.#command('createStream', CREATE_STREAM_ID, [null]);
    } else if (this.#state === 'creating' && transactionId === CREATE_STREAM_ID) {
      this.#streamId = typeof args[1] === 'number' ? args[1] : 1;
      this.#state = 'streaming';
      if (this.#options.role === 'play') this.#play();
      else this.#publish();
    }
  }

  #play(): void {
    this.#link.limits = MEDIA_LIMITS;
    this.#streamCommand('play', [null, this.#options.stream]);
    this.#link.sendControl(MESSAGE_TYPE.userControl, encodeSetBufferLength(this.#streamId, BUFFER_LENGTH_MS));
    this.#link.sendChunkSize(this.#options.chunkSize);
  }

  #publish(): void {
    this.#link.sendChunkSize(this.#options.chunkSize);
    this.#streamCommand('publish', [null, this.#options.stream, 'live']);
  }

  /** Only what we wait for is fatal; servers answer FCUnpublish and the like with errors as they please. */
  #takeError(command: RtmpCommand): void {
    const awaited = this.#state === 'connecting' ? CONNECT_ID : CREATE_STREAM_ID;
    if (this.#state === 'streaming' || command.transactionId !== awaited) return;
    this.#refused(command);
  }

  #takeStatus(command: RtmpCommand): void {
    const status = statusOf(command.args);
    if (status.level === 'error' || REFUSED_CODES.includes(status.code)) {
      this.#refused(command);
      return;
    }
    if (STARTED_CODES.includes(status.code)) this.#noteStarted();
    else this.#handler.statusReceived(status);
  }

  #refused(command: RtmpCommand): void {
    const status = statusOf(command.args);
    const target = redirectOf(status);
    this.#state = 'closed';
    if (target === undefined) this.#handler.refused(status);
    else this.#handler.redirected(target);
  }

  #noteStarted(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#handler.started();
  }

  #command(name: string, transactionId: number, args: readonly Amf0Value[]): void {
    this.#link.send(COMMAND_CSID, MESSAGE_TYPE.command, 0, encodeCommand(name, transactionId, args));
  }

  #streamCommand(name: string, args: readonly Amf0Value[]): void {
    this.#link.send(STREAM_CSID, MESSAGE_TYPE.command, this.#streamId, encodeCommand(name, 0, args));
  }
}
