// An RTMP connection to another server: a socket and a client session, with time-outs. An edge pulls and pushes
// through it, forward publishes through it (design D10).

import { connect, type LookupFunction, type Socket } from 'node:net';
import { pooledRandomBytes } from '../../bytes/random-pool.ts';
import { ProtocolError } from '../../protocol/error.ts';
import type { RtmpClientHandler, RtmpPeerIdentity, RtmpStatus } from '../../protocol/rtmp/client-handler.ts';
import { RtmpClientSession, type RtmpClientSessionOptions } from '../../protocol/rtmp/client-session.ts';
import type { RtmpMediaMessage } from '../../protocol/rtmp/server-handler.ts';
import type { RedirectTarget } from '../../protocol/rtmp/server-replies.ts';
import { ClientError, connectTimedOut, silent, socketFailed } from './client-error.ts';
import type { Endpoint } from './endpoint.ts';

export interface RtmpClientOptions {
  readonly endpoint: Endpoint;
  readonly session: Omit<RtmpClientSessionOptions, 'randomBytes'>;
  /** How long the TCP connection may take, ms. */
  readonly connectTimeoutMs: number;
  /** How long all may take until the stream is asked for, from the start, ms. */
  readonly setupTimeoutMs: number;
  /** Close after so long without a byte from the server once the stream is asked for, ms; 0 = never. */
  readonly silenceTimeoutMs: number;
  readonly lookup: LookupFunction;
}

/** Why a client is no more. */
export type ClientEnd =
  | { readonly type: 'redirected'; readonly target: RedirectTarget }
  | { readonly type: 'refused'; readonly status: RtmpStatus; readonly error: ClientError }
  | {
      readonly type: 'failed';
      readonly error: ClientError;
      /** The server could be reached. */
      readonly wasConnected: boolean;
    };

/** How far a client has come: the server may do as it likes once it has been asked for the stream. */
export type ClientStage = 'connecting' | 'dialogue' | 'asked' | 'started' | 'ended';

export interface RtmpClientEvents {
  connected(identity: RtmpPeerIdentity): void;
  /** The stream was asked for; or, with role `connect`, the server took this client. */
  asked(): void;
  /** The server confirmed publish or play, or media came. */
  started(): void;
  /** Lent, with its payload, until the call returns. */
  media(message: RtmpMediaMessage): void;
  statusReceived(status: RtmpStatus): void;
  notice(text: string): void;
  /** Called once, unless the client is closed before; nothing follows. */
  ended(end: ClientEnd): void;
}

/** A client as its owners use it; tests have others. */
export interface UpstreamClient {
  readonly stage: ClientStage;
  /** Bytes from and to the server so far. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Bytes that the network has not taken yet. */
  readonly pendingBytes: number;
  readonly answeredPings: number;
  /** Publishing only: one audio (8), video (9) or data (18) message; `payload` is copied. */
  sendMedia(typeId: 8 | 9 | 18, timestamp: number, payload: Uint8Array): void;
  /** Asks the server for a sign of life. */
  ping(): void;
  /** Leaves politely. May be called twice; no event follows. */
  close(): void;
}

/** Connects at once and reports in later turns of the event loop. */
export type DialClient = (options: RtmpClientOptions, events: RtmpClientEvents) => UpstreamClient;

/** How long the goodbye may take to leave, ms. */
const CLOSE_TIMEOUT_MS = 1000;
/** Finds a peer that vanished without a word while nothing is to be sent, ms. */
const KEEP_ALIVE_DELAY_MS = 3000;

/** All clients read into it, one after the other: the session keeps nothing of the bytes it is lent. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

export class RtmpClient implements UpstreamClient, RtmpClientHandler {
  readonly #options: RtmpClientOptions;
  readonly #events: RtmpClientEvents;
  readonly #session: RtmpClientSession;
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  #stage: ClientStage = 'connecting';
  #isCorked = false;

  constructor(options: RtmpClientOptions, events: RtmpClientEvents) {
    this.#options = options;
    this.#events = events;
    this.#session = new RtmpClientSession({ ...options.session, randomBytes: pooledRandomBytes }, this);
    const { endpoint, lookup, connectTimeoutMs, setupTimeoutMs } = options;
    const onread = {
      buffer: readBuffer,
      callback: (size: number): boolean => {
        this.#receive(readBuffer.subarray(0, size));
        return true;
      },
    };
    this.#socket = connect({ ...endpoint, lookup, noDelay: true, onread });
    this.#socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    this.#startTimer(Math.min(connectTimeoutMs, setupTimeoutMs), () =>
      this.#failed(connectTimedOut(options)),
    );
    this.#socket.once('connect', () => this.#connected());
    this.#socket.on('timeout', () => this.#failed(silent(options.silenceTimeoutMs)));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failed(socketFailed(error, this.#stage === 'connecting', options));
    });
    this.#socket.on('close', () => this.#fail('closed', 'recv message : the server closed the connection'));
  }

  get stage(): ClientStage {
    return this.#stage;
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  get sentBytes(): number {
    return this.#socket.bytesWritten;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  get answeredPings(): number {
    return this.#session.answeredPings;
  }

  ping(): void {
    if (this.#stage === 'asked' || this.#stage === 'started') this.#session.ping(performance.now());
  }

  sendMedia(typeId: 8 | 9 | 18, timestamp: number, payload: Uint8Array): void {
    if (this.#stage === 'asked' || this.#stage === 'started') {
      this.#session.sendMedia(typeId, timestamp, payload);
    }
  }

  close(): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#session.stop();
    this.#shutDown();
  }

  // --- RtmpClientHandler

  // What one turn of the event loop has to say leaves in one piece.
  output(bytes: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(bytes);
  }

  connected(identity: RtmpPeerIdentity): void {
    this.#events.connected(identity);
    if (this.#options.session.role === 'connect') this.#asked();
  }

  started(): void {
    this.#asked();
    if (this.#stage !== 'asked') return;
    this.#stage = 'started';
    this.#events.started();
  }

  media(message: RtmpMediaMessage): void {
    if (this.#stage !== 'ended') this.#events.media(message);
  }

  statusReceived(status: RtmpStatus): void {
    if (this.#stage !== 'ended') this.#events.statusReceived(status);
  }

  refused(status: RtmpStatus): void {
    const { code, description } = status;
    const error = ClientError.of('refused', `the server refused : ${code} : ${description}`);
    this.#end({ type: 'refused', status, error });
  }

  redirected(target: RedirectTarget): void {
    this.#end({ type: 'redirected', target });
  }

  notice(text: string): void {
    if (this.#stage !== 'ended') this.#events.notice(text);
  }

  // --- inside

  #connected(): void {
    if (this.#stage !== 'connecting') return;
    this.#stage = 'dialogue';
    const { setupTimeoutMs } = this.#options;
    this.#startTimer(setupTimeoutMs, () => {
      this.#fail('timeout', `${this.#session.state} : timeout ${setupTimeoutMs} ms`);
    });
    this.#session.start(performance.now());
  }

  #receive(bytes: Buffer): void {
    if (this.#stage === 'ended') return;
    try {
      this.#session.receive(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#failed(new ClientError(error.code, error.message, { cause: error }));
    }
    if (this.#session.state === 'streaming') this.#asked();
  }

  /** The dialogue is over: from here on the stream decides how long is too long. */
  #asked(): void {
    if (this.#stage !== 'dialogue') return;
    this.#stage = 'asked';
    clearTimeout(this.#timer);
    this.#socket.setTimeout(this.#options.silenceTimeoutMs);
    this.#events.asked();
  }

  #fail(kind: 'closed' | 'timeout', text: string): void {
    this.#failed(ClientError.of(kind, text));
  }

  #failed(error: ClientError): void {
    this.#end({ type: 'failed', error, wasConnected: this.#stage !== 'connecting' });
  }

  #end(end: ClientEnd): void {
    if (this.#stage === 'ended') return;
    this.#stage = 'ended';
    this.#shutDown();
    this.#events.ended(end);
  }

  #startTimer(delayMs: number, onTimeout: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onTimeout, delayMs);
  }

  #shutDown(): void {
    clearTimeout(this.#timer);
    if (this.#socket.connecting) {
      this.#socket.destroy();
      return;
    }
    this.#socket.setTimeout(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
    this.#socket.destroySoon();
  }
}
