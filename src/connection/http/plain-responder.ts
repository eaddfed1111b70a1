// Answers what players ask for, of HLS hundreds of times a second, straight from the socket: a complete HTTP server
// takes several times as long for each request as the answer itself, and keeps kilobytes for each viewer of a live
// stream. Everything that is not plain is handed to that, with the connection, from that request on.
//
//   socket --bytes--> PlainRequest --> services --> PlainAnswer --> socket
//                       | anything else, or no service knows it
//                       +--> node:http, fastify

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type PlainRequest, parsePlainRequest } from '../../protocol/http/plain-request.ts';
import type { BytesTaker } from '../shared-read.ts';
import type { HttpConnection } from './http-connection.ts';
import { httpDate } from './http-date.ts';
import type { PlainService, ServiceExchange } from './http-service.ts';
import { CORS_HEADERS } from './live-response.ts';
import { KEEP_ALIVE_TIMEOUT_MS, STALL_TIMEOUT_MS } from './node-listener.ts';
import { type PlainAnswer, PlainReply, PlainServiceRequest } from './plain-exchange.ts';
import { requestLine } from './request-log.ts';
import { decodePath, requestVhost } from './request-path.ts';

export interface PlainResponderHost {
  /** Value of the Server header. */
  readonly server: string;
  readonly hasCors: () => boolean;
  readonly isTls: boolean;
  readonly services: () => readonly PlainService[];
  /** Takes the socket over; its unread bytes are in it again. */
  readonly handOver: (socket: Socket) => void;
}

/** Which paths are worth a try; all else has other ways. */
const PLAYED = /\.(?:m3u8|ts|m4s|mp4|flv|aac|mp3)(?:\?|$)/;
/** Live streams have no parts: ffmpeg asks for `bytes=0-` all the same. Who asks for a part of a file is no plain case. */
const LIVE = /\.(?:flv|aac|mp3)(?:\?|$)/;
/** Copied behind the head: one `write` costs less than a `writev` of two. */
const SMALL_BODY_BYTES = 8192;
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_TIMEOUT_MS / 1000}\r\n\r\n`;
const CLOSE = 'Connection: close\r\n\r\n';
const CORS_FIELDS = Object.entries(CORS_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Where the bytes of a socket go: to its responder, and behind the hand-over to whoever reads the socket. */
export class SocketFeed implements BytesTaker {
  #socket: Socket | undefined;
  #responder: { receive(bytes: Buffer): void } | undefined;

  connect(socket: Socket, responder: { receive(bytes: Buffer): void }): void {
    this.#socket = socket;
    this.#responder = responder;
  }

  /** The responder is done, and is not kept alive for a viewer that stays for hours. */
  disconnect(): void {
    this.#responder = undefined;
  }

  take(bytes: Buffer): boolean {
    const kept = Buffer.from(bytes);
    if (this.#responder === undefined) return this.#socket?.push(kept) ?? false;
    this.#responder.receive(kept);
    return true;
  }
}

export class PlainResponder {
  readonly #socket: Socket;
  readonly #connection: HttpConnection;
  readonly #host: PlainResponderHost;
  readonly #feed: SocketFeed | undefined;
  /** Read and not yet answered. The first request among it is perhaps being answered. */
  #bytes: Buffer | undefined;
  #last: PlainRequest | undefined;
  #isAnswering = false;
  /** The answer takes its time: the connection may be quiet for longer than between two requests. */
  #isPatient = false;
  /** The client sends no more, and may still read. */
  #hasEnded = false;
  /** Told when the client ends while its answer has to wait. */
  #onGone: (() => void) | undefined;
  #onOver: (() => void)[] = [];

  /**
   * Listens from here on.
   * @param feed of the socket; undefined if it emits what it has read, as TLS's do
   */
  constructor(
    socket: Socket,
    connection: HttpConnection,
    host: PlainResponderHost,
    feed: SocketFeed | undefined,
  ) {
    this.#socket = socket;
    this.#connection = connection;
    this.#host = host;
    this.#feed = feed;
    socket.setTimeout(KEEP_ALIVE_TIMEOUT_MS);
    if (feed === undefined) socket.on('data', this.receive);
    else {
      feed.connect(socket, this);
      socket.resume();
    }
    socket.on('end', this.#ended);
    socket.on('error', this.#failed);
    socket.on('timeout', this.#failed);
    socket.once('close', this.#over);
  }

  /**
   * Takes what the socket has read, and keeps it. Whoever asks for more before there is an answer is not listened to
   * until then.
   */
  readonly receive = (bytes: Buffer): void => {
    this.#bytes = this.#bytes === undefined ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (this.#isAnswering) this.#socket.pause();
    else this.#next();
  };

  readonly #ended = (): void => {
    this.#hasEnded = true;
    if (!this.#isAnswering) this.#socket.end();
    this.#onGone?.();
  };

  readonly #failed = (): void => {
    this.#socket.destroy();
  };

  readonly #over = (): void => {
    if (this.#onOver.length === 0) return;
    const listeners = this.#onOver;
    this.#onOver = [];
    for (const listener of listeners) listener();
  };

  #next(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) {
      if (this.#hasEnded) this.#socket.end();
      return;
    }
    const request = parsePlainRequest(bytes, this.#last);
    this.#last = request;
    if (request === undefined || !isWorthATry(request)) {
      this.#handOver();
      return;
    }
    this.#isAnswering = true;
    this.#serve(request);
  }

  #serve(plain: PlainRequest): void {
    const request = new PlainServiceRequest(plain, this.#socket, this.#host.isTls);
    const path = decodePath(request.url);
    if (path === undefined || this.#connection.isLive) {
      this.#handOver();
      return;
    }
    this.#connection.noteRequest((index) => requestLine(request, index));
    const hasCors = this.#host.hasCors() && request.headers.origin !== undefined;
    const sentListeners: ((bodyBytes: number) => void)[] = [];
    const reply = new PlainReply((answer) => {
      this.#send(answer, plain, hasCors);
      for (const listener of sentListeners) listener(answer.bodyBytes);
    }, this.#hijack);
    const exchange: ServiceExchange = {
      request,
      reply,
      connection: this.#connection,
      path,
      vhost: requestVhost(request),
      takesChunks: true,
      hasCors,
      whenSent: (listener) => sentListeners.push(listener),
      whenOver: (listener) => {
        if (this.#socket.destroyed) listener();
        else this.#onOver.push(listener);
      },
      whileWaiting: (onGone) => this.#watch(onGone),
    };
    const served = this.#ask(exchange, 0);
    if (served === false) this.#leave(reply);
    else if (served !== true) {
      this.#bePatient(true);
      void served.then((isServed) => isServed || this.#leave(reply));
    }
  }

  #bePatient(isPatient: boolean): void {
    if (this.#isPatient === isPatient) return;
    this.#isPatient = isPatient;
    this.#socket.setTimeout(isPatient ? STALL_TIMEOUT_MS : KEEP_ALIVE_TIMEOUT_MS);
  }

  /** To the complete server, unless there is an answer already. */
  #leave(reply: PlainReply): void {
    if (reply.isSent || this.#socket.destroyed) return;
    this.#connection.repeatRequest();
    this.#handOver();
  }

  #watch(onGone: () => void): () => void {
    const socket = this.#socket;
    this.#onGone = onGone;
    socket.once('close', onGone);
    return () => {
      this.#onGone = undefined;
      socket.off('close', onGone);
    };
  }

  /**
   * Asks from the service with that index on. Whoever fails has not answered: the complete server asks again, and
   * tells what is wrong. No promise as long as nobody needs one: most answers are in memory.
   */
  #ask(exchange: ServiceExchange, first: number): boolean | Promise<boolean> {
    const services = this.#host.services();
    try {
      for (let index = first; index < services.length; index++) {
        const served = services[index]!.serve(exchange);
        if (served === true) return true;
        if (served !== false) return this.#askOn(exchange, served, index + 1);
      }
    } catch {
      return false;
    }
    return false;
  }

  async #askOn(exchange: ServiceExchange, serving: Promise<boolean>, next: number): Promise<boolean> {
    const isServed = await serving.catch(() => false);
    return isServed || this.#ask(exchange, next);
  }

  #send({ status, fields, body, bodyBytes }: PlainAnswer, plain: PlainRequest, hasCors: boolean): void {
    const isLast = plain.wantsClose;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nServer: ${this.#host.server}\r\n${
      hasCors ? CORS_FIELDS : ''
    }${fields}Date: ${httpDate()}\r\n${isLast ? CLOSE : KEEP_ALIVE}`;
    const socket = this.#socket;
    const done = (): void => this.#sent(plain, isLast);
    if (body === undefined || typeof body === 'string') {
      // All its characters are ASCII if they are as many as its bytes.
      socket.write(head + (body ?? ''), body?.length === bodyBytes ? 'latin1' : 'utf8', done);
    } else if (bodyBytes <= SMALL_BODY_BYTES) {
      const bytes = Buffer.allocUnsafe(head.length + bodyBytes);
      bytes.write(head, 'latin1');
      body.copy(bytes, head.length);
      socket.write(bytes, done);
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body, done);
      socket.uncork();
    }
    if (socket.writableLength > 0) this.#bePatient(true);
  }

  /** The system has taken the whole answer: only now comes the next one, however much a client asks for. */
  #sent({ sizeBytes }: PlainRequest, isLast: boolean): void {
    this.#over();
    if (this.#socket.destroyed) return;
    if (isLast) {
      this.#socket.destroySoon();
      return;
    }
    const left = this.#bytes;
    this.#bytes = left === undefined || left.length <= sizeBytes ? undefined : left.subarray(sizeBytes);
    this.#isAnswering = false;
    this.#bePatient(false);
    if (this.#bytes === undefined && this.#socket.isPaused()) this.#socket.resume();
    this.#next();
  }

  /** The socket belongs to a viewer of a live stream from here on, and ends with its client. */
  readonly #hijack = (): void => {
    this.#leaveSocket();
    // It was paused if the client sent more; its end is to be heard.
    this.#socket.resume();
    endWithClient(this.#socket, this.#hasEnded);
  };

  #leaveSocket(): void {
    const socket = this.#socket;
    this.#feed?.disconnect();
    socket.off('data', this.receive);
    socket.off('end', this.#ended);
    socket.off('error', this.#failed);
    socket.off('timeout', this.#failed);
    socket.off('close', this.#over);
    this.#over();
  }

  #handOver(): void {
    const socket = this.#socket;
    this.#leaveSocket();
    if (this.#hasEnded) {
      // Node's own server takes the end of the requests for that of the connection.
      socket.end();
      return;
    }
    // Paused, so that the bytes are read by those who listen next.
    socket.pause();
    if (this.#bytes !== undefined) socket.unshift(this.#bytes);
    this.#bytes = undefined;
    this.#host.handOver(socket);
    socket.resume();
  }
}

function isWorthATry({ url, headers }: PlainRequest): boolean {
  return headers.range === undefined ? PLAYED.test(url) : LIVE.test(url);
}

/** Outside of the class, whose objects its listeners would keep alive. */
function endWithClient(socket: Socket, hasEnded: boolean): void {
  socket.on('error', () => socket.destroy());
  if (hasEnded) socket.destroySoon();
  else socket.once('end', () => socket.destroySoon());
}
