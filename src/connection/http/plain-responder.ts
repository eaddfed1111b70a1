// Answers what players of HLS ask for, hundreds of times a second, straight from the socket: a complete HTTP server
// takes several times as long for each request as the answer itself. Everything that is not plain is handed to that,
// with the connection, from that request on.
//
//   socket --bytes--> PlainRequest --> services --> PlainAnswer --> socket
//                       | anything else, or no service knows it
//                       +--> node:http, fastify

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type PlainRequest, parsePlainRequest } from '../../protocol/http/plain-request.ts';
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
const PLAYED = /\.(?:m3u8|ts|m4s|mp4)(?:\?|$)/;
/** Copied behind the head: one `write` costs less than a `writev` of two. */
const SMALL_BODY_BYTES = 8192;
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_TIMEOUT_MS / 1000}\r\n\r\n`;
const CLOSE = 'Connection: close\r\n\r\n';
const CORS_FIELDS = Object.entries(CORS_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

export class PlainResponder {
  readonly #socket: Socket;
  readonly #connection: HttpConnection;
  readonly #host: PlainResponderHost;
  /** Read and not yet answered. The first request among it is perhaps being answered: reading is paused then. */
  #bytes: Buffer | undefined;
  #isAnswering = false;
  /** The client sends no more, and may still read. */
  #hasEnded = false;
  /** Told when the client ends while its answer has to wait. */
  #onGone: (() => void) | undefined;
  #onOver: (() => void)[] = [];

  /** Listens from here on. */
  constructor(socket: Socket, connection: HttpConnection, host: PlainResponderHost) {
    this.#socket = socket;
    this.#connection = connection;
    this.#host = host;
    socket.setTimeout(KEEP_ALIVE_TIMEOUT_MS);
    socket.on('data', this.#received);
    socket.on('end', this.#ended);
    socket.on('error', this.#failed);
    socket.on('timeout', this.#failed);
    socket.once('close', this.#over);
  }

  readonly #received = (bytes: Buffer): void => {
    this.#bytes = bytes;
    this.#next();
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
    const request = parsePlainRequest(bytes);
    if (request === undefined || !PLAYED.test(request.url)) {
      this.#handOver();
      return;
    }
    this.#isAnswering = true;
    this.#socket.pause().setTimeout(STALL_TIMEOUT_MS);
    void this.#serve(request);
  }

  async #serve(plain: PlainRequest): Promise<void> {
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
      for (const listener of sentListeners) listener(answer.body?.length ?? 0);
    });
    const exchange: ServiceExchange = {
      request,
      reply,
      connection: this.#connection,
      path,
      vhost: requestVhost(request),
      hasCors,
      whenSent: (listener) => sentListeners.push(listener),
      whenOver: (listener) => {
        if (this.#socket.destroyed) listener();
        else this.#onOver.push(listener);
      },
      whileWaiting: (onGone) => this.#watch(onGone),
    };
    const isServed = await this.#ask(exchange);
    if (isServed || reply.isSent || this.#socket.destroyed) return;
    this.#connection.repeatRequest();
    this.#handOver();
  }

  /** A paused socket tells of its end nevertheless, unless another request stands before that. */
  #watch(onGone: () => void): () => void {
    const socket = this.#socket;
    this.#onGone = onGone;
    socket.once('close', onGone);
    return () => {
      this.#onGone = undefined;
      socket.off('close', onGone);
    };
  }

  /** Whoever fails has not answered: the complete server asks again, and tells what is wrong. */
  async #ask(exchange: ServiceExchange): Promise<boolean> {
    try {
      for (const service of this.#host.services()) if (await service.serve(exchange)) return true;
    } catch {
      return false;
    }
    return false;
  }

  #send({ status, fields, body }: PlainAnswer, plain: PlainRequest, hasCors: boolean): void {
    const isLast = plain.wantsClose;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nServer: ${this.#host.server}\r\n${
      hasCors ? CORS_FIELDS : ''
    }${fields}Date: ${httpDate()}\r\n${isLast ? CLOSE : KEEP_ALIVE}`;
    const socket = this.#socket;
    const done = (): void => this.#sent(plain, isLast);
    const size = body?.length ?? 0;
    if (size <= SMALL_BODY_BYTES) {
      const bytes = Buffer.allocUnsafe(head.length + size);
      bytes.write(head, 'latin1');
      body?.copy(bytes, head.length);
      socket.write(bytes, done);
      return;
    }
    socket.cork();
    socket.write(Buffer.from(head, 'latin1'));
    socket.write(body ?? '', done);
    socket.uncork();
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
    this.#socket.setTimeout(KEEP_ALIVE_TIMEOUT_MS);
    if (this.#bytes === undefined) this.#socket.resume();
    this.#next();
  }

  #handOver(): void {
    const socket = this.#socket;
    socket.off('data', this.#received);
    socket.off('end', this.#ended);
    socket.off('error', this.#failed);
    socket.off('timeout', this.#failed);
    socket.off('close', this.#over);
    this.#over();
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
