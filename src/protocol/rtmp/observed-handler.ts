// The host of a server session as the parts of the session see it: what the session has to know is noted on the way.
// One object with methods instead of a closure for each: ten thousand players have one each.

import { COMMAND_LIMITS } from './chunk-limits.ts';
import type { RtmpMessage } from './message/message-type.ts';
import { MessageLink, type MessageLinkHandler } from './message-link.ts';
import type { DialogueHandler } from './server-dialogue.ts';
import type { ConnectRequest, PlayRequest, PublishRequest, RtmpServerHandler } from './server-handler.ts';

/** Notices of one connection that are worth a log line; a hostile peer could cause one per message. */
const MAX_NOTICES = 64;

export class ObservedHandler implements MessageLinkHandler, DialogueHandler {
  readonly link = new MessageLink(this);
  /** Of the last connect. */
  objectEncoding = 0;
  /** Of the last connect. */
  capsEx = 0;
  readonly #handler: RtmpServerHandler;
  readonly #onMessage: (message: RtmpMessage) => boolean;
  #notices = 0;

  constructor(handler: RtmpServerHandler, onMessage: (message: RtmpMessage) => boolean) {
    this.#handler = handler;
    this.#onMessage = onMessage;
  }

  output(bytes: Buffer): void {
    this.#handler.output(bytes);
  }

  message(message: RtmpMessage): boolean {
    return this.#onMessage(message);
  }

  notice(text: string): void {
    this.#notices++;
    if (this.#notices <= MAX_NOTICES) this.#handler.notice(text);
    if (this.#notices === MAX_NOTICES)
      this.#handler.notice('further notices of this connection are left out');
  }

  connectRequested(request: ConnectRequest): void {
    this.objectEncoding = request.objectEncoding;
    this.capsEx = request.capsEx;
    this.#handler.connectRequested(request);
  }

  publishRequested(request: PublishRequest): void {
    this.#handler.publishRequested(request);
  }

  playRequested(request: PlayRequest): void {
    this.#handler.playRequested(request);
  }

  publishEnded(): void {
    this.link.limits = COMMAND_LIMITS;
    this.#handler.publishEnded();
  }

  playEnded(): void {
    this.#handler.playEnded();
  }

  playPaused(isPaused: boolean): void {
    this.link.flush();
    this.#handler.playPaused(isPaused);
  }

  closeRequested(): void {
    this.link.flush();
    this.#handler.closeRequested();
  }
}
