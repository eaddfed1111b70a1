// What a request names: its path, decoded and safe to look up below a folder, and its virtual host.

import type { ServiceRequest } from './http-service.ts';

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

/** A query parameter; of several with one name the first. '' if it is missing. */
export function queryValue(request: ServiceRequest, name: string): string {
  const value = (request.query as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** Query `vhost`, else query `domain`, else the Host header without its port. */
export function requestVhost(request: ServiceRequest): string {
  return queryValue(request, 'vhost') || queryValue(request, 'domain') || request.hostname;
}
