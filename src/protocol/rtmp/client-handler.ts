// What a client session tells its host. The session is sans-IO: it is fed bytes and calls these methods.

import type { Amf0Object } from '../amf0/value.ts';
import type { RtmpMediaMessage } from './server-handler.ts';
import type { RedirectTarget } from './server-replies.ts';

/** What the server said of itself in its answer to `connect`; empty where it said nothing. */
export interface RtmpPeerIdentity {
  /** `srs_server`, `srs_sig`: name of the server. */
  readonly server: string;
  readonly signature: string;
  /** `srs_version`, else `version`. */
  readonly version: string;
  /** `srs_server_ip` */
  readonly ip: string;
  /** `srs_pid`, 0 if unknown. */
  readonly processId: number;
  /** `srs_id`: the connection's id in the server's logs. */
  readonly connectionId: string;
}

/** An `onStatus`, or the information object of an `_error`. */
export interface RtmpStatus {
  readonly level: string;
  readonly code: string;
  readonly description: string;
  readonly info: Amf0Object | undefined;
}

export interface RtmpClientHandler {
  /** Bytes for the server. The session does not touch them again. */
  output(bytes: Buffer): void;
  /** The server took `connect`. */
  connected(identity: RtmpPeerIdentity): void;
  /** The stream is ours: the server confirmed publish or play, or media arrived. */
  started(): void;
  /** Of a play: audio, video or data. Lent, with its payload, until the call returns. */
  media(message: RtmpMediaMessage): void;
  /** Any other status, for example NetStream.Play.UnpublishNotify. */
  statusReceived(status: RtmpStatus): void;
  /** The server refused, and will close: nothing more comes of this session. */
  refused(status: RtmpStatus): void;
  /** The server refused and named another one to go to (SRS origin cluster, code 302). */
  redirected(target: RedirectTarget): void;
  /** Something worth a log line that is no error. */
  notice(text: string): void;
}
