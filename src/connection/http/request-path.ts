// What a request names: its path, decoded and safe to look up below a folder, and its virtual host.

import { unescape as decodePercents } from 'node:querystring';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { StreamId } from '../../stream/stream-id.ts';
import type { ServiceExchange, ServiceRequest } from './http-service.ts';

/** The path of a URL without its query, not percent-decoded. */
export function rawPath(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/**
 * The path percent-decoded, with single slashes. Undefined if it does not decode, or could lead out of a folder:
 * no client that normalises its URLs sends `..`, in whatever encoding.
 */
export function decodePath(url: string): string | undefined {
  const raw = rawPath(url);
  const decoded = raw.includes('%') ? decode(raw) : raw;
  if (decoded === undefined || decoded.includes('\0')) return undefined;
  const path = decoded.replace(/\/{2,}/g, '/');
  if (!path.startsWith('/') || /(^|[\\/])\.\.?([\\/]|$)/.test(path)) return undefined;
  return path;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A query parameter, decoded; of several with one name the first. '' if it is missing. */
export function queryValue({ url }: Pick<ServiceRequest, 'url'>, name: string): string {
  for (let at = url.indexOf('?') + 1; at > 0; ) {
    const next = url.indexOf('&', at);
    const end = next < 0 ? url.length : next;
    if (url.startsWith(name, at)) {
      const after = at + name.length;
      if (after === end) return '';
      if (url[after] === '=') return decodeQuery(url.slice(after + 1, end));
    }
    at = next + 1;
  }
  return '';
}

function decodeQuery(text: string): string {
  return /[%+]/.test(text) ? decodePercents(text.replaceAll('+', ' ')) : text;
}

/** Query `vhost`, else query `domain`, else the Host header without its port. */
export function requestVhost(request: ServiceRequest): string {
  return queryValue(request, 'vhost') || queryValue(request, 'domain') || request.hostname;
}

/** What a viewer asks for, as an RTMP player would. @param param query for the origin with its `?`; '' = none */
export function rtmpUrl(
  { request, vhost }: Pick<ServiceExchange, 'request' | 'vhost'>,
  { app, stream }: Pick<StreamId, 'app' | 'stream'>,
  param: string,
): RtmpUrl {
  return { schema: request.protocol, host: request.hostname, port: 0, vhost, app, stream, param };
}
