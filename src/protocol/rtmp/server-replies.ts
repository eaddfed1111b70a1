// The sentences of a server, with the values, chunk streams and message streams that SRS 4.0 uses for them
// (srs_rtmp_stack.cpp). What refuses is ours: SRS just closes, so encoders cannot say why.

import { encodeAmf0 } from '../amf0/encode.ts';
import { type Amf0Object, type Amf0Value, amf0Object } from '../amf0/value.ts';
import { encodeCommand } from './message/command.ts';
import { DYNAMIC_LIMIT, encodeSetPeerBandwidth, encodeU32, USER_CONTROL } from './message/control.ts';
import { MESSAGE_TYPE } from './message/message-type.ts';
import type { MessageLink } from './message-link.ts';
import { identityData, type RtmpServerIdentity } from './server-identity.ts';

/** Chunk stream of answers to calls. */
const RESULT_CSID = 3;
/** Chunk stream of everything about a stream. */
const STATUS_CSID = 5;
/** The only message stream there is: every createStream gets this number. */
export const STREAM_ID = 1;

const PEER_BANDWIDTH = 2_500_000;
/** Client id in status objects; SRS has always sent this one. */
const CLIENT_ID = 'ASAICiss';

export interface Status {
  readonly code: string;
  readonly description: string;
}

export interface RedirectTarget {
  /** `rtmp://ip:port/app` */
  readonly tcUrl: string;
  /** tcUrl, stream and parameters. */
  readonly url: string;
}

/** Queues answers in a link; the link's `flush` sends them. */
export class ServerReplies {
  readonly #link: MessageLink;

  constructor(link: MessageLink) {
    this.#link = link;
  }

  /** Window sizes and chunk size go out before the answer to `connect`: OBS relies on it. */
  connectAccepted(
    identity: RtmpServerIdentity,
    objectEncoding: number,
    chunkSize: number,
    ackSize: number,
  ): void {
    if (ackSize > 0) this.#link.sendControl(MESSAGE_TYPE.windowAckSize, encodeU32(ackSize));
    const bandwidth = encodeSetPeerBandwidth(PEER_BANDWIDTH, DYNAMIC_LIMIT);
    this.#link.sendControl(MESSAGE_TYPE.setPeerBandwidth, bandwidth);
    this.#link.sendChunkSize(chunkSize);
    const info = amf0Object({
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded',
      objectEncoding,
      data: identityData(identity),
    });
    this.#command(RESULT_CSID, 0, '_result', 1, [connectProperties(), info]);
    this.#command(RESULT_CSID, 0, 'onBWDone', 0, [null]);
  }

  connectRejected(description: string): void {
    const info = amf0Object({ level: 'error', code: 'NetConnection.Connect.Rejected', description });
    this.#command(RESULT_CSID, 0, '_error', 1, [connectProperties(), info]);
  }

  /** `_result` of a call, with null as its command object. */
  result(transactionId: number, value: Amf0Value, streamId = 0): void {
    this.#command(RESULT_CSID, streamId, '_result', transactionId, [null, value]);
  }

  /** FMLE and its kin are told twice that publishing starts: first so, then by publishStarted. */
  fcPublish(): void {
    const info = { code: 'NetStream.Publish.Start', description: 'Started publishing stream.' };
    this.#command(STATUS_CSID, STREAM_ID, 'onFCPublish', 0, [null, amf0Object(info)]);
  }

  publishStarted(): void {
    this.#status('NetStream.Publish.Start', 'Started publishing stream.', { clientid: CLIENT_ID });
  }

  publishRejected(status: Status): void {
    this.#error(status);
  }

  /** The answer to FCUnpublish. */
  unpublished(transactionId: number): void {
    const info = { code: 'NetStream.Unpublish.Success', description: 'Stop publishing stream.' };
    this.#command(STATUS_CSID, STREAM_ID, 'onFCUnpublish', 0, [null, amf0Object(info)]);
    this.result(transactionId, undefined, STREAM_ID);
    this.#status('NetStream.Unpublish.Success', 'Stream is now unpublished', { clientid: CLIENT_ID });
  }

  playStarted(): void {
    const more = { details: 'stream', clientid: CLIENT_ID };
    this.streamBegin();
    this.#status('NetStream.Play.Reset', 'Playing and resetting stream.', more);
    this.#status('NetStream.Play.Start', 'Started playing stream.', more);
    const access = encodeAmf0(['|RtmpSampleAccess', true, true]);
    this.#link.send(STATUS_CSID, MESSAGE_TYPE.data, STREAM_ID, access);
  }

  playRejected(status: Status): void {
    this.#error(status);
  }

  /** SRS edges connect again to `url`; before SRS 3.0.100 they read `redirect`. */
  playRedirected({ tcUrl, url }: RedirectTarget): void {
    const info = amf0Object({
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'RTMP 302 Redirect',
      ex: amf0Object({ code: 302, redirect: tcUrl, redirect2: url }),
    });
    this.#command(STATUS_CSID, 0, 'onStatus', 0, [null, info]);
  }

  paused(): void {
    this.#status('NetStream.Pause.Notify', 'Paused stream.', {});
    this.#link.sendUserControl(USER_CONTROL.streamEof, STREAM_ID);
  }

  resumed(): void {
    this.#status('NetStream.Unpause.Notify', 'Unpaused stream.', {});
    this.streamBegin();
  }

  streamBegin(): void {
    this.#link.sendUserControl(USER_CONTROL.streamBegin, STREAM_ID);
  }

  /** A status of the host's choice, for example NetStream.Play.UnpublishNotify. */
  statusNotice({ code, description }: Status): void {
    this.#status(code, description, { details: 'stream', clientid: CLIENT_ID });
  }

  /** Enhanced RTMP v2: the client should connect again, with its own tcUrl, and leave when that has worked. */
  reconnectRequested(description: string): void {
    const code = 'NetConnection.Connect.ReconnectRequest';
    const info = amf0Object({ level: 'status', code, description });
    this.#command(RESULT_CSID, 0, 'onStatus', 0, [null, info]);
  }

  #status(code: string, description: string, more: Readonly<Record<string, Amf0Value>>): void {
    const info = amf0Object({ level: 'status', code, description, ...more });
    this.#command(STATUS_CSID, STREAM_ID, 'onStatus', 0, [null, info]);
  }

  #error({ code, description }: Status): void {
    const info = amf0Object({ level: 'error', code, description, clientid: CLIENT_ID });
    this.#command(STATUS_CSID, STREAM_ID, 'onStatus', 0, [null, info]);
  }

  #command(
    csid: number,
    streamId: number,
    name: string,
    transactionId: number,
    args: readonly Amf0Value[],
  ): void {
    this.#link.send(csid, MESSAGE_TYPE.command, streamId, encodeCommand(name, transactionId, args));
  }
}

function connectProperties(): Amf0Object {
  return amf0Object({ fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 });
}
