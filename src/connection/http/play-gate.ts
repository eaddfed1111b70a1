// Stands before everything that plays over HTTP, live or from files: `security` and `refer` count there as for RTMP.

import { type AccessOptions, refuseAccess } from '../../hooks/access-rules.ts';
import type { Statistics } from '../../stats/statistics.ts';
import type { PlainService, ServiceExchange } from './http-service.ts';

export interface PlayGateHost {
  /** The rules of a virtual host; undefined for one that does not exist. */
  readonly findAccess: (vhost: string) => AccessOptions | undefined;
  readonly statistics: Statistics;
}

/** Streams, playlists and segments; pages and their parts are for everybody. */
const MEDIA = /\.(flv|ts|aac|mp3|m3u8|m4s|mp4|mpd)$/;

export class PlayGate implements PlainService {
  readonly #host: PlayGateHost;

  constructor(host: PlayGateHost) {
    this.#host = host;
  }

  serve({ request, reply, connection, path, vhost }: ServiceExchange): boolean {
    if (!MEDIA.test(path)) return false;
    const access = this.#host.findAccess(vhost);
    if (access === undefined) return false;
    // Players outside of browsers name no page. SRS asks no HTTP player for one at all.
    const pageUrl = request.headers.referer;
    const refusal = refuseAccess(access, { action: 'play', ip: connection.remoteAddress, pageUrl });
    if (refusal === undefined) return false;
    this.#host.statistics.counts.refusedPlays++;
    connection.log.error(
      `serve error code=${refusal.code} : http: play ${path} : ${refusal.text}, ip=${connection.remoteAddress}`,
    );
    reply.code(403).header('Content-Type', 'text/plain; charset=utf-8').send(`Forbidden: ${refusal.text}`);
    return true;
  }
}
