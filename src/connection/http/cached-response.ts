// Answers with bytes that are in memory already: files of the cache, and HLS that is on no disk.

import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceExchange, ServiceReply } from './http-service.ts';
import { mimeType } from './mime-type.ts';

export interface BytesInMemory {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Value of Last-Modified. */
  readonly lastModified: string;
}

/** Playlists change all the time, pages with the next version: caches may keep them but must ask. */
const CHANGING = /\.(m3u8|mpd|html)$/;

/** SRS's content type, and what caches need to know. */
export function describeFile(reply: ServiceReply, file: string): void {
  reply.header('Content-Type', mimeType(file));
  if (CHANGING.test(file)) reply.header('Cache-Control', 'no-cache');
}

/** Sends them, or that they have not changed. */
export function sendBytes({ request, reply }: ServiceExchange, file: string, content: BytesInMemory): void {
  const { bytes, etag, lastModified } = content;
  describeFile(reply, file);
  reply.header('Last-Modified', lastModified).header('ETag', etag);
  if (isKnown(request.headers, etag, lastModified)) reply.code(304).send();
  else reply.send(bytes);
}

function isKnown(headers: IncomingHttpHeaders, etag: string, lastModified: string): boolean {
  if (headers['cache-control']?.includes('no-cache')) return false;
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags === '*' || tags.split(/\s*,\s*/).includes(etag);
  const since = headers['if-modified-since'];
  return since !== undefined && Date.parse(lastModified) <= Date.parse(since);
}
