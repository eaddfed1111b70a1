// The server of node:http or node:https below a fastify instance: time-outs, and header names as people know them.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** A keep-alive connection without a request is closed after so long, ms (SRS: 15 s). */
export const KEEP_ALIVE_TIMEOUT_MS = 15_000;
/** A request whose head is not complete after so long is closed, give or take the interval of the check, ms. */
const HEAD_TIMEOUT_MS = 15_000;
const HEAD_CHECK_INTERVAL_MS = 5_000;
/** A connection over which nothing moves while an answer is due is closed after so long, ms. Live streams have their own. */
export const STALL_TIMEOUT_MS = 60_000;

const SPELLINGS = new Map([
  ['etag', 'ETag'],
  ['www-authenticate', 'WWW-Authenticate'],
  ['x-content-type-options', 'X-Content-Type-Options'],
]);

/** `content-type` to `Content-Type`: fastify writes names in lower case, SRS and most others do not. */
function spelled(name: string): string {
  let found = SPELLINGS.get(name);
  if (found === undefined) {
    found = name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
    if (SPELLINGS.size < 100) SPELLINGS.set(name, found);
  }
  return found;
}

class SpelledResponse extends ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): this {
    return super.setHeader(spelled(name), value);
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.at(-1);
    if (headers === null || typeof headers !== 'object' || Array.isArray(headers)) {
      return super.writeHead(status, ...(rest as []));
    }
    const renamed = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [spelled(name), value as string]),
    );
    return super.writeHead(status, ...(rest.slice(0, -1) as []), renamed);
  }
}

/** Nothing listens yet; with TLS it needs a certificate first. */
export function createListener(onRequest: RequestListener, hasTls: boolean): Server {
  const options = {
    ServerResponse: SpelledResponse,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    headersTimeout: HEAD_TIMEOUT_MS,
    connectionsCheckingInterval: HEAD_CHECK_INTERVAL_MS,
  } as const;
  const handler = onRequest as RequestListener<typeof IncomingMessage, typeof SpelledResponse>;
  const server = hasTls
    ? createTlsServer({ ...options, handshakeTimeout: HEAD_TIMEOUT_MS }, handler)
    : createServer(options, handler);
  return server.setTimeout(STALL_TIMEOUT_MS);
}
