// `[IP:]PORT` as SRS reads it (spec config 3.1 "ep"; srs_parse_endpoint): the last colon splits.

import { isIP } from 'node:net';
import { atoi } from './number.ts';

/** Where to listen. `host` is a numeric address; a bare port means all IPv4 addresses. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** As written in the file. */
  readonly text: string;
}

/** The endpoint in `text`, whether it is valid or not (see endpointFault). */
export function parseEndpoint(text: string): Endpoint {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return { host: '0.0.0.0', port: atoi(text), text };
  const bracketed = text.startsWith('[') && text[colon - 1] === ']';
  const host = bracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  return { host, port: atoi(text.slice(colon + 1)), text };
}

/** SRS's words for what is wrong with the RTMP endpoint, or undefined. Port 65536 and above wrap in SRS; here they are wrong. */
export function endpointFault(endpoint: Endpoint): string | undefined {
  if (isIP(endpoint.host) === 0) return `listen.ip=${endpoint.host} is invalid`;
  if (endpoint.port <= 0 || endpoint.port > 65535) return `listen.port=${endpoint.port} is invalid`;
  return undefined;
}
