// What a listener offers besides the API: a list of services, asked in order for each request.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConnection } from './http-connection.ts';

/** One request, with what all services want to know about it. */
export interface HttpExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly connection: HttpConnection;
  /** Decoded, without the query; see `decodePath`. */
  readonly path: string;
  /** The virtual host that the request names; it need not exist. */
  readonly vhost: string;
  /** CORS headers belong into the answer; `reply` has them already. */
  readonly hasCors: boolean;
}

export interface HttpService {
  /**
   * Answers the request, or leaves it untouched.
   * @returns whether it has answered, or will
   */
  serve(exchange: HttpExchange): boolean | Promise<boolean>;
}
