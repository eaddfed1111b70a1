// SRS's log line of a request.

import type { ServiceRequest } from './http-service.ts';

/** @param index of the request on its connection, from 0 */
export function requestLine(
  { socket, method, protocol, host, url, headers }: ServiceRequest,
  index: number,
): string {
  const length = headers['content-length'] ?? '-1';
  return `HTTP #${index} ${socket.remoteAddress}:${socket.remotePort} ${method} ${protocol}://${host}${url}, content-length=${length}`;
}
