// One accepted HTTP socket: counted like every other connection, and perhaps taken over by a live stream.

import type { Socket } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { Fanout } from '../../output/fanout.ts';
import type { Viewer, ViewerEnd } from '../../output/viewer.ts';
import type { EventCounts } from '../../stats/event-counts.ts';
import type { Connection, ConnectionKind } from '../connection-registry.ts';
import { slowViewerHooks } from '../slow-viewer.ts';
import type { VhostOptions } from '../vhost.ts';
import type { LiveEnd, LivePeer } from './live-peer.ts';

/** What a socket needs to become a viewer. */
export interface LiveStart {
  readonly fanout: Fanout;
  /** Name of the stream's virtual host. */
  readonly vhost: string;
  readonly peer: LivePeer;
  /** How long the first media may take, ms; undefined = as long as the client likes. */
  readonly waitMs: number | undefined;
  /** Called once, when the viewer is gone for whatever reason. */
  readonly onEnd: () => void;
}

export interface HttpConnectionOptions {
  readonly kind: ConnectionKind;
  /** Context id, as in the log. */
  readonly id: string;
  readonly log: Logger;
  readonly counts: EventCounts;
  readonly onClosed: () => void;
}

export class HttpConnection implements Connection {
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly remoteAddress: string;
  readonly log: Logger;
  readonly #socket: Socket;
  readonly #counts: EventCounts;
  #fanout: Fanout | undefined;
  #viewer: Viewer | undefined;
  #peer: LivePeer | undefined;
  #waitTimer: NodeJS.Timeout | undefined;
  #onLiveEnd: (() => void) | undefined;
  #vhost: string | undefined;
  #isLive = false;
  #requests = 0;
  #isRepeated = false;

  constructor(socket: Socket, { kind, id, log, counts, onClosed }: HttpConnectionOptions) {
    this.#socket = socket;
    this.#counts = counts;
    this.kind = kind;
    this.id = id;
    this.log = log;
    this.remoteAddress = socket.remoteAddress ?? '';
    socket.once('close', () => {
      this.#stopLive();
      if (this.#isLive) log.trace('client disconnect peer. ret=1007');
      onClosed();
    });
  }

  /** The socket belongs to a live stream: no further request on it is answered. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Counts a request and logs it. @param line of the request, by how many there were before it */
  noteRequest(line: (index: number) => string, isQuiet = false): void {
    if (this.#isRepeated) this.#isRepeated = false;
    else this.log[isQuiet ? 'info' : 'trace'](line(this.#requests++));
  }

  /** The request that was noted last comes once more, another way. */
  repeatRequest(): void {
    this.#isRepeated = true;
  }

  get vhost(): string | undefined {
    return this.#vhost;
  }

  /** Makes the socket a viewer; the HTTP server's own response is out of the game from here on. */
  startLive({ fanout, vhost, peer, waitMs, onEnd }: LiveStart): void {
    this.#isLive = true;
    this.#vhost = vhost;
    this.#peer = peer;
    this.#onLiveEnd = onEnd;
    this.#socket.setTimeout(0);
    this.#socket.on('data', (bytes: Buffer) => peer.receive(bytes));
    for (const listener of this.#socket.listeners('data').slice(0, -1)) {
      this.#socket.off('data', listener as () => void);
    }
    this.#fanout = fanout;
    this.#viewer = fanout.add({
      sink: this.#socket,
      preamble: peer.preamble,
      durationMs: 0,
      onEnd: (reason) => this.#viewerEnded(reason),
      ...slowViewerHooks(this.log, this.#counts),
    });
    if (waitMs === undefined || this.#viewer.isOpen) return;
    this.#waitTimer = setTimeout(() => this.#waitIsOver(waitMs), waitMs);
  }

  /** The peer breaks the protocol that it speaks: said once, and counted. */
  noteViolation(text: string): void {
    this.#counts.errors++;
    this.log.warn(`serve error code=2807 : ${text}, ip=${this.remoteAddress}`);
  }

  /** Viewers end with the feature that serves them; their response is cut, as SRS does it. */
  configure(vhost: VhostOptions): void {
    this.#socket.setNoDelay(vhost.tcpNodelay);
    if (vhost.httpRemux.isEnabled || this.#viewer === undefined) return;
    this.log.warn('server disconnect. ret=4040, http_remux was switched off');
    this.#endLive('dropped');
  }

  /** HTTP has no word for it. */
  askToLeave(): boolean {
    return false;
  }

  close(reason: string): void {
    this.log.trace(`http: close client, ${reason}`);
    if (this.#viewer === undefined) this.#socket.destroy();
    else this.#endLive('dropped');
  }

  #waitIsOver(waitMs: number): void {
    if (this.#viewer === undefined || this.#viewer.isOpen) return;
    this.log.warn(`serve error code=4040 : no stream within ${waitMs}ms, ip=${this.remoteAddress}`);
    this.#endLive('missing');
  }

  #viewerEnded(reason: ViewerEnd): void {
    this.#forgetViewer();
    if (reason === 'send-timeout') {
      this.#counts.errors++;
      this.log.warn('client disconnect peer. ret=1009, writev timeout 30000 ms');
      this.#socket.destroy();
      return;
    }
    this.log.trace('server disconnect. ret=4040, the stream has ended');
    this.#peer?.end('ended');
  }

  #endLive(reason: LiveEnd): void {
    this.#stopLive();
    this.#peer?.end(reason);
  }

  #stopLive(): void {
    if (this.#viewer !== undefined) this.#fanout?.remove(this.#viewer);
    this.#forgetViewer();
  }

  #forgetViewer(): void {
    this.#viewer = undefined;
    this.#fanout = undefined;
    clearTimeout(this.#waitTimer);
    this.#onLiveEnd?.();
    this.#onLiveEnd = undefined;
  }
}
