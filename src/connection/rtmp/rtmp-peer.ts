// An RTMP connection as its publish and its play see it.

import type { Socket } from 'node:net';
import type { Logger } from '../../log/logger.ts';
import type { ConnectRequest } from '../../protocol/rtmp/server-handler.ts';
import type { RtmpServerSession } from '../../protocol/rtmp/server-session.ts';
import type { ConnectionHost } from '../connection-host.ts';
import type { PublisherGrace } from '../publisher-grace.ts';
import type { VhostOptions } from '../vhost.ts';
import type { ClientEntry } from './client-entry.ts';
import type { SocketReader } from './socket-reader.ts';

/** What a connection needs from the server around it. */
export interface RtmpHost extends ConnectionHost {
  readonly grace: PublisherGrace;
  readonly randomBytes: (size: number) => Buffer;
}

export interface RtmpPeer {
  readonly id: string;
  readonly remoteAddress: string;
  readonly host: RtmpHost;
  readonly log: Logger;
  readonly session: RtmpServerSession;
  readonly socket: Socket;
  readonly reader: SocketReader;
  readonly entry: ClientEntry;
  /** What it said first; undefined until then. */
  readonly connect: ConnectRequest | undefined;
  /** Whoever has waited for an answer on its behalf starts nothing any more, and replies nothing. */
  readonly isClosing: boolean;
  /** It has said what it wants: from now on it is a client of this vhost. */
  identified(vhost: VhostOptions): void;
  /** Its publish or play ended by command: it may send another one. */
  awaitCommand(): void;
  /** The connection fails if nothing comes for so long, ms; 0 = however long. */
  expectData(timeoutMs: number): void;
  /** Closes the connection for an error, with one log line. `code` is SRS's number. */
  fail(code: number, text: string): void;
  /** Closes the connection; `reason` is for the log. */
  close(reason: string): void;
}
