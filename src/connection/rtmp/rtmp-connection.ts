// One RTMP peer: a socket and its session, with what the peer publishes or plays on it.

import type { Socket } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import { ProtocolError } from '../../protocol/error.ts';
import type {
  ConnectRequest,
  PlayRequest,
  PublishRequest,
  RtmpMediaMessage,
  RtmpServerHandler,
} from '../../protocol/rtmp/server-handler.ts';
import { RtmpServerSession } from '../../protocol/rtmp/server-session.ts';
import type { Connection, ConnectionRegistry } from '../connection-registry.ts';
import type { VhostOptions } from '../vhost.ts';
import { ClientEntry } from './client-entry.ts';
import { connectLine, isServer, serverLine } from './peer-facts.ts';
import { PlayCommand } from './play-command.ts';
import { PublishCommand } from './publish-command.ts';
import type { RtmpHost, RtmpPeer } from './rtmp-peer.ts';
import { type BytesReceiver, SocketReader } from './socket-reader.ts';

/** A peer that sends nothing for so long before it publishes or plays is closed, ms. */
const IDLE_TIMEOUT_MS = 30_000;
/** A peer has so long to say what it wants, however slowly its bytes trickle in, ms. */
const IDENTIFY_TIMEOUT_MS = 60_000;
/** So long a connection may wait for its next publish or play after the last one ended, ms. */
const REPUBLISH_TIMEOUT_MS = 180_000;
/** Replies that may wait for a peer that asks (pings, calls) but does not read, bytes. */
const MAX_QUEUED_REPLY_BYTES = 256 * 1024;
/** How long the last bytes may take to leave before the socket is destroyed, ms. */
const CLOSE_TIMEOUT_MS = 3000;

/** Chunk and window sizes for a peer of an unknown vhost, which is told so once it names a stream. */
const SIZES_WITHOUT_VHOST = { chunkSize: 60_000, outAckSize: 2_500_000, inAckSize: 0 };

export class RtmpConnection implements Connection, RtmpServerHandler, RtmpPeer, BytesReceiver {
  readonly id: string;
  readonly kind = 'rtmp';
  readonly remoteAddress: string;
  readonly host: RtmpHost;
  readonly log: Logger;
  readonly reader: SocketReader;
  readonly socket: Socket;
  readonly session: RtmpServerSession;
  readonly entry: ClientEntry;
  readonly #publish: PublishCommand;
  readonly #play: PlayCommand;
  readonly #registry: Pick<ConnectionRegistry, 'remove'>;
  #identifyTimer: NodeJS.Timeout | undefined;
  /** Rather than the socket's own timer, which weighs as much as a session once it was set, and moves with each write. */
  #silenceTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #connect: ConnectRequest | undefined;
  /** Of the last publish or play. */
  #vhost: string | undefined;
  #receivedBytes = 0;
  /** Bytes of replies since the socket last took everything. */
  #queuedReplyBytes = 0;
  #isClosing = false;
  #isClosed = false;

  /**
   * @param accepted not read from yet; moved into a socket of the connection's own
   * @param registry is told once, when the socket is gone
   */
  constructor(
    accepted: Socket,
    id: string,
    log: Logger,
    host: RtmpHost,
    registry: Pick<ConnectionRegistry, 'remove'>,
  ) {
    this.reader = new SocketReader(accepted, this);
    const { socket } = this.reader;
    this.socket = socket;
    this.id = id;
    this.log = log;
    this.host = host;
    this.#registry = registry;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.session = new RtmpServerSession(
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
    this.entry = new ClientEntry(host.statistics, socket);
    this.#publish = new PublishCommand(this);
    this.#play = new PlayCommand(this);
    this.#identifyTimer = setTimeout(
      () => this.fail(1011, 'nothing to publish or play was asked for'),
      IDENTIFY_TIMEOUT_MS,
    );
    this.expectData(IDLE_TIMEOUT_MS);
    // The short messages of the dialogue go out at once; `tcp_nodelay` counts from the first media on.
    socket.setNoDelay(true);
    socket.on('end', () => this.close('client disconnect peer'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.close(error.code ?? error.message));
    socket.on('close', () => this.#closed());
  }

  // --- Connection: what the server around it asks

  get vhost(): string | undefined {
    return this.#vhost;
  }

  configure(vhost: VhostOptions): void {
    this.socket.setNoDelay(vhost.tcpNodelay);
    this.#publish.configure(vhost);
  }

  askToLeave(): boolean {
    return this.session.requestReconnect('the server is shutting down');
  }

  close(reason: string): void {
    if (this.#isClosing) return;
    if (this.#receivedBytes > 0) this.log.trace(`client finished, ${reason}`);
    this.#shutDown();
  }

  // --- RtmpPeer: what its publish and play ask

  get connect(): ConnectRequest | undefined {
    return this.#connect;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  identified(vhost: VhostOptions): void {
    this.#vhost = vhost.name;
    clearTimeout(this.#identifyTimer);
    this.#identifyTimer = undefined;
    this.expectData(0);
    this.socket.setNoDelay(vhost.tcpNodelay);
  }

  awaitCommand(): void {
    this.expectData(REPUBLISH_TIMEOUT_MS);
  }

  expectData(timeoutMs: number): void {
    clearTimeout(this.#silenceTimer);
    const isLimited = timeoutMs > 0 && !this.#isClosing;
    this.#silenceTimer = isLimited
      ? setTimeout(() => this.fail(1011, `no data for ${timeoutMs}ms`), timeoutMs)
      : undefined;
  }

  fail(code: number, text: string): void {
    if (this.#isClosing) return;
    this.host.statistics.counts.errors++;
    this.log.warn(`serve error code=${code} : ${text}, ip=${this.remoteAddress}`);
    this.#shutDown();
  }

  // --- RtmpServerHandler: what the session says and asks

  output(bytes: Buffer): void {
    if (this.socket.destroyed) return;
    this.#queuedReplyBytes = this.socket.writableLength === 0 ? 0 : this.#queuedReplyBytes + bytes.length;
    this.socket.write(bytes);
    if (this.#queuedReplyBytes <= MAX_QUEUED_REPLY_BYTES || this.#isClosing) return;
    this.fail(1011, `the peer asks and does not read: ${this.#queuedReplyBytes} bytes of replies wait`);
    this.socket.destroy();
  }

  connectRequested(request: ConnectRequest): void {
    this.#connect = request;
    this.log.trace(connectLine(request));
    if (isServer(request.args)) this.log.trace(serverLine(request.args));
    if (this.host.cluster.answerOwnerQuestion(request.args) === false) {
      this.session.rejectConnect(request.requestId, 'the stream is not published here');
      return;
    }
    // The stream name may still name another vhost, so an unknown one is refused only when that is known.
    const { chunkSize, outAckSize, inAckSize } =
      this.host.findVhost(request.url.vhost) ?? SIZES_WITHOUT_VHOST;
    this.session.acceptConnect(request.requestId, { chunkSize, outAckSize, inAckSize });
  }

  publishRequested(request: PublishRequest): void {
    this.#publish.requested(request);
  }

  media(message: RtmpMediaMessage): void {
    this.#publish.publisher?.media(message);
  }

  publishEnded(): void {
    this.#publish.ended();
  }

  playRequested(request: PlayRequest): void {
    this.#play.requested(request);
  }

  playPaused(isPaused: boolean): void {
    this.#play.paused(isPaused);
  }

  playEnded(): void {
    this.#play.ended();
  }

  notice(text: string): void {
    this.log.trace(text);
  }

  closeRequested(): void {
    this.#shutDown();
  }

  // --- BytesReceiver: what the socket has read

  receive(bytes: Buffer): void {
    if (this.#isClosing) return;
    this.#silenceTimer?.refresh();
    if (this.#receivedBytes === 0)
      this.log.trace(`RTMP client ip=${this.remoteAddress}:${this.socket.remotePort}`);
    this.#receivedBytes += bytes.length;
    this.#publish.publisher?.keepAlive();
    try {
      this.session.receive(bytes, performance.now());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error.code, error.message);
    }
  }

  // --- inside

  /** Ends what it publishes or plays, lets what is queued leave for a moment, then the socket goes. */
  #shutDown(): void {
    this.#isClosing = true;
    this.#release();
    this.#closeTimer = setTimeout(() => this.socket.destroy(), CLOSE_TIMEOUT_MS);
    this.socket.destroySoon();
  }

  #release(): void {
    clearTimeout(this.#identifyTimer);
    clearTimeout(this.#silenceTimer);
    this.reader.close();
    this.entry.leave();
    this.#play.close();
    this.#publish.close();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isClosing = true;
    this.#release();
    clearTimeout(this.#closeTimer);
    this.#registry.remove(this);
  }
}
