// A file as the answer to a request: ranges and conditions by @fastify/send.

import { resolve } from 'node:path';
import send from '@fastify/send';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Large reads take fewer turns of the thread pool for segments of a megabyte. */
const SEND_OPTIONS = {
  contentType: false,
  cacheControl: false,
  index: false,
  highWaterMark: 256 * 1024,
} as const;

/**
 * Answers with `file` below `dir`, or what of it the request asks for.
 * @param file canonical: no `..`, no empty segments
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  dir: string,
  file: string,
): Promise<void> {
  const result = await send(request.raw, encodeURI(file), { ...SEND_OPTIONS, root: resolve(dir) });
  if (result.type === 'file') reply.code(result.statusCode).headers(result.headers).send(result.stream);
  else if (result.type === 'error' && result.statusCode !== 404) reply.send(result.metadata.error);
  else reply.callNotFound();
}
