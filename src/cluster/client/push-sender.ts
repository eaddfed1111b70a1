// From the hub to another server: sends a stream as its publisher would, beginning with the headers and the group of
// pictures so far, so that the other side can show a picture at once.

import type { MediaMessage } from '../../media/message.ts';
import type { Stream, StreamHeaders, StreamSubscriber } from '../../stream/stream.ts';
import type { UpstreamClient } from './rtmp-client.ts';

/** Bytes that may wait for a slow network; past it the stream goes on at a later key frame. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;
const TYPE_DATA = 18;

export interface PushSenderOptions {
  readonly stream: Stream;
  readonly client: UpstreamClient;
  /** Messages are left out because the other server takes them too slowly. */
  readonly onSkip: (pendingBytes: number) => void;
}

export class PushSender implements StreamSubscriber {
  readonly #options: PushSenderOptions;
  #hasStarted = false;
  #isSkipping = false;
  #messages = 0;

  constructor(options: PushSenderOptions) {
    this.#options = options;
    const { stream } = options;
    stream.replayGop(this);
    if (!this.#hasStarted) this.#start(stream.headers);
    stream.subscribe(this);
  }

  /** Messages sent so far. */
  get messages(): number {
    return this.#messages;
  }

  /** May be called twice. */
  close(): void {
    this.#options.stream.unsubscribe(this);
  }

  published(): void {}
  unpublished(): void {}

  gopStarted(headers: StreamHeaders): void {
    if (!this.#hasStarted) this.#start(headers);
  }

  gopCleared(): void {}

  metadata(body: Buffer): void {
    this.#send(TYPE_DATA, 0, body);
  }

  message(message: MediaMessage): void {
    if (!message.isSequenceHeader && this.#isBehind(message)) return;
    this.#send(message.track === 'audio' ? TYPE_AUDIO : TYPE_VIDEO, message.timestampMs, message.payload);
  }

  #start({ metadata, audio, video }: StreamHeaders): void {
    this.#hasStarted = true;
    if (metadata !== undefined) this.metadata(metadata);
    if (video !== undefined) this.message(video);
    if (audio !== undefined) this.message(audio);
  }

  /** Headers always go; the rest waits for a key frame, or for any message of a stream without pictures. */
  #isBehind(message: MediaMessage): boolean {
    const { client, stream, onSkip } = this.#options;
    if (this.#isSkipping) {
      const mayResume = message.isKeyFrame || !stream.hasVideo;
      this.#isSkipping = !mayResume || client.pendingBytes > MAX_PENDING_BYTES / 2;
    } else if (client.pendingBytes > MAX_PENDING_BYTES) {
      this.#isSkipping = true;
      onSkip(client.pendingBytes);
    }
    return this.#isSkipping;
  }

  #send(typeId: 8 | 9 | 18, timestampMs: number, payload: Buffer): void {
    this.#messages++;
    this.#options.client.sendMedia(typeId, timestampMs >>> 0, payload);
  }
}
