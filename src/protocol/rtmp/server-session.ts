// The server's end of one RTMP connection, sans-IO: bytes in, bytes and questions out (RtmpServerHandler). Handshake,
// then messages; commands go to ServerDialogue, media to MediaIntake.

import { ByteWriter } from '../../bytes/byte-writer.ts';
import { ProtocolError } from '../error.ts';
import { COMMAND_LIMITS, MEDIA_LIMITS } from './chunk-limits.ts';
import { PACKET_SIZE } from './handshake/digest.ts';
import { ServerHandshake } from './handshake/server-handshake.ts';
import { MediaIntake } from './media-intake.ts';
import { parseCommand } from './message/command.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message/message-type.ts';
import type { MessageLink } from './message-link.ts';
import { ObservedHandler } from './observed-handler.ts';
import { type DialogueState, ServerDialogue } from './server-dialogue.ts';
import type { RtmpServerHandler } from './server-handler.ts';
import type { RtmpServerIdentity } from './server-identity.ts';
import { type RedirectTarget, ServerReplies, type Status } from './server-replies.ts';

export interface RtmpServerSessionOptions extends RtmpServerIdentity {
  /** Fresh random bytes, which become the session's own. */
  readonly randomBytes: (size: number) => Buffer;
}

export interface ConnectAnswer {
  /** Largest chunk that this server sends, bytes. */
  readonly chunkSize: number;
  /** Window that the peer is asked to acknowledge, bytes; 0 = not asked. */
  readonly outAckSize: number;
  /** Acknowledge the peer's bytes in this window even if it did not ask; 0 = only if it does. */
  readonly inAckSize: number;
}

/** Input kept while a request waits for its answer, bytes: a publisher may send its first second ahead. */
const MAX_PENDING_SIZE = 1024 * 1024;

/** Enhanced RTMP v2, bit of `capsEx`: the client understands a request to reconnect. */
const CAPS_EX_RECONNECT = 1;

const DEFAULT_REFUSED_PUBLISH = 'NetStream.Publish.BadName';

export class RtmpServerSession {
  readonly #options: RtmpServerSessionOptions;
  readonly #handler: RtmpServerHandler;
  readonly #observed: ObservedHandler;
  readonly #link: MessageLink;
  readonly #replies: ServerReplies;
  readonly #dialogue: ServerDialogue;
  /** Undefined once it is done. */
  #handshake: ServerHandshake | undefined;
  /** Of a peer that may publish. */
  #intake: MediaIntake | undefined;
  /** Input behind a request that waits for its answer. */
  #pending: ByteWriter | undefined;
  #isReceiving = false;

  constructor(options: RtmpServerSessionOptions, handler: RtmpServerHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#handshake = new ServerHandshake(options.randomBytes);
    this.#observed = new ObservedHandler(handler, (message) => this.#message(message));
    this.#link = this.#observed.link;
    this.#replies = new ServerReplies(this.#link);
    this.#dialogue = new ServerDialogue(this.#observed, this.#replies);
  }

  /** What the connection is doing: publishing, playing, waiting for a command (`idle`), … */
  get state(): DialogueState | 'handshaking' {
    return this.#handshake === undefined ? this.#dialogue.state : 'handshaking';
  }

  /** A request waits for its answer, and input is kept: a good time to stop reading from the socket. */
  get isDeciding(): boolean {
    return this.#dialogue.state === 'deciding';
  }

  get inChunkSize(): number {
    return this.#link.inChunkSize;
  }

  get outChunkSize(): number {
    return this.#link.outChunkSize;
  }

  /** Acknowledgement window for the peer's bytes, 0 = none. */
  get inAckSize(): number {
    return this.#link.ackWindow;
  }

  /** SetBufferLength of the player, ms. */
  get bufferLengthMs(): number {
    return this.#link.bufferLengthMs;
  }

  /**
   * Takes bytes from the peer; `bytes` is lent until the call returns. Throws ProtocolError on violations: the
   * caller closes, after what was given to `output` has left.
   */
  receive(bytes: Buffer, nowMs: number): void {
    if (this.#dialogue.state === 'closed') return;
    if (this.isDeciding) {
      this.#keep(bytes);
      return;
    }
    this.#isReceiving = true;
    try {
      this.#take(bytes, nowMs);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#received();
    }
  }

  /** Says yes to connectRequested. */
  acceptConnect(requestId: number, { chunkSize, outAckSize, inAckSize }: ConnectAnswer): void {
    this.#answer(requestId, 'idle', () => {
      if (inAckSize > 0) this.#link.ackWindow = inAckSize;
      this.#replies.connectAccepted(this.#options, this.#observed.objectEncoding, chunkSize, outAckSize);
    });
  }

  /** Says no to connectRequested; `closeRequested` follows. */
  rejectConnect(requestId: number, description: string): void {
    this.#refuse(requestId, () => this.#replies.connectRejected(description));
  }

  /** Says yes to publishRequested: from here on the peer may send media. */
  acceptPublish(requestId: number): void {
    this.#answer(requestId, 'publishing', () => {
      this.#link.limits = MEDIA_LIMITS;
      this.#intake ??= new MediaIntake(
        (message) => this.#handler.media(message),
        (text) => this.#observed.notice(text),
      );
      this.#replies.publishStarted();
    });
  }

  /** Says no to publishRequested; `closeRequested` follows. OBS and ffmpeg show the description. */
  rejectPublish(requestId: number, { code, description }: { code?: string; description: string }): void {
    const status = { code: code ?? DEFAULT_REFUSED_PUBLISH, description };
    this.#refuse(requestId, () => this.#replies.publishRejected(status));
  }

  /** Tells a publisher why its publish ends; the host closes then. */
  stopPublish(status: Status): void {
    if (this.#dialogue.state !== 'publishing') return;
    this.#replies.publishRejected(status);
    this.#link.flush();
  }

  /** Says yes to playRequested. When it returns, `output` has all that precedes media: media may follow at once. */
  acceptPlay(requestId: number): void {
    this.#answer(requestId, 'playing', () => this.#replies.playStarted());
  }

  /** Says no to playRequested; `closeRequested` follows. */
  rejectPlay(requestId: number, status: Status): void {
    this.#refuse(requestId, () => this.#replies.playRejected(status));
  }

  /**
   * Sends the player elsewhere. `closeRequested` follows when the client has answered with any command; the host
   * closes by itself if that takes too long (SRS: 3 s).
   */
  redirectPlay(requestId: number, target: RedirectTarget): void {
    this.#answer(requestId, 'redirected', () => this.#replies.playRedirected(target));
  }

  /** The host ends an accepted publish; the peer is told `status` if there is one. `publishEnded` is not called. */
  endPublish(status?: Status): void {
    this.#end('publishing', status);
  }

  /** The host ends an accepted play, as endPublish; for example with NetStream.Play.UnpublishNotify. */
  endPlay(status?: Status): void {
    this.#end('playing', status);
  }

  /** The publisher of what the peer plays has left; the play goes on with the next one. */
  notifyUnpublished(stream: string): void {
    if (this.#dialogue.state !== 'playing') return;
    const description = `${stream} is now unpublished.`;
    this.#replies.statusNotice({ code: 'NetStream.Play.UnpublishNotify', description });
    this.#link.flush();
  }

  /**
   * The host is about to end: a client that has announced to understand it is asked to reconnect elsewhere. It goes
   * on here until it has.
   * @returns false for all other clients
   */
  requestReconnect(description: string): boolean {
    const { state } = this;
    const isConnected = state === 'idle' || state === 'publishing' || state === 'playing';
    if (!isConnected || (this.#observed.capsEx & CAPS_EX_RECONNECT) === 0) return false;
    this.#replies.reconnectRequested(description);
    this.#link.flush();
    return true;
  }

  /** Nothing is received or said any more. */
  close(): void {
    this.#dialogue.close();
    this.#forgetPending();
  }

  #take(bytes: Buffer, nowMs: number): void {
    const handshake = this.#handshake;
    let at = 0;
    if (handshake !== undefined) {
      at = handshake.receive(bytes, 0, nowMs, (answer) => this.#handler.output(answer));
      if (!handshake.isDone) return;
      this.#handshakeDone(handshake);
    }
    this.#takeMessages(bytes, at);
  }

  #handshakeDone({ kind, proxiedIp }: ServerHandshake): void {
    this.#handshake = undefined;
    // SRS counts C0 C1 C2 in its acknowledgements, without a proxy's header.
    this.#link.countReceived(1 + 2 * PACKET_SIZE);
    if (proxiedIp !== '') this.#observed.notice(`RTMP proxy real client ip=${proxiedIp}`);
    this.#observed.notice(`${kind} handshake success.`);
  }

  /** Decodes until the bytes end, or until a request that the host does not answer at once. */
  #takeMessages(bytes: Buffer, offset: number): void {
    const end = this.#link.receive(bytes, offset);
    if (end < bytes.length && this.isDeciding) this.#keep(bytes.subarray(end));
  }

  /** False stops the decoder: the rest of the input has to wait. */
  #message(message: RtmpMessage): boolean {
    const { state } = this.#dialogue;
    if (message.typeId === MESSAGE_TYPE.command || message.typeId === MESSAGE_TYPE.commandAmf3) {
      this.#dialogue.command(parseCommand(message.typeId, message.payload));
      const next = this.#dialogue.state;
      return next !== 'deciding' && next !== 'closed';
    }
    if (state === 'publishing') this.#intake?.take(message);
    else this.#dropped(message, state);
    return this.#dialogue.state !== 'closed';
  }

  #dropped({ typeId }: RtmpMessage, state: DialogueState): void {
    if (state === 'connecting') this.#observed.notice(`drop unknown message, type=${typeId}`);
    else if (state === 'idle') this.#observed.notice(`ignore message type=0x${typeId.toString(16)}`);
  }

  #answer(requestId: number, state: DialogueState, reply: () => void): void {
    if (!this.#dialogue.answered(requestId, state)) return;
    reply();
    this.#link.flush();
    this.#resume();
  }

  #refuse(requestId: number, reply: () => void): void {
    if (!this.#dialogue.answered(requestId, 'closed')) return;
    reply();
    this.#link.flush();
    this.#forgetPending();
    this.#handler.closeRequested();
  }

  #end(from: DialogueState, status: Status | undefined): void {
    if (this.#dialogue.state !== from) return;
    this.#dialogue.ended();
    this.#link.limits = COMMAND_LIMITS;
    if (status !== undefined) this.#replies.statusNotice(status);
    this.#link.flush();
  }

  /** Takes the input that waited for an answer, unless a `receive` further up the stack goes on with it. */
  #resume(): void {
    if (this.#isReceiving || this.#pending === undefined) return;
    this.#isReceiving = true;
    try {
      this.#takePending();
    } catch (error) {
      this.close();
      if (!(error instanceof ProtocolError)) throw error;
      // The host gave an answer and expects no exception from it.
      this.#handler.notice(`serve error code=${error.code} : ${error.message}`);
      this.#link.flush();
      this.#handler.closeRequested();
    } finally {
      this.#received();
    }
  }

  /** After input was taken, whatever came of it: what was answered goes out. */
  #received(): void {
    this.#isReceiving = false;
    this.#link.flush();
  }

  #takePending(): void {
    while (this.#pending !== undefined && !this.isDeciding) {
      const bytes = this.#pending.take();
      this.#pending = undefined;
      this.#takeMessages(bytes, 0);
    }
  }

  /** Keeps a copy of `bytes` for later. */
  #keep(bytes: Buffer): void {
    this.#pending ??= new ByteWriter(0);
    if (this.#pending.length + bytes.length > MAX_PENDING_SIZE) {
      this.close();
      throw new ProtocolError('tooManyPending', `more than ${MAX_PENDING_SIZE} bytes before an answer`);
    }
    this.#pending.copy(bytes);
  }

  #forgetPending(): void {
    this.#pending = undefined;
  }
}
