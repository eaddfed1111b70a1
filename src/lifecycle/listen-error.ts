// A port that could not be opened: says which, which directive asks for it, and what to do about it.

import type { Endpoint } from '../config/endpoint.ts';

/** SRS's error number for it; the exit status is its low byte. */
const LISTEN_FAILED = 1002;

export class ListenError extends Error {
  readonly srsCode = LISTEN_FAILED;

  /** @param directive as a user finds it in the file: `listen`, `http_api listen` */
  constructor(directive: string, endpoint: Endpoint, cause: NodeJS.ErrnoException) {
    super(listenText(directive, endpoint, cause), { cause });
  }
}

function listenText(directive: string, endpoint: Endpoint, cause: NodeJS.ErrnoException): string {
  const where = `${directive} ${endpoint.text};`;
  const place = `${endpoint.host}:${endpoint.port}`;
  if (cause.code === 'EADDRINUSE') {
    return `cannot listen at ${place} (${where}): the port is in use by another process. Stop it, or choose another port.`;
  }
  if (cause.code === 'EACCES') {
    return `cannot listen at ${place} (${where}): not permitted. Choose a port above 1023, or grant CAP_NET_BIND_SERVICE.`;
  }
  if (cause.code === 'EADDRNOTAVAIL') {
    return `cannot listen at ${place} (${where}): this host has no such address.`;
  }
  return `cannot listen at ${place} (${where}): ${cause.message}`;
}
