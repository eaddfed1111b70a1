// One RTMP peer: a socket, its session, and what the session turned out to be (publisher or player).

import type { Socket } from 'node:net';
import type { AccessAction } from '../../hooks/access-rules.ts';
import type { Logger } from '../../log/logger.ts';
import type { ServerIdentity } from '../../media/metadata.ts';
import type { ViewerEnd } from '../../output/viewer.ts';
import { ProtocolError } from '../../protocol/error.ts';
import type {
  ConnectRequest,
  PlayRequest,
  PublishRequest,
  RtmpMediaMessage,
  RtmpServerHandler,
} from '../../protocol/rtmp/server-handler.ts';
import { RtmpServerSession } from '../../protocol/rtmp/server-session.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import type { ClientStatistics, ClientType } from '../../stats/client-statistics.ts';
import type { Statistics } from '../../stats/statistics.ts';
import type { Traffic } from '../../stats/traffic.ts';
import type { Stream } from '../../stream/stream.ts';
import type { StreamRegistry } from '../../stream/stream-registry.ts';
import type { ClusterGate } from '../cluster-gate.ts';
import type { Connection } from '../connection-registry.ts';
import type { PublisherGrace } from '../publisher-grace.ts';
import type { FindVhost, VhostOptions } from '../vhost.ts';
import type { ViewerOutputs } from '../viewer-outputs.ts';
import { type Admission, admit } from './admission.ts';
import { connectLine, identifiedLine, isServer, serverLine } from './peer-facts.ts';
import { findPlayPlace, type PlayPlace } from './play-place.ts';
import { RtmpPlayer } from './rtmp-player.ts';
import { RtmpPublisher } from './rtmp-publisher.ts';
import { SocketReader } from './socket-reader.ts';

/** What a connection needs from the server around it. */
export interface RtmpHost {
  readonly findVhost: FindVhost;
  readonly streams: StreamRegistry;
  readonly outputs: ViewerOutputs;
  readonly statistics: Statistics;
  readonly identity: ServerIdentity;
  readonly cluster: ClusterGate;
  readonly grace: PublisherGrace;
  readonly randomBytes: (size: number) => Buffer;
}

/** A peer that sends nothing for so long before it publishes or plays is closed, ms. */
const IDLE_TIMEOUT_MS = 30_000;
/** A peer has so long to say what it wants, however slowly its bytes trickle in, ms. */
const IDENTIFY_TIMEOUT_MS = 60_000;
/** So long a connection may wait for its next publish or play after the last one ended, ms. */
const REPUBLISH_TIMEOUT_MS = 180_000;
/** A redirected player has so long to leave by itself, ms (SRS: 3 s). */
const REDIRECT_TIMEOUT_MS = 3000;
/** Replies that may wait for a peer that asks (pings, calls) but does not read, bytes. */
const MAX_QUEUED_REPLY_BYTES = 256 * 1024;
/** How long the last bytes may take to leave before the socket is destroyed, ms. */
const CLOSE_TIMEOUT_MS = 3000;

export class RtmpConnection implements Connection, RtmpServerHandler {
  readonly id: string;
  readonly kind = 'rtmp';
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #host: RtmpHost;
  readonly #log: Logger;
  readonly #session: RtmpServerSession;
  readonly #reader: SocketReader;
  readonly #onClosed: () => void;
  #identifyTimer: NodeJS.Timeout | undefined;
  #publisher: RtmpPublisher | undefined;
  #player: RtmpPlayer | undefined;
  #connect: ConnectRequest | undefined;
  /** Of the whole connection, whatever it plays or publishes in turn. */
  #traffic: Traffic | undefined;
  #client: ClientStatistics | undefined;
  /** Of the last publish or play. */
  #vhost: string | undefined;
  #receivedBytes = 0;
  /** Bytes of replies since the socket last took everything. */
  #queuedReplyBytes = 0;
  #isClosing = false;
  #isClosed = false;

  /**
   * @param accepted not read from yet; moved into a socket of the connection's own
   * @param onClosed called once, when the socket is gone
   */
  constructor(accepted: Socket, id: string, log: Logger, host: RtmpHost, onClosed: () => void) {
    this.#reader = new SocketReader(accepted, (bytes) => this.#receive(bytes));
    const { socket } = this.#reader;
    this.#socket = socket;
    this.id = id;
    this.#log = log;
    this.#host = host;
    this.#onClosed = onClosed;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.#session = new RtmpServerSession(
      {
        serverName: `${host.identity.name}/${host.identity.version}`,
        serverVersion: host.identity.version,
        connectionId: id,
        processId: process.pid,
        localAddress: socket.localAddress ?? '',
        randomBytes: host.randomBytes,
      },
      this,
    );
    this.#identifyTimer = setTimeout(
      () => this.#fail(1011, 'nothing to publish or play was asked for'),
      IDENTIFY_TIMEOUT_MS,
    );
    socket.setTimeout(IDLE_TIMEOUT_MS, () => this.#fail(1011, `no data for ${socket.timeout}ms`));
    // The short messages of the dialogue go out at once; `tcp_nodelay` counts from the first media on.
    socket.setNoDelay(true);
    socket.on('end', () => this.close('client disconnect peer'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.close(error.code ?? error.message));
    socket.on('close', () => this.#closed());
  }

  get vhost(): string | undefined {
    return this.#vhost;
  }

  configure(vhost: VhostOptions): void {
    this.#socket.setNoDelay(vhost.tcpNodelay);
    if (this.#publisher === undefined) return;
    this.#publisher.configure(vhost.publish);
    this.#reader.setSlice(vhost.publish.mergedReadMs ?? 0);
  }

  askToLeave(): boolean {
    return this.#session.requestReconnect('the server is shutting down');
  }

  close(reason: string): void {
    if (this.#isClosing) return;
    if (this.#receivedBytes > 0) this.#log.trace(`client finished, ${reason}`);
    this.#shutDown();
  }

  // --- RtmpServerHandler: what the session says and asks

  output(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#queuedReplyBytes = this.#socket.writableLength === 0 ? 0 : this.#queuedReplyBytes + bytes.length;
    this.#socket.write(bytes);
    if (this.#queuedReplyBytes <= MAX_QUEUED_REPLY_BYTES || this.#isClosing) return;
    this.#fail(1011, `the peer asks and does not read: ${this.#queuedReplyBytes} bytes of replies wait`);
    this.#socket.destroy();
  }

  connectRequested(request: ConnectRequest): void {
    const { url } = request;
    this.#connect = request;
    this.#log.trace(connectLine(request));
    if (isServer(request.args)) this.#log.trace(serverLine(request.args));
    if (this.#host.cluster.answerOwnerQuestion(request.args) === false) {
      this.#session.rejectConnect(request.requestId, 'the stream is not published here');
      return;
    }
    // The stream name may still name another vhost, so an unknown one is refused only when that is known.
    const vhost = this.#host.findVhost(url.vhost);
    const { chunkSize, outAckSize, inAckSize } = vhost ?? {
      chunkSize: 60_000,
      outAckSize: 2_500_000,
      inAckSize: 0,
    };
    this.#session.acceptConnect(request.requestId, { chunkSize, outAckSize, inAckSize });
  }

  publishRequested(request: PublishRequest): void {
    const { requestId, url, kind } = request;
    this.#log.trace(identifiedLine(kind, url, 0));
    const admission = this.#admit('publish', url);
    if (admission.type === 'refused') {
      const { description, status, srsCode } = admission;
      this.#refusePublish(requestId, description, status, srsCode);
      return;
    }
    const { vhost } = admission;
    this.#ifAdmitted(
      vhost,
      () => this.#checkPublish(request, vhost),
      (reason) => this.#refusePublish(requestId, reason),
    );
  }

  /** Asks the other origins first, if a stream may be published at one of them only. */
  #checkPublish(request: PublishRequest, vhost: VhostOptions): void {
    const { requestId, url } = request;
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const check = this.#host.cluster.checkPublish(id, url.host);
    if (check === undefined) {
      this.#startPublish(request, vhost);
      return;
    }
    void check.then((refusal) => {
      if (this.#isClosing) return;
      if (refusal === undefined) this.#startPublish(request, vhost);
      else this.#refusePublish(requestId, refusal);
    });
  }

  #stopPublish(reason: string, code: string | undefined): void {
    if (code !== undefined) this.#session.stopPublish({ code, description: reason });
    this.#fail(1011, reason);
  }

  #startPublish({ requestId, url, kind }: PublishRequest, vhost: VhostOptions): void {
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const route = this.#host.cluster.routePublish(id, url, vhost.stream, this.id);
    const stream = route?.stream ?? this.#streamOf(url, vhost);
    const publisher = new RtmpPublisher({
      stream,
      url,
      publish: vhost.publish,
      grace: route === undefined ? this.#host.grace : undefined,
      identity: this.#host.identity,
      log: this.#log,
      // Who watches at the other server is not known here.
      viewerCount: () => (route === undefined ? this.#host.outputs.viewerCount(stream) : 1),
      onStop: (reason, code) => this.#stopPublish(reason, code),
    });
    if (!publisher.start()) {
      this.#refusePublish(requestId, `stream ${stream.url} is busy: somebody else is publishing it`);
      return;
    }
    this.#publisher = publisher;
    this.#identified(vhost);
    this.#enterStatistics(kind, stream);
    if (route === undefined) {
      this.#acceptPublish(requestId, vhost);
      return;
    }
    route.start({
      accepted: () => this.#acceptPublish(requestId, vhost),
      refused: ({ code, description }) => this.#refusePublish(requestId, description, code),
      lost: (reason) => this.#fail(1007, reason),
    });
  }

  #acceptPublish(requestId: number, vhost: VhostOptions): void {
    if (this.#isClosing) return;
    const { firstPacketTimeoutMs, normalTimeoutMs, mergedReadMs } = vhost.publish;
    const mr = mergedReadMs === undefined ? '0/350' : `1/${mergedReadMs}`;
    this.#log.trace(
      `start publish mr=${mr}, p1stpt=${firstPacketTimeoutMs}, pnt=${normalTimeoutMs}, tcp_nodelay=${Number(vhost.tcpNodelay)}`,
    );
    this.#session.acceptPublish(requestId);
    this.#reader.setSlice(mergedReadMs ?? 0);
  }

  playRequested(request: PlayRequest): void {
    const { requestId, url } = request;
    this.#log.trace(identifiedLine('rtmp-play', url, request.durationMs));
    const admission = this.#admit('play', url);
    if (admission.type === 'refused') {
      this.#refusePlay(requestId, admission.srsCode, admission.status, admission.description);
      return;
    }
    const { vhost } = admission;
    this.#identified(vhost);
    this.#ifAdmitted(
      vhost,
      () => this.#findPlay(request, vhost),
      (description) => {
        const code = 'NetStream.Play.Failed';
        this.#refusePlay(requestId, 3067, code, `rtmp: check token traverse : ${description}`);
      },
    );
  }

  /** Asks the origin of an edge vhost first, if that is wanted. */
  #ifAdmitted(vhost: VhostOptions, admitted: () => void, refused: (reason: string) => void): void {
    const { tcUrl = '', pageUrl = '', swfUrl = '', args, url } = this.#connect ?? {};
    const client = { tcUrl, app: url?.app ?? '', pageUrl, swfUrl, args };
    const check = this.#host.cluster.checkClient(vhost.name, client);
    if (check === undefined) {
      admitted();
      return;
    }
    void check.then((verdict) => {
      if (this.#isClosing) return;
      if (verdict.type === 'admitted') admitted();
      else refused(verdict.reason);
    });
  }

  #findPlay(request: PlayRequest, vhost: VhostOptions): void {
    const { url } = request;
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const question = { id, url, isServer: isServer(this.#connect?.args) };
    const place = findPlayPlace(question, this.#host.streams, this.#host.cluster);
    if (place instanceof Promise) void place.then((found) => this.#playAt(found, request, vhost));
    else this.#playAt(place, request, vhost);
  }

  #playAt(place: PlayPlace, request: PlayRequest, vhost: VhostOptions): void {
    if (this.#isClosing) return;
    const { requestId, url } = request;
    if (place.type === 'here') {
      this.#startPlay(request, this.#streamOf(url, vhost), vhost);
    } else if (place.type === 'elsewhere') {
      const { target } = place;
      this.#log.trace(`rtmp: redirect in cluster, from=${url.host}:${url.port}, rurl=${target.url}`);
      this.#session.redirectPlay(requestId, target);
      this.#socket.setTimeout(REDIRECT_TIMEOUT_MS);
    } else {
      const description = `no origin has the stream ${url.app}/${url.stream}`;
      this.#refusePlay(requestId, 3091, 'NetStream.Play.StreamNotFound', description);
    }
  }

  media(message: RtmpMediaMessage): void {
    this.#publisher?.media(message);
  }

  publishEnded(): void {
    this.#reader.setSlice(0);
    this.#leaveStatistics();
    this.#publisher?.close();
    this.#publisher = undefined;
    this.#log.trace('publish ended, the connection waits for another command');
    this.#socket.setTimeout(REPUBLISH_TIMEOUT_MS);
  }

  playEnded(): void {
    this.#leaveStatistics();
    this.#stopPlay();
    this.#log.trace('play ended, the connection waits for another command');
    this.#socket.setTimeout(REPUBLISH_TIMEOUT_MS);
  }

  playPaused(isPaused: boolean): void {
    this.#player?.setPaused(isPaused);
  }

  notice(text: string): void {
    this.#log.trace(text);
  }

  closeRequested(): void {
    this.#shutDown();
  }

  // --- inside

  #receive(bytes: Buffer): void {
    if (this.#isClosing) return;
    if (this.#receivedBytes === 0)
      this.#log.trace(`RTMP client ip=${this.remoteAddress}:${this.#socket.remotePort}`);
    this.#receivedBytes += bytes.length;
    this.#publisher?.keepAlive();
    try {
      this.#session.receive(bytes, performance.now());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(error.code, error.message);
    }
  }

  #admit(action: AccessAction, url: RtmpUrl): Admission {
    const { pageUrl = '' } = this.#connect ?? {};
    return admit({ action, url, ip: this.remoteAddress, pageUrl }, this.#host.findVhost);
  }

  #streamOf(url: RtmpUrl, vhost: VhostOptions): Stream {
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    return this.#host.streams.fetchOrCreate(id, vhost.stream);
  }

  #identified(vhost: VhostOptions): void {
    this.#vhost = vhost.name;
    clearTimeout(this.#identifyTimer);
    this.#identifyTimer = undefined;
    this.#socket.setTimeout(0);
    this.#socket.setNoDelay(vhost.tcpNodelay);
  }

  #refusePlay(requestId: number, srsCode: number, code: string, description: string): void {
    this.#host.statistics.counts.refusedPlays++;
    this.#log.error(`serve error code=${srsCode} : ${description}, ip=${this.remoteAddress}`);
    this.#session.rejectPlay(requestId, { code, description });
  }

  #refusePublish(requestId: number, description: string, code = '', srsCode = 1028): void {
    this.#host.statistics.counts.refusedPublishes++;
    this.#log.error(`serve error code=${srsCode} : ${description}, ip=${this.remoteAddress}`);
    this.#session.rejectPublish(requestId, code === '' ? { description } : { code, description });
  }

  #startPlay(request: PlayRequest, stream: Stream, vhost: VhostOptions): void {
    const { mergedWriteMs } = vhost.play;
    this.#log.trace(
      `start play smi=0ms, mw_sleep=${mergedWriteMs}, mw_msgs=0, realtime=${Number(mergedWriteMs === 0)}, tcp_nodelay=${Number(vhost.tcpNodelay)}`,
    );
    const cached = stream.gopCache;
    this.#enterStatistics('rtmp-play', stream);
    this.#session.acceptPlay(request.requestId);
    this.#player = new RtmpPlayer({
      request,
      stream,
      vhost,
      sink: this.#socket,
      outputs: this.#host.outputs,
      cluster: this.#host.cluster,
      log: this.#log,
      onEnd: (reason) => this.#viewerEnded(reason),
      // Players wait without a word, as with SRS. An edge looks for the stream elsewhere meanwhile.
      onUnpublished: isServer(this.#connect?.args)
        ? () => this.#session.notifyUnpublished(stream.id.stream)
        : undefined,
    });
    if (cached.count > 0) this.#log.trace(`dispatch cached gop success. count=${cached.count}`);
  }

  #enterStatistics(type: ClientType, stream: Stream): void {
    this.#leaveStatistics();
    const { statistics } = this.#host;
    const { tcUrl = '', pageUrl = '', swfUrl = '' } = this.#connect ?? {};
    this.#traffic ??= statistics.newTraffic();
    this.#client = statistics.addClient(
      {
        id: this.id,
        type,
        isPublisher: type !== 'rtmp-play',
        ip: this.remoteAddress,
        tcUrl,
        pageUrl,
        swfUrl,
        ...stream.id,
        url: stream.url,
        kickOff: () => this.#kickOff(),
      },
      this.#socket,
      this.#traffic,
    );
  }

  #kickOff(): void {
    this.#publisher?.forbidReturn();
    this.close('kicked off');
  }

  #leaveStatistics(): void {
    if (this.#client !== undefined) this.#host.statistics.removeClient(this.#client);
    this.#client = undefined;
  }

  #viewerEnded(reason: ViewerEnd): void {
    this.#player = undefined;
    if (reason === 'send-timeout') {
      this.#log.warn('client disconnect peer. ret=1009, writev timeout 30000 ms');
      this.#socket.destroy();
    } else if (reason === 'duration-reached') {
      this.close('the requested duration was played');
    }
  }

  #stopPlay(): void {
    this.#player?.close();
    this.#player = undefined;
  }

  #fail(code: number, text: string): void {
    if (this.#isClosing) return;
    this.#host.statistics.counts.errors++;
    this.#log.warn(`serve error code=${code} : ${text}, ip=${this.remoteAddress}`);
    this.#shutDown();
  }

  /** Stops all roles, lets what is queued leave for a moment, then the socket goes. */
  #shutDown(): void {
    this.#isClosing = true;
    this.#releaseRoles();
    this.#socket.setTimeout(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
    this.#socket.destroySoon();
  }

  #releaseRoles(): void {
    clearTimeout(this.#identifyTimer);
    this.#reader.close();
    this.#leaveStatistics();
    this.#stopPlay();
    this.#publisher?.close();
    this.#publisher = undefined;
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isClosing = true;
    this.#releaseRoles();
    this.#onClosed();
  }
}
