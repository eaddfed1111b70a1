// From an RTMP session to the hub: what a publishing connection does with its messages.

import type { Logger } from '../../log/logger.ts';
import type { ServerIdentity } from '../../media/metadata.ts';
import type { RtmpMediaMessage } from '../../protocol/rtmp/server-handler.ts';
import type { RtmpUrl } from '../../protocol/rtmp/url.ts';
import { MixQueue } from '../../stream/mix-queue.ts';
import type { Publication, Publisher, Stream } from '../../stream/stream.ts';
import { TagIntake } from '../../stream/tag-intake.ts';
import type { PublisherGrace } from '../publisher-grace.ts';
import type { PublishOptions } from '../vhost.ts';

export interface RtmpPublisherOptions {
  readonly stream: Stream;
  /** What it asked for. */
  readonly url: RtmpUrl;
  readonly publish: PublishOptions;
  /** Undefined if the stream is published at another server, which knows best how long to wait. */
  readonly grace: PublisherGrace | undefined;
  readonly identity: ServerIdentity;
  readonly log: Logger;
  /** Viewers of the stream right now, for `kickoff_for_idle`. */
  readonly viewerCount: () => number;
  /** The publisher is given up: silent, kicked off, or nobody watches. The owner closes the connection. */
  readonly onStop: (reason: string, code?: string) => void;
}

export class RtmpPublisher implements Publisher {
  readonly #options: RtmpPublisherOptions;
  #intake: TagIntake | undefined;
  #publication: Publication | undefined;
  #mix: MixQueue | undefined;
  #timer: NodeJS.Timeout | undefined;
  #messages = 0;
  #messagesAtTick = 0;
  #publish: PublishOptions;
  #lastViewerMs = performance.now();
  /** The publisher is not sent away: it may be back within `publish.grace`. */
  #mayReturn = true;

  constructor(options: RtmpPublisherOptions) {
    this.#options = options;
    this.#publish = options.publish;
  }

  /** Times from the next tick on. */
  configure(publish: PublishOptions): void {
    this.#publish = publish;
  }

  get url(): RtmpUrl {
    return this.#options.url;
  }

  /** @returns false if somebody else publishes this stream */
  start(): boolean {
    const { stream, log } = this.#options;
    const isHeld = stream.isPublishing && stream.publisher === undefined;
    this.#publication = stream.publish(this);
    if (this.#publication === undefined) return false;
    if (isHeld) log.trace(`the publish of ${stream.url} goes on with this publisher`);
    this.#mix = this.#publish.correctsMix ? new MixQueue(this.#publication) : undefined;
    this.#intake = new TagIntake(this.#mix ?? this.#publication, this.#options.identity, log);
    this.#timer = setTimeout(() => this.#tick(), this.#publish.firstPacketTimeoutMs);
    return true;
  }

  media(message: RtmpMediaMessage): void {
    this.#messages++;
    this.#intake?.take(message);
  }

  /** Any other complete message of the peer counts as a sign of life, too. */
  keepAlive(): void {
    this.#messages++;
  }

  stop(reason: string, code?: string): void {
    this.forbidReturn();
    this.#options.onStop(reason, code);
  }

  /** It is sent away: the publish ends with it. */
  forbidReturn(): void {
    this.#mayReturn = false;
  }

  /** May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#intake?.close();
    this.#intake = undefined;
    this.#mix?.flush();
    this.#mix = undefined;
    const publication = this.#publication;
    this.#publication = undefined;
    if (publication !== undefined) this.#leave(publication);
  }

  #leave(publication: Publication): void {
    const { grace, stream, log } = this.#options;
    const { graceMs } = this.#publish;
    if (grace === undefined || !this.#mayReturn || graceMs === 0) {
      publication.end();
      return;
    }
    log.trace(`the publish of ${stream.url} waits ${graceMs}ms for a publisher to come back`);
    grace.leave(stream, publication, graceMs);
  }

  // Ticks as SRS: the first after firstpkt_timeout, later ones every normal_timeout; one without a message
  // since the last ends the publish.
  #tick(): void {
    const { firstPacketTimeoutMs, normalTimeoutMs, idleKickoffMs } = this.#publish;
    if (this.#messages === this.#messagesAtTick) {
      const timeoutMs = this.#messages === 0 ? firstPacketTimeoutMs : normalTimeoutMs;
      this.#options.onStop(`rtmp: publish timeout ${timeoutMs}ms, nb_msgs=${this.#messages}`);
      return;
    }
    this.#messagesAtTick = this.#messages;
    const now = performance.now();
    if (this.#options.viewerCount() > 0) this.#lastViewerMs = now;
    if (idleKickoffMs > 0 && now - this.#lastViewerMs > idleKickoffMs) {
      this.stop(`kicked for idle, url=${this.#options.stream.url}, timeout=${idleKickoffMs / 1000}s`);
      return;
    }
    this.#timer = setTimeout(() => this.#tick(), normalTimeoutMs);
  }
}
