// What a listener offers besides the API: a list of services, asked in order for each request.

import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConnection } from './http-connection.ts';

/** What a request says, however it was read; fastify's is one. */
export interface ServiceRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: 'http' | 'https';
  /** The Host header, and the same without its port. */
  readonly host: string;
  readonly hostname: string;
  readonly socket: Socket;
}

/** Where the answer goes; fastify's is one. */
export interface ServiceReply {
  header(name: string, value: string): ServiceReply;
  code(status: number): ServiceReply;
  send(body?: string | Buffer): unknown;
  callNotFound(): unknown;
  /** There is no answer of HTTP's: from here on the socket is the caller's alone. */
  hijack(): unknown;
}

/** One request, with what all services want to know about it. */
export interface ServiceExchange {
  readonly request: ServiceRequest;
  readonly reply: ServiceReply;
  readonly connection: HttpConnection;
  /** Decoded, without the query; see `decodePath`. */
  readonly path: string;
  /** The virtual host that the request names; it need not exist. */
  readonly vhost: string;
  /** The client understands an answer in chunks (HTTP/1.1). */
  readonly takesChunks: boolean;
  /** CORS headers belong into the answer; `reply` has them already. */
  readonly hasCors: boolean;
  /** Calls back when the answer has been handed to the system, with the bytes of its body. */
  readonly whenSent: (listener: (bodyBytes: number) => void) => void;
  /** Calls back when the answer has been sent, or its connection is gone. */
  readonly whenOver: (listener: () => void) => void;
  /**
   * For an answer that has to wait: calls back when the client has given up meanwhile.
   * @returns what ends the watching, before the answer
   */
  readonly whileWaiting: (onGone: () => void) => () => void;
}

/** The same with all that fastify knows. */
export interface HttpExchange extends ServiceExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface HttpService<Exchange = HttpExchange> {
  /**
   * Answers the request, or leaves it untouched.
   * @returns whether it has answered, or will
   */
  serve(exchange: Exchange): boolean | Promise<boolean>;
}

/** A service that needs no more than the request and a place for the answer. */
export type PlainService = HttpService<ServiceExchange>;
