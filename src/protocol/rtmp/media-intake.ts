// A publisher's media and data messages, brought into the form that RtmpMediaMessage promises.

import { NO_BYTES } from '../../bytes/no-bytes.ts';
import { ProtocolError } from '../error.ts';
import { splitAggregate } from './message/aggregate.ts';
import { normalizeData } from './message/data.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message/message-type.ts';
import type { RtmpMediaMessage } from './server-handler.ts';

class LentMediaMessage implements RtmpMediaMessage {
  typeId: RtmpMediaMessage['typeId'] = 8;
  timestamp = 0;
  payload: Buffer = NO_BYTES;
}

/** Passes media on to `media`; one message object serves all, lent like its payload. */
export class MediaIntake {
  readonly #media: (message: RtmpMediaMessage) => void;
  readonly #notice: (text: string) => void;
  readonly #message = new LentMediaMessage();

  constructor(media: (message: RtmpMediaMessage) => void, notice: (text: string) => void) {
    this.#media = media;
    this.#notice = notice;
  }

  /** Returns false if `message` is none of audio, video, data or aggregate. Throws ProtocolError (2024). */
  take(message: RtmpMessage): boolean {
    switch (message.typeId) {
      case MESSAGE_TYPE.audio:
      case MESSAGE_TYPE.video:
        this.#media(message as RtmpMediaMessage);
        return true;
      case MESSAGE_TYPE.data:
      case MESSAGE_TYPE.dataAmf3:
        this.#takeData(message.typeId, message.timestamp, message.payload);
        return true;
      case MESSAGE_TYPE.aggregate:
        this.#takeAggregate(message);
        return true;
      default:
        return false;
    }
  }

  #takeAggregate(message: RtmpMessage): void {
    splitAggregate(message.payload, message.timestamp, (typeId, timestamp, payload) => {
      if (typeId === MESSAGE_TYPE.audio || typeId === MESSAGE_TYPE.video)
        this.#pass(typeId, timestamp, payload);
      else if (typeId === MESSAGE_TYPE.data) this.#takeData(typeId, timestamp, payload);
    });
  }

  /** Data that we, or the host, cannot read is no reason to end a publish whose pictures are fine. */
  #takeData(typeId: number, timestamp: number, payload: Buffer): void {
    try {
      const data = normalizeData(typeId, payload);
      if (data !== undefined) this.#pass(MESSAGE_TYPE.data, timestamp, data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#notice(`drop data message, type=${typeId}, ${error.message}`);
    }
  }

  #pass(typeId: RtmpMediaMessage['typeId'], timestamp: number, payload: Buffer): void {
    const message = this.#message;
    message.typeId = typeId;
    message.timestamp = timestamp;
    message.payload = payload;
    this.#media(message);
  }
}
