// What a server session tells its host, and what it asks. The session is sans-IO: it is fed bytes, it calls
// these methods, and for each question the host answers later through the session, naming the request id.

import type { Amf0Object } from '../amf0/value.ts';
import type { RtmpUrl } from './url.ts';

/** The peer's `connect`. Answer with `session.acceptConnect` or `session.rejectConnect`. */
export interface ConnectRequest {
  readonly requestId: number;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly flashVer: string;
  readonly objectEncoding: number;
  /** What tcUrl alone says: host, port, vhost, app, param; `stream` is still empty. */
  readonly url: RtmpUrl;
  /** The object after the command object: an SRS edge names itself there (`srs_pid`, `srs_id`, …). */
  readonly args: Amf0Object | undefined;
  /** Enhanced RTMP v2 `capsEx` bits, 0 if absent. */
  readonly capsEx: number;
  readonly fourCcList: readonly string[];
}

export type PublishKind = 'fmle-publish' | 'flash-publish' | 'haivision-publish';

/** Somebody wants to publish. Answer with `session.acceptPublish` or `session.rejectPublish`. */
export interface PublishRequest {
  readonly requestId: number;
  readonly kind: PublishKind;
  /** tcUrl and stream name together: vhost, app, stream and param are final. */
  readonly url: RtmpUrl;
}

/** Somebody wants to play. Answer with `session.acceptPlay`, `session.rejectPlay` or `session.redirectPlay`. */
export interface PlayRequest {
  readonly requestId: number;
  readonly url: RtmpUrl;
  /** Longest playback that the client asked for, ms; 0 = no limit. */
  readonly durationMs: number;
}

/** A media or data message of an accepted publisher. `payload` is lent until the call returns. */
export interface RtmpMediaMessage {
  /** 8 audio, 9 video, 18 data (AMF0; type 15 and `@setDataFrame` are already normalised away). Aggregates are split. */
  readonly typeId: 8 | 9 | 18;
  /** As on the wire, unsigned 32 bits, ms. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

export interface RtmpServerHandler {
  /** Bytes for the peer. The session does not touch them again. */
  output(bytes: Buffer): void;
  connectRequested(request: ConnectRequest): void;
  publishRequested(request: PublishRequest): void;
  playRequested(request: PlayRequest): void;
  media(message: RtmpMediaMessage): void;
  /** The accepted publish ended by command; the connection stays and may publish or play again. */
  publishEnded(): void;
  /** The accepted play ended by command; the connection stays and may publish or play again. */
  playEnded(): void;
  playPaused(isPaused: boolean): void;
  /** Something worth a log line that is no error: an ignored command, a dropped message. */
  notice(text: string): void;
  /** The session has said all it had to say (a refusal, a violation): close after the output is flushed. */
  closeRequested(): void;
}
