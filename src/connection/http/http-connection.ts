// One accepted HTTP socket: counted like every other connection, and perhaps taken over by a live stream.

import type { Socket } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { Fanout } from '../../output/fanout.ts';
import type { Viewer, ViewerEnd } from '../../output/viewer.ts';
import type { Connection, ConnectionKind } from '../connection-registry.ts';
import type { VhostOptions } from '../vhost.ts';

/** How long the last bytes may take to leave before the socket is destroyed, ms. */
const CLOSE_TIMEOUT_MS = 3000;

export class HttpConnection implements Connection {
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly remoteAddress: string;
  readonly log: Logger;
  readonly #socket: Socket;
  #fanout: Fanout | undefined;
  #viewer: Viewer | undefined;
  #onLiveEnd: (() => void) | undefined;
  #vhost: string | undefined;
  #isLive = false;
  #requests = 0;

  constructor(socket: Socket, kind: ConnectionKind, id: string, log: Logger, onClosed: () => void) {
    this.#socket = socket;
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

  /** @returns how many there were before */
  countRequest(): number {
    return this.#requests++;
  }

  get vhost(): string | undefined {
    return this.#vhost;
  }

  /**
   * Makes the socket a viewer; the HTTP server's own response is out of the game from here on.
   * @param vhost name of the stream's virtual host
   * @param head response head, sent together with the first media
   * @param onEnd called once, when the viewer is gone for whatever reason
   */
  startLive(fanout: Fanout, vhost: string, head: Buffer, onEnd: () => void): void {
    this.#isLive = true;
    this.#vhost = vhost;
    this.#onLiveEnd = onEnd;
    this.#socket.setTimeout(0);
    // What the client sends from here on is read and dropped, lest requests pile up in the HTTP parser.
    this.#socket.on('data', () => {});
    for (const listener of this.#socket.listeners('data').slice(0, -1)) {
      this.#socket.off('data', listener as () => void);
    }
    this.#fanout = fanout;
    this.#viewer = fanout.add({
      sink: this.#socket,
      preamble: head,
      durationMs: 0,
      onEnd: (reason) => this.#viewerEnded(reason),
      onSkip: (count, lagMs) => {
        this.log.warn(`shrinking, removed=${count}, lag=${Math.round(lagMs)}ms: the client reads too slowly`);
      },
    });
  }

  /** Viewers end with the feature that serves them; their response is cut, as SRS does it. */
  configure(vhost: VhostOptions): void {
    this.#socket.setNoDelay(vhost.tcpNodelay);
    if (vhost.httpRemux.isEnabled) return;
    this.log.warn('server disconnect. ret=4040, http_remux was switched off');
    this.#stopLive();
    this.#socket.destroySoon();
  }

  /** HTTP has no word for it. */
  askToLeave(): boolean {
    return false;
  }

  close(reason: string): void {
    this.log.trace(`http: close client, ${reason}`);
    this.#stopLive();
    this.#socket.destroy();
  }

  #viewerEnded(reason: ViewerEnd): void {
    this.#forgetViewer();
    if (reason === 'send-timeout') {
      this.log.warn('client disconnect peer. ret=1009, writev timeout 30000 ms');
      this.#socket.destroy();
      return;
    }
    this.log.trace('server disconnect. ret=4040, the stream has ended');
    this.#socket.setTimeout(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
    this.#socket.destroySoon();
  }

  #stopLive(): void {
    if (this.#viewer !== undefined) this.#fanout?.remove(this.#viewer);
    this.#forgetViewer();
  }

  #forgetViewer(): void {
    this.#viewer = undefined;
    this.#fanout = undefined;
    this.#onLiveEnd?.();
    this.#onLiveEnd = undefined;
  }
}
