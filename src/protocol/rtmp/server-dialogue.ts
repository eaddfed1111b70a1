// The commands of one connected peer, and what a server answers: who wants to publish or play what, and when that
// ends. SRS 4.0 srs_rtmp_stack.cpp (identify_client, start_fmle_publish, …) and srs_app_rtmp_conn.cpp, with its
// waiting loops replaced by states, so that encoders which leave out a step of the usual order are served, too.

import { type Amf0Value, isAmf0Object, numberProperty, stringProperty } from '../amf0/value.ts';
import { ProtocolError } from '../error.ts';
import type { RtmpCommand } from './message/command.ts';
import type { ConnectRequest, PublishKind, RtmpServerHandler } from './server-handler.ts';
import { type ServerReplies, STREAM_ID } from './server-replies.ts';
import { discoverUrl, type RtmpUrl } from './url.ts';

/** `deciding`: a request waits for the host's answer, and the session keeps input back. */
export type DialogueState =
  | 'connecting'
  | 'deciding'
  | 'idle'
  | 'publishing'
  | 'playing'
  | 'redirected'
  | 'closed';

/** createStream calls before a publish or play; SRS closes at the fourth (code 2055). */
const MAX_CREATE_STREAMS = 3;

/** What the dialogue asks and tells; the rest of RtmpServerHandler is the session's business. */
export type DialogueHandler = Pick<
  RtmpServerHandler,
  | 'connectRequested'
  | 'publishRequested'
  | 'playRequested'
  | 'publishEnded'
  | 'playEnded'
  | 'playPaused'
  | 'closeRequested'
  | 'notice'
>;

export class ServerDialogue {
  readonly #handler: DialogueHandler;
  readonly #replies: ServerReplies;
  #state: DialogueState = 'connecting';
  #requestId = 0;
  #tcUrl = '';
  #createStreams = 0;
  /** What the commands before `publish` say of the encoder. */
  #publishKind: PublishKind = 'flash-publish';
  /** Stream name in the first of releaseStream and FCPublish; it counts more than the one in `publish`. */
  #announcedName: string | undefined;

  constructor(handler: DialogueHandler, replies: ServerReplies) {
    this.#handler = handler;
    this.#replies = replies;
  }

  get state(): DialogueState {
    return this.#state;
  }

  /** After the host's answer to request `requestId`. Returns false if that request does not wait any more. */
  answered(requestId: number, state: DialogueState): boolean {
    if (this.#state !== 'deciding' || requestId !== this.#requestId) return false;
    this.#state = state;
    return true;
  }

  /** The host ended the publish or play. */
  ended(): void {
    this.#state = 'idle';
    this.#forgetIdentity();
  }

  close(): void {
    this.#state = 'closed';
  }

  /** Throws ProtocolError if the command breaks the order beyond repair. */
  command(command: RtmpCommand): void {
    if (command.name === '_result' || command.name === '_error') {
      const detail = `find request for command=${command.name}, tid=${command.transactionId.toFixed(2)}`;
      throw new ProtocolError('noRequest', detail);
    }
    switch (this.#state) {
      case 'connecting':
        this.#connecting(command);
        return;
      case 'idle':
        this.#idle(command);
        return;
      case 'publishing':
        this.#publishing(command);
        return;
      case 'playing':
        this.#playing(command);
        return;
      case 'redirected':
        this.#requestClose();
        return;
      case 'deciding':
      case 'closed':
        return;
    }
  }

  #connecting(command: RtmpCommand): void {
    if (command.name !== 'connect') {
      this.#handler.notice(`drop command before connect, command=${command.name}`);
      return;
    }
    const [object, args] = command.args;
    if (!isAmf0Object(object)) throw new ProtocolError('amf0Decode', 'connect without command object');
    const tcUrl = stringProperty(object, 'tcUrl');
    if (tcUrl === '') throw new ProtocolError('noTcUrl', 'invalid request without tcUrl');
    this.#tcUrl = tcUrl;
    this.#state = 'deciding';
    this.#handler.connectRequested(connectRequest(++this.#requestId, tcUrl, object, args));
  }

  #idle(command: RtmpCommand): void {
    const { name, transactionId } = command;
    switch (name) {
      case 'releaseStream':
      case 'FCPublish':
        this.#announce(streamName(command));
        this.#replies.result(transactionId, undefined);
        return;
      case 'FCUnpublish':
        this.#replies.result(transactionId, undefined);
        return;
      case 'createStream':
        this.#createStream(transactionId);
        return;
      case 'publish':
        this.#publish(streamName(command));
        return;
      case 'play':
        this.#play(command);
        return;
      case 'connect':
      case 'closeStream':
      case 'pause':
        this.#handler.notice(`ignore AMF0/AMF3 command message. command=${name}`);
        return;
      default:
        this.#otherCall(command);
    }
  }

  /** SRS answers calls that it does not know only while it knows nothing of the client yet. */
  #otherCall({ name, transactionId }: RtmpCommand): void {
    if (this.#createStreams === 0 && this.#announcedName === undefined) {
      this.#replies.result(transactionId, null);
    } else {
      this.#handler.notice(`ignore AMF0/AMF3 command message. command=${name}`);
    }
  }

  #announce(name: string): void {
    if (this.#announcedName !== undefined && this.#announcedName !== '') return;
    this.#announcedName = name;
    this.#publishKind = this.#createStreams === 0 ? 'fmle-publish' : 'haivision-publish';
  }

  #createStream(transactionId: number): void {
    if (++this.#createStreams > MAX_CREATE_STREAMS) {
      throw new ProtocolError('createStreamDepth', 'create stream recursive depth');
    }
    this.#replies.result(transactionId, STREAM_ID);
  }

  #publish(name: string): void {
    const kind = this.#publishKind;
    if (kind !== 'flash-publish') this.#replies.fcPublish();
    const url = this.#discover(this.#publishName(name));
    this.#state = 'deciding';
    const refusal = urlRefusal(url, this.#tcUrl);
    if (refusal !== undefined) {
      this.#replies.publishRejected({ code: 'NetStream.Publish.BadName', description: refusal.message });
      throw refusal;
    }
    this.#handler.publishRequested({ requestId: ++this.#requestId, kind, url });
  }

  /** The announced name, as in SRS, but not without the parameters that only `publish` has. */
  #publishName(name: string): string {
    const announced = this.#announcedName || name;
    return name.startsWith(`${announced}?`) ? name : announced;
  }

  #play(command: RtmpCommand): void {
    const url = this.#discover(streamName(command));
    this.#state = 'deciding';
    const refusal = urlRefusal(url, this.#tcUrl);
    if (refusal !== undefined) {
      this.#replies.playRejected({ code: 'NetStream.Play.StreamNotFound', description: refusal.message });
      throw refusal;
    }
    const [, , , duration] = command.args;
    const durationMs = typeof duration === 'number' && duration > 0 ? duration : 0;
    this.#handler.playRequested({ requestId: ++this.#requestId, url, durationMs });
  }

  #discover(name: string): RtmpUrl {
    return discoverUrl(this.#tcUrl, name);
  }

  #publishing(command: RtmpCommand): void {
    if (this.#publishKind === 'flash-publish') this.#flashPublishing(command);
    else this.#fmlePublishing(command);
  }

  #fmlePublishing({ name, transactionId }: RtmpCommand): void {
    switch (name) {
      case 'releaseStream':
      case 'FCPublish':
      case 'FCUnpublish':
        this.#replies.unpublished(transactionId);
        this.#endPublish();
        return;
      case 'deleteStream':
      case 'closeStream':
        this.#endPublish();
        return;
      default:
        this.#handler.notice(`fmle ignore AMF0/AMF3 command message. command=${name}`);
    }
  }

  /** In SRS any command ends it, unheard; here those which begin something else are heard. */
  #flashPublishing(command: RtmpCommand): void {
    switch (command.name) {
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream':
        this.#endPublish();
        return;
      case 'releaseStream':
      case 'FCPublish':
      case 'createStream':
      case 'publish':
      case 'play':
        this.#endPublish();
        this.#idle(command);
        return;
      default:
        this.#handler.notice(`flash ignore AMF0/AMF3 command message. command=${command.name}`);
    }
  }

  #endPublish(): void {
    this.ended();
    this.#handler.publishEnded();
  }

  #playing(command: RtmpCommand): void {
    const { name, transactionId } = command;
    switch (name) {
      case 'pause':
        this.#pause(command);
        return;
      case 'closeStream':
        this.#endPlay();
        return;
      case 'deleteStream':
        if (transactionId > 0) this.#replies.result(transactionId, null);
        this.#endPlay();
        return;
      case 'connect':
      case 'createStream':
      case 'play':
      case 'publish':
        this.#handler.notice(`ignore AMF0/AMF3 command message. command=${name}`);
        return;
      default:
        if (transactionId > 0) this.#replies.result(transactionId, null);
    }
  }

  #pause(command: RtmpCommand): void {
    const isPaused = command.args[1] === true;
    if (isPaused) this.#replies.paused();
    else this.#replies.resumed();
    this.#handler.playPaused(isPaused);
  }

  #endPlay(): void {
    this.ended();
    this.#handler.playEnded();
  }

  #requestClose(): void {
    this.#state = 'closed';
    this.#handler.closeRequested();
  }

  #forgetIdentity(): void {
    this.#createStreams = 0;
    this.#announcedName = undefined;
    this.#publishKind = 'flash-publish';
  }
}

function connectRequest(
  requestId: number,
  tcUrl: string,
  object: Amf0Value,
  args: Amf0Value,
): ConnectRequest {
  const fourCcList = isAmf0Object(object) ? object.properties.get('fourCcList') : undefined;
  return {
    requestId,
    tcUrl,
    pageUrl: stringProperty(object, 'pageUrl'),
    swfUrl: stringProperty(object, 'swfUrl'),
    flashVer: stringProperty(object, 'flashVer'),
    objectEncoding: numberProperty(object, 'objectEncoding') ?? 0,
    url: discoverUrl(tcUrl),
    args: isAmf0Object(args) ? args : undefined,
    capsEx: numberProperty(object, 'capsEx') ?? 0,
    fourCcList: Array.isArray(fourCcList) ? fourCcList.filter((item) => typeof item === 'string') : [],
  };
}

/** The stream name behind the command object; SRS closes with 2003 when it is no string, `publish(false)` too. */
function streamName({ name, args }: RtmpCommand): string {
  const value = args[1];
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw new ProtocolError('amf0Decode', `stream name of ${name} is no string`);
}

function urlRefusal(url: RtmpUrl, tcUrl: string): ProtocolError | undefined {
  if (url.schema === '' || url.vhost === '' || url.app === '') {
    const found = `schema=${url.schema}, vhost=${url.vhost}, port=${url.port}, app=${url.app}`;
    return new ProtocolError('badTcUrl', `discovery tcUrl failed, tcUrl=${tcUrl}, ${found}`);
  }
  if (url.stream === '') return new ProtocolError('streamNameEmpty', 'rtmp: empty stream');
  return undefined;
}
