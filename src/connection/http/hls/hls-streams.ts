// Playlists and segments of HLS, as far as they are more than files: viewers become clients, an edge fetches what is
// asked for, a playlist may be waited for, and with `hls_memory` there are no files at all. The rest is StaticFiles'.

import { resolve, sep } from 'node:path';
import { NO_BYTES } from '../../../bytes/no-bytes.ts';
import type { MemoryFile } from '../../../output/hls/memory-store.ts';
import { type StreamId, streamUrl } from '../../../stream/stream-id.ts';
import type { VhostOptions } from '../../vhost.ts';
import { sendBytes } from '../cached-response.ts';
import type { HttpHost } from '../http-server.ts';
import type { PlainService, ServiceExchange } from '../http-service.ts';
import { templatePattern } from '../live-mount.ts';
import { mimeType } from '../mime-type.ts';
import { queryValue } from '../request-path.ts';
import type { HlsDelivery } from './hls-delivery.ts';
import { clientFacts, type HlsRequest, playlistFor, playlistUrl, waitKey } from './hls-request.ts';
import { type HlsSession, HlsSessions } from './hls-sessions.ts';
import { PlaylistWait } from './playlist-wait.ts';
import { StreamDemand } from './stream-demand.ts';

/** Files on disk; StaticFiles is one. */
export interface PlaylistFiles {
  has(exchange: Pick<ServiceExchange, 'vhost' | 'path'>): Promise<boolean>;
  /** Absolute. */
  pathOf(exchange: Pick<ServiceExchange, 'vhost' | 'path'>): string | undefined;
  /** Undefined, or a promise of that, if it is not there. */
  read(path: string): Buffer | Promise<Buffer | undefined>;
}

/** Sessions for each connection that the server may have: players close theirs between two requests. */
const SESSIONS_PER_CONNECTION = 4;
/** As long as the name of a session. */
const NO_SESSION = '00000000';
const TEXT = 'text/plain; charset=utf-8';

export class HlsStreams implements PlainService {
  readonly #host: HttpHost;
  readonly #files: PlaylistFiles;
  readonly #sessions: HlsSessions;
  readonly #demand: StreamDemand;
  readonly #wait = new PlaylistWait();

  constructor(host: HttpHost, files: PlaylistFiles) {
    this.#host = host;
    this.#files = files;
    const now = () => performance.now();
    const { statistics, connections } = host;
    const maxSessions = SESSIONS_PER_CONNECTION * connections.limit;
    this.#sessions = new HlsSessions({ statistics, now, maxSessions });
    this.#demand = new StreamDemand(now);
  }

  /** May be called twice. */
  close(): void {
    this.#sessions.close();
    this.#demand.close();
  }

  serve(exchange: ServiceExchange): boolean | Promise<boolean> {
    const vhost = this.#host.findVhost(exchange.vhost);
    const hls = vhost?.hls;
    if (vhost?.isEnabled !== true || hls === undefined) return false;
    const id = exchange.path.endsWith('.m3u8') ? this.#streamOf(exchange, vhost, hls) : undefined;
    if (id !== undefined) {
      const sessionName = queryValue(exchange.request, 'hls_ctx');
      return this.#servePlaylist({ exchange, vhost, hls, id, sessionName });
    }
    return this.#serveOther(exchange, vhost, hls);
  }

  #servePlaylist(asked: HlsRequest): boolean | Promise<boolean> {
    const { exchange, hls, sessionName } = asked;
    const session = hls.hasSessions ? this.#sessions.use(sessionName) : undefined;
    if (session?.isKicked === true) return refuse(exchange, sessionName);
    const found = this.#read(asked);
    if (!Buffer.isBuffer(found)) return this.#answerLater(asked, session, found);
    this.#demandStream(asked);
    return this.#answer(asked, session, found);
  }

  async #answerLater(
    asked: HlsRequest,
    session: HlsSession | undefined,
    reading: Promise<Buffer | undefined> | undefined,
  ): Promise<boolean> {
    const { exchange, hls } = asked;
    const there = await reading;
    // What is not in memory and lies on the disk is a file like others.
    if (there === undefined && hls.isInMemory && (await this.#files.has(exchange))) return false;
    this.#demandStream(asked);
    const bytes = there ?? (await this.#waitFor(asked, async () => this.#read(asked)));
    if (bytes === undefined) this.#giveUp(asked);
    if (exchange.request.socket.destroyed) return true;
    if (bytes !== undefined) return this.#answer(asked, session, bytes);
    this.#logMissing(asked);
    exchange.reply.callNotFound();
    return true;
  }

  /** As for viewers of live streams. What nobody waited for is no more than a missing file. */
  #logMissing({ exchange: { connection }, hls, id }: HlsRequest): void {
    const isPublished = this.#isPublished(id);
    const waitedMs = hls.waitMs + (isPublished ? hls.firstSegmentMs : 0);
    const what = isPublished ? 'no segment of the stream' : 'no stream';
    if (waitedMs === 0) return;
    connection.log.warn(
      `serve error code=4040 : ${what} within ${waitedMs}ms, ip=${connection.remoteAddress}`,
    );
  }

  #answer(asked: HlsRequest, session: HlsSession | undefined, bytes: Buffer): boolean | Promise<boolean> {
    const { exchange, vhost, hls, id, sessionName } = asked;
    if (!hls.hasSessions) return this.#serveOther(exchange, vhost, hls);
    // HEAD asks what GET would be answered, and is no viewer.
    if (session === undefined && exchange.request.method === 'HEAD') {
      this.#sendPlaylist(exchange, playlistFor(asked, bytes, sessionName || NO_SESSION));
      return true;
    }
    const used = session ?? this.#sessions.open(sessionName, clientFacts(exchange, id), hls.sessionMs);
    if (used === undefined) return this.#serveOther(exchange, vhost, hls);
    countBytes(exchange, used);
    this.#sendPlaylist(exchange, playlistFor(asked, bytes, used.id));
    return true;
  }

  #sendPlaylist(exchange: ServiceExchange, text: string | Buffer): void {
    exchange.reply
      .header('Content-Type', mimeType(exchange.path))
      .header('Cache-Control', 'no-cache')
      .send(text);
  }

  /** Segments, keys, playlists without a session. */
  #serveOther(exchange: ServiceExchange, vhost: VhostOptions, hls: HlsDelivery): boolean | Promise<boolean> {
    const sessionName = hls.hasSessions ? queryValue(exchange.request, 'hls_ctx') : '';
    const session = sessionName === '' ? undefined : this.#sessions.use(sessionName);
    if (session?.isKicked === true) return refuse(exchange, sessionName);
    if (session !== undefined) countBytes(exchange, session);
    if (!hls.isInMemory) return false;
    const path = exchange.path.slice(1);
    const file = this.#host.hls.memory(vhost.name)?.find(path);
    if (file !== undefined) return this.#sendSegment(exchange, file);
    const names = hls.segmentFile && templatePattern(hls.segmentFile).exec(path)?.groups;
    if (!names || names.stream === undefined) return false;
    const id = { vhost: vhost.name, app: names.app ?? '', stream: names.stream };
    if (this.#isComing(id, path) === false) return false;
    return this.#serveLater({ exchange, vhost, hls, id, sessionName });
  }

  /** The playlist of another edge has the segment: here it is on its way, or the stream was not asked for yet. */
  async #serveLater(asked: HlsRequest): Promise<boolean> {
    const { exchange, vhost, id } = asked;
    if (await this.#files.has(exchange)) return false;
    const path = exchange.path.slice(1);
    const find = () => this.#host.hls.memory(vhost.name)?.find(path);
    this.#demandStream(asked);
    await this.#waitFor(asked, async () => {
      const gone = this.#isComing(id, path) === false ? NO_BYTES : undefined;
      return find()?.bytes ?? gone;
    });
    const file = find();
    if (file === undefined) this.#giveUp(asked);
    if (exchange.request.socket.destroyed) return true;
    if (file !== undefined) return this.#sendSegment(exchange, file);
    exchange.reply.callNotFound();
    return true;
  }

  #isComing(id: StreamId, path: string): boolean | undefined {
    return this.#host.hls.memory(id.vhost)?.isComing(streamUrl(id), path);
  }

  #sendSegment(exchange: ServiceExchange, { bytes, modifiedMs, streamUrl: owner }: MemoryFile): true {
    // Players behind a balancer may get the playlists of one edge and the segments of another.
    this.#demand.touch(owner);
    const etag = `W/"${bytes.length.toString(16)}-${Math.round(modifiedMs).toString(16)}"`;
    sendBytes(exchange, exchange.path, { bytes, etag, lastModified: new Date(modifiedMs).toUTCString() });
    return true;
  }

  /** Where streams are fetched, what lies there from an earlier time is not what viewers want. */
  #read({ exchange, vhost, hls, id }: HlsRequest): Buffer | Promise<Buffer | undefined> | undefined {
    if (hls.demandMs > 0 && !this.#isPublished(id)) return undefined;
    if (hls.isInMemory) return this.#host.hls.memory(vhost.name)?.find(exchange.path.slice(1))?.bytes;
    const path = this.#files.pathOf(exchange);
    return path === undefined ? undefined : this.#files.read(path);
  }

  async #waitFor(asked: HlsRequest, read: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const { exchange, hls, id } = asked;
    if (hls.waitMs + hls.firstSegmentMs <= 0 || exchange.request.socket.destroyed) return undefined;
    const abort = new AbortController();
    const endWatching = exchange.whileWaiting(() => abort.abort());
    const find = (waitMs: number) => this.#wait.find(waitKey(asked), read, waitMs, abort.signal);
    let found = await find(hls.waitMs);
    if (found === undefined && this.#isPublished(id)) found = await find(hls.firstSegmentMs);
    endWatching();
    return found;
  }

  #demandStream({ exchange, vhost, hls, id }: HlsRequest): void {
    if (hls.demandMs <= 0) return;
    const { streams, cluster, hls: output } = this.#host;
    const join = () => {
      const stream = streams.fetchOrCreate(id, vhost.stream);
      const endSegments = output.want(stream);
      const leave = cluster.joinViewer(stream, playlistUrl(exchange, id));
      stream.releaseIfIdle();
      return () => {
        endSegments();
        leave();
      };
    };
    this.#demand.ask(streamUrl(id), join, hls.demandMs);
  }

  /** Whoever asks for names that nobody publishes holds no pull longer than a request. */
  #giveUp(asked: HlsRequest): void {
    const { id } = asked;
    const url = streamUrl(id);
    if (!this.#wait.hasAny(`${url} `) && !this.#isPublished(id)) this.#demand.end(url);
  }

  #isPublished(id: StreamId): boolean {
    return this.#host.streams.find(id)?.isPublishing === true;
  }

  /** The stream whose playlist a path is, by the template that it was written with. */
  #streamOf(exchange: ServiceExchange, { name }: VhostOptions, hls: HlsDelivery): StreamId | undefined {
    const path = hls.isInMemory ? exchange.path.slice(1) : this.#pathBelow(hls.folder, exchange);
    const names = path === undefined ? undefined : templatePattern(hls.playlistFile).exec(path)?.groups;
    return names?.stream === undefined
      ? undefined
      : { vhost: name, app: names.app ?? '', stream: names.stream };
  }

  #pathBelow(folder: string, exchange: ServiceExchange): string | undefined {
    const path = this.#files.pathOf(exchange);
    const start = resolve(folder) + sep;
    return path?.startsWith(start) ? path.slice(start.length) : undefined;
  }
}

/** As SRS 5 says it. */
function refuse({ reply }: ServiceExchange, session: string): boolean {
  reply.code(404).header('Content-Type', TEXT).send(`HLS stream ${session} is EOF`);
  return true;
}

/** A session has no socket: the bodies of its answers are what it has received. */
function countBytes(exchange: ServiceExchange, { client }: HlsSession): void {
  exchange.whenSent((bodyBytes) => client.traffic.add(0, bodyBytes));
}
