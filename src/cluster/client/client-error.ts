// Why a connection to another server failed, with SRS's numbers, which users' log filters know.

import { type Endpoint, endpointText } from './endpoint.ts';

export const CLIENT_ERROR_CODE = {
  closed: 1007,
  timeout: 1011,
  connect: 1018,
  resolve: 1029,
  refused: 2003,
  redirects: 2800,
} as const;

export type ClientErrorKind = keyof typeof CLIENT_ERROR_CODE;

export class ClientError extends Error {
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClientError';
    this.code = code;
  }

  static of(kind: ClientErrorKind, message: string): ClientError {
    return new ClientError(CLIENT_ERROR_CODE[kind], message);
  }
}

/** A server that is to be connected to, and how long that may take. */
export interface ConnectTarget {
  readonly endpoint: Endpoint;
  readonly connectTimeoutMs: number;
}

export function connectTimedOut(target: ConnectTarget): ClientError {
  return ClientError.of('connect', `${connectText(target)} : timeout`);
}

export function silent(timeoutMs: number): ClientError {
  return ClientError.of('timeout', `recv message : timeout ${timeoutMs} ms`);
}

/** What the system says of a socket. */
export function socketFailed(
  error: NodeJS.ErrnoException,
  isConnecting: boolean,
  target: ConnectTarget,
): ClientError {
  if (isLookup(error)) return ClientError.of('resolve', `get address info : ${error.message}`);
  return isConnecting
    ? ClientError.of('connect', `${connectText(target)} : ${reason(error)}`)
    : ClientError.of('closed', `recv message : ${reason(error)}`);
}

function connectText({ endpoint, connectTimeoutMs }: ConnectTarget): string {
  return `tcp: connect ${endpointText(endpoint)} to=${connectTimeoutMs}ms`;
}

/** The system's resolver failed, or a name server of `resolver`. */
function isLookup({ syscall = '' }: NodeJS.ErrnoException): boolean {
  return syscall === 'getaddrinfo' || syscall.startsWith('query');
}

/** A failed connect to a name with several addresses is an AggregateError with an empty message. */
function reason(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError) return (error.errors as Error[]).map((one) => one.message).join(', ');
  return error.message || (error.code ?? 'unknown error');
}
