// HTTP viewers of a stream that another origin has, sent there: `cluster.http_redirect`. Players follow a 302, and find
// the segments of a playlist where they found the playlist.

import type { StreamId } from '../../stream/stream-id.ts';
import type { VhostOptions } from '../vhost.ts';
import type { HttpHost } from './http-server.ts';
import type { PlainService, ServiceExchange } from './http-service.ts';
import { matchLiveMount } from './live-mount.ts';

/** Where `hls_m3u8_file` puts playlists unless told otherwise. */
const PLAYLIST = /^\/(?<app>.+)\/(?<stream>[^/]+)\.m3u8$/;

export class OwnerRedirects implements PlainService {
  readonly #host: HttpHost;

  constructor(host: HttpHost) {
    this.#host = host;
  }

  /** A page that was loaded over TLS may not load from a plain origin: its viewers stay here. */
  serve(exchange: ServiceExchange): boolean | Promise<boolean> {
    const { request, path, vhost: name } = exchange;
    const { cluster, streams, findVhost } = this.#host;
    const vhost = findVhost(name);
    if (vhost === undefined || request.protocol !== 'http') return false;
    const id = streamOf(path, vhost);
    if (id === undefined || streams.find(id)?.isPublishing === true) return false;
    const owner = cluster.findHttpOwner(id, request.hostname);
    return owner !== undefined && redirect(exchange, owner);
  }
}

async function redirect(
  { request, reply }: ServiceExchange,
  finding: Promise<string | undefined>,
): Promise<boolean> {
  const owner = await finding;
  if (owner === undefined) return false;
  reply.code(302).header('Location', `http://${owner}${request.url}`).send('');
  return true;
}

function streamOf(path: string, vhost: VhostOptions): StreamId | undefined {
  const playlist = PLAYLIST.exec(path)?.groups;
  if (playlist?.app !== undefined && playlist.stream !== undefined) {
    return { vhost: vhost.name, app: playlist.app, stream: playlist.stream };
  }
  return matchLiveMount(path, vhost, () => false)?.id;
}
