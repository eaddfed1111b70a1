// Files below the static mounts: ranges, conditions and HEAD by @fastify/send, FLV seeking and SRS's content types
// here. Built-in pages stand in for files that a folder does not have.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFile, sendBytes } from './cached-response.ts';
import { type CachedFile, FileCache } from './file-cache.ts';
import { seekFlv } from './flv-seek.ts';
import type { HttpExchange, HttpService, ServiceExchange } from './http-service.ts';
import { queryValue, rawPath } from './request-path.ts';
import { sendFile } from './send-file.ts';
import { matchStaticMount, type StaticMatch, type StaticMount } from './static-mount.ts';

export interface StaticFilesOptions {
  /** Asked for each request: a reload changes them. */
  readonly mounts: () => readonly StaticMount[];
  /** Folder of the built-in pages, which appear at / when the folder there has no such file. */
  readonly builtIn: string | undefined;
}

type FileMatch = Extract<StaticMatch, { type: 'file' }>;

interface Place {
  readonly dir: string;
  /** Below it. */
  readonly file: string;
}

/** Segments of ten seconds at 12 Mbps; together the newest ones of fifty streams at 1 Mbps. */
const CACHE_OPTIONS = {
  maxFileBytes: 16 * 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  // A playlist is news, a segment stays what it is until its name is used again.
  checkMs: (path: string) => (path.endsWith('.m3u8') ? 50 : 500),
  now: () => performance.now(),
};
const KEPT = /\.(?:m3u8|ts|m4s|mp4)$/;
const TEXT = 'text/plain; charset=utf-8';

export class StaticFiles implements HttpService {
  readonly #options: StaticFilesOptions;
  readonly #cache = new FileCache(CACHE_OPTIONS);

  constructor(options: StaticFilesOptions) {
    this.#options = options;
  }

  /** Whether a path names a file, or a folder to be redirected to. */
  async has({ vhost, path }: Pick<HttpExchange, 'vhost' | 'path'>): Promise<boolean> {
    const match = matchStaticMount(this.#options.mounts(), vhost, path);
    if (match?.type !== 'file') return match !== undefined;
    for (const place of this.#places(match)) if ((await look(place)) !== undefined) return true;
    return false;
  }

  /** Where the folder of a mount has a file, or would have it; undefined if no mount answers that path. */
  pathOf({ vhost, path }: Pick<HttpExchange, 'vhost' | 'path'>): string | undefined {
    const match = matchStaticMount(this.#options.mounts(), vhost, path);
    return match?.type === 'file' ? `${match.mount.dir}/${match.path}` : undefined;
  }

  /** A small file that is asked for again and again, say a playlist. Undefined if it is not there. */
  read(path: string): Buffer | Promise<Buffer | undefined> {
    const fresh = this.#cache.findFresh(path);
    fresh?.release();
    return fresh?.bytes ?? this.#load(path);
  }

  async #load(path: string): Promise<Buffer | undefined> {
    const cached = await this.#cache.find(path);
    cached?.release();
    return cached?.bytes ?? (await readFile(path).catch(() => undefined));
  }

  async serve(exchange: HttpExchange): Promise<boolean> {
    const match = matchStaticMount(this.#options.mounts(), exchange.vhost, exchange.path);
    if (match === undefined) return false;
    if (match.type === 'redirect') {
      redirect(exchange);
      return true;
    }
    for (const place of this.#places(match)) {
      if (await this.#serveFrom(place, exchange)) return true;
    }
    return false;
  }

  /** Answers what may be answered from memory, playlists and segments, and keeps it there from the first request on. */
  serveKept(exchange: ServiceExchange): boolean | Promise<boolean> {
    if (!KEPT.test(exchange.path)) return false;
    const match = matchStaticMount(this.#options.mounts(), exchange.vhost, exchange.path);
    if (match?.type !== 'file' || !isPlain(exchange, match.path)) return false;
    const path = `${match.mount.dir}/${match.path}`;
    const fresh = this.#cache.findFresh(path);
    if (fresh === undefined) return this.#keep(exchange, match.path, path);
    sendCached(exchange, match.path, fresh);
    return true;
  }

  async #keep(exchange: ServiceExchange, file: string, path: string): Promise<boolean> {
    const cached = await this.#cache.find(path, true);
    if (cached === undefined) return false;
    sendCached(exchange, file, cached);
    return true;
  }

  /** Where a file may lie, the first choice first. */
  #places({ mount, path }: FileMatch): readonly Place[] {
    const file = path === '' || path.endsWith('/') ? `${path}index.html` : path;
    const { builtIn } = this.#options;
    const hasBuiltIn = builtIn !== undefined && mount.prefix === '/';
    return [{ dir: mount.dir, file }, ...(hasBuiltIn ? [{ dir: builtIn, file }] : [])];
  }

  async #serveFrom(place: Place, exchange: HttpExchange): Promise<boolean> {
    const start = flvStart(place.file, exchange);
    if (start === 0 && isPlain(exchange, place.file)) {
      const cached = await this.#cache.find(join(place.dir, place.file));
      if (cached !== undefined) {
        sendCached(exchange, place.file, cached);
        return true;
      }
    }
    const kind = await look(place);
    if (kind === undefined) return false;
    if (kind === 'folder') redirect(exchange);
    else if (start > 0) await sendSeeked(exchange, place, start);
    else await sendWhole(exchange, place);
    return true;
  }
}

/** `?start=N` of an FLV file, 0 without one. */
function flvStart(file: string, { request }: HttpExchange): number {
  if (!/\.(flv|fhv)$/.test(file)) return 0;
  const start = Number.parseInt(queryValue(request, 'start'), 10);
  return start > 0 ? start : 0;
}

/** Wants the whole file, or to hear that it has not changed. */
function isPlain({ request }: ServiceExchange, file: string): boolean {
  const { headers } = request;
  const hasRange = headers.range !== undefined || (file.endsWith('.mp4') && request.url.includes('?'));
  return !hasRange && headers['if-match'] === undefined && headers['if-unmodified-since'] === undefined;
}

function sendCached(exchange: ServiceExchange, file: string, cached: CachedFile): void {
  exchange.whenOver(cached.release);
  exchange.reply.header('Accept-Ranges', 'bytes');
  sendBytes(exchange, file, cached);
}

async function sendWhole({ request, reply }: HttpExchange, { dir, file }: Place): Promise<void> {
  if (file.endsWith('.mp4')) {
    useQueryRange(request.raw.headers, queryValue(request, 'range') || queryValue(request, 'bytes'));
  }
  describeFile(reply, file);
  await sendFile(request, reply, dir, file);
}

async function sendSeeked({ reply }: HttpExchange, { dir, file }: Place, start: number): Promise<void> {
  const flv = await seekFlv(join(dir, file), start);
  if (flv === undefined) {
    reply.code(416).header('Content-Type', TEXT).send('Range Not Satisfiable');
    return;
  }
  reply.header('Content-Type', 'video/x-flv').header('Content-Length', flv.sizeBytes).send(flv.body);
}

/** SRS: `x.mp4?range=0-499` and `?bytes=0-499` mean the header of that name. */
function useQueryRange(headers: Record<string, unknown>, range: string): void {
  if (/^\d*-\d*$/.test(range)) headers.range = `bytes=${range}`;
}

async function look({ dir, file }: Place): Promise<'file' | 'folder' | undefined> {
  const stats = await stat(join(dir, file)).catch(() => undefined);
  if (stats?.isFile()) return 'file';
  return stats?.isDirectory() ? 'folder' : undefined;
}

/** To a folder's URL with its slash, and the same query. */
function redirect({ request, reply, path }: HttpExchange): void {
  const query = request.url.slice(rawPath(request.url).length);
  const location = `${path.split('/').map(encodeURIComponent).join('/')}/${query}`;
  reply.code(302).header('Location', location).header('Content-Type', TEXT).send(`Redirect to ${location}`);
}
