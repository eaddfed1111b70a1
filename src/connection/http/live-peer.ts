// What a live stream's socket needs beside the shared bytes: what its client says, and how it is told that the
// stream is over or does not come. HTTP has little of that, WebSocket some.

import type { Socket } from 'node:net';
import { ProtocolError } from '../../protocol/error.ts';
import {
  encodeClose,
  encodeControlFrame,
  WS_CLOSED_NORMALLY,
  WS_GOING_AWAY,
  WS_PONG,
  WS_PROTOCOL_ERROR,
} from '../../protocol/websocket/frame.ts';
import { WsFrameReader } from '../../protocol/websocket/frame-reader.ts';

/** Why the server ends a live stream. */
export type LiveEnd =
  /** The publisher has left. */
  | 'ended'
  /** The server or an operator ends it. */
  | 'dropped'
  /** Nobody has published the stream in time. */
  | 'missing';

/** How the client is spoken to, apart from the stream itself. */
export interface LivePeer {
  /** Sent with the first media; undefined if the answer's head is out already. */
  readonly preamble: Buffer | undefined;
  /** The client says something. */
  receive(bytes: Buffer): void;
  /** Tells the client that nothing more comes and lets it go. */
  end(reason: LiveEnd): void;
}

/** How long the last bytes may take to leave before the socket is destroyed, ms. */
const CLOSE_TIMEOUT_MS = 3000;
/** In the range that is free for applications: RFC 6455, 7.4.2. */
const WS_NO_SUCH_STREAM = 4404;

function endSocket(socket: Socket): void {
  socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy());
  socket.destroySoon();
}

/** What a client of a live HTTP response sends is read and dropped, lest requests pile up. */
export class HttpLivePeer implements LivePeer {
  readonly preamble: Buffer;
  readonly #socket: Socket;
  readonly #server: string;

  /**
   * @param preamble response head, sent together with the first media
   * @param server value of the Server header
   */
  constructor(socket: Socket, preamble: Buffer, server: string) {
    this.#socket = socket;
    this.preamble = preamble;
    this.#server = server;
  }

  receive(): void {}

  end(reason: LiveEnd): void {
    if (reason === 'missing') {
      const head = `Connection: close\r\nContent-Length: 9\r\nContent-Type: text/plain; charset=utf-8\r\nServer: ${this.#server}`;
      this.#socket.write(`HTTP/1.1 404 Not Found\r\n${head}\r\n\r\nNot Found`);
    }
    endSocket(this.#socket);
  }
}

/** Answers pings and close frames; messages are dropped. */
export class WebSocketLivePeer implements LivePeer {
  readonly preamble = undefined;
  readonly #socket: Socket;
  readonly #onViolation: (text: string) => void;
  readonly #reader: WsFrameReader;
  #isClosing = false;

  /** @param onViolation the client does not speak WebSocket; the socket ends */
  constructor(socket: Socket, onViolation: (text: string) => void) {
    this.#socket = socket;
    this.#onViolation = onViolation;
    this.#reader = new WsFrameReader({
      ping: (payload) => this.#pong(payload),
      close: () => this.#closed(),
    });
  }

  receive(bytes: Buffer): void {
    try {
      this.#reader.receive(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#onViolation(error.message);
      this.#sayClose(WS_PROTOCOL_ERROR, error.message);
      endSocket(this.#socket);
    }
  }

  /** The client answers with a close frame of its own, and then the socket ends: RFC 6455, 7.1.1. */
  end(reason: LiveEnd): void {
    if (reason === 'missing') this.#sayClose(WS_NO_SUCH_STREAM, 'no such stream');
    else if (reason === 'ended') this.#sayClose(WS_CLOSED_NORMALLY, 'the stream has ended');
    else this.#sayClose(WS_GOING_AWAY, 'the server ends the stream');
    this.#socket.setTimeout(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
  }

  /** Who asks faster than it reads gets no answer to some of its pings: RFC 6455, 5.5.3. */
  #pong(payload: Buffer): void {
    if (this.#isClosing || this.#socket.writableLength > 0) return;
    this.#socket.write(encodeControlFrame(WS_PONG, payload));
  }

  #closed(): void {
    this.#sayClose(WS_CLOSED_NORMALLY, '');
    endSocket(this.#socket);
  }

  #sayClose(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.write(encodeClose(code, reason));
  }
}
