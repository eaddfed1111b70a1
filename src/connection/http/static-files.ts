// Files below the static mounts: ranges, conditions and HEAD by @fastify/static, FLV seeking and SRS's content types
// here. Built-in pages stand in for files that a folder does not have.

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { seekFlv } from './flv-seek.ts';
import type { HttpExchange, HttpService } from './http-service.ts';
import { mimeType } from './mime-type.ts';
import { queryValue, rawPath } from './request-path.ts';
import { matchStaticMount, type StaticMount } from './static-mount.ts';

export interface StaticFilesOptions {
  /** Asked for each request: a reload changes them. */
  readonly mounts: () => readonly StaticMount[];
  /** Folder of the built-in pages, which appear at / when the folder there has no such file. */
  readonly builtIn: string | undefined;
}

type Found =
  | { readonly type: 'file'; readonly dir: string; readonly path: string }
  /** A folder or mount without its slash. */
  | { readonly type: 'redirect' };

/** Large reads take fewer turns of the thread pool for segments of a megabyte. */
const SEND_OPTIONS = { contentType: false, cacheControl: false, highWaterMark: 256 * 1024 };
/** Playlists change all the time, pages with the next version: caches may keep them but must ask. */
const CHANGING = /\.(m3u8|mpd|html)$/;
const TEXT = 'text/plain; charset=utf-8';

export class StaticFiles implements HttpService {
  readonly #options: StaticFilesOptions;

  constructor(options: StaticFilesOptions) {
    this.#options = options;
  }

  /** Whether a path names a file or a folder with one to show. */
  async has({ vhost, path }: Pick<HttpExchange, 'vhost' | 'path'>): Promise<boolean> {
    return (await this.#find(vhost, path)) !== undefined;
  }

  async serve(exchange: HttpExchange): Promise<boolean> {
    const found = await this.#find(exchange.vhost, exchange.path);
    if (found === undefined) return false;
    if (found.type === 'redirect') redirect(exchange);
    else await this.#send(exchange, found.dir, found.path);
    return true;
  }

  async #find(vhost: string, path: string): Promise<Found | undefined> {
    const match = matchStaticMount(this.#options.mounts(), vhost, path);
    if (match === undefined || match.type === 'redirect') return match;
    const { prefix, dir } = match.mount;
    const file = match.path === '' || match.path.endsWith('/') ? `${match.path}index.html` : match.path;
    const found = await look(dir, file);
    if (found !== undefined || prefix !== '/' || this.#options.builtIn === undefined) return found;
    return look(this.#options.builtIn, file);
  }

  async #send({ request, reply }: HttpExchange, dir: string, path: string): Promise<void> {
    const start = Number.parseInt(queryValue(request, 'start'), 10);
    if (/\.(flv|fhv)$/.test(path) && start > 0) {
      const flv = await seekFlv(join(dir, path), start);
      if (flv === undefined) {
        reply.code(416).header('Content-Type', TEXT).send('Range Not Satisfiable');
        return;
      }
      reply.header('Content-Type', 'video/x-flv').header('Content-Length', flv.sizeBytes).send(flv.body);
      return;
    }
    if (path.endsWith('.mp4'))
      useQueryRange(request.raw.headers, queryValue(request, 'range') || queryValue(request, 'bytes'));
    reply.header('Content-Type', mimeType(path));
    if (CHANGING.test(path)) reply.header('Cache-Control', 'no-cache');
    reply.sendFile(path, resolve(dir), SEND_OPTIONS);
  }
}

/** SRS: `x.mp4?range=0-499` and `?bytes=0-499` mean the header of that name. */
function useQueryRange(headers: Record<string, unknown>, range: string): void {
  if (/^\d*-\d*$/.test(range)) headers.range = `bytes=${range}`;
}

async function look(dir: string, path: string): Promise<Found | undefined> {
  const stats = await stat(join(dir, path)).catch(() => undefined);
  if (stats?.isFile()) return { type: 'file', dir, path };
  return stats?.isDirectory() ? { type: 'redirect' } : undefined;
}

/** To a folder's URL with its slash, and the same query. */
function redirect({ request, reply, path }: HttpExchange): void {
  const query = request.url.slice(rawPath(request.url).length);
  const location = `${path.split('/').map(encodeURIComponent).join('/')}/${query}`;
  reply.code(302).header('Location', location).header('Content-Type', TEXT).send(`Redirect to ${location}`);
}
