// From an RTMP session to the hub: what a publishing connection does with its messages.

import type { Logger } from '../../log/logger.ts';
import { RateLimitedLog } from '../../log/rate-limited-log.ts';
import { type AudioTag, parseAudioTag } from '../../media/audio-tag.ts';
import type { DroppedTag } from '../../media/dropped-tag.ts';
import { rewriteMetadata, type ServerIdentity } from '../../media/metadata.ts';
import { describeAudio, describeVideo } from '../../media/track-description.ts';
import { parseVideoTag, type VideoTag } from '../../media/video-tag.ts';
import type { RtmpMediaMessage } from '../../protocol/rtmp/server-handler.ts';
import type { Publication, Publisher, Stream } from '../../stream/stream.ts';
import type { PublishOptions } from '../vhost.ts';

export interface RtmpPublisherOptions {
  readonly stream: Stream;
  readonly publish: PublishOptions;
  readonly identity: ServerIdentity;
  readonly log: Logger;
  /** Viewers of the stream right now, for `kickoff_for_idle`. */
  readonly viewerCount: () => number;
  /** The publisher is given up: silent, kicked off, or nobody watches. The owner closes the connection. */
  readonly onStop: (reason: string) => void;
}

const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;

export class RtmpPublisher implements Publisher {
  readonly #options: RtmpPublisherOptions;
  readonly #drops: RateLimitedLog;
  #publication: Publication | undefined;
  #timer: NodeJS.Timeout | undefined;
  #messages = 0;
  #messagesAtTick = 0;
  #lastViewerMs = performance.now();

  constructor(options: RtmpPublisherOptions) {
    this.#options = options;
    this.#drops = new RateLimitedLog((text) => options.log.warn(text));
  }

  /** @returns false if somebody else publishes this stream */
  start(): boolean {
    this.#publication = this.#options.stream.publish(this);
    if (this.#publication === undefined) return false;
    this.#timer = setTimeout(() => this.#tick(), this.#options.publish.firstPacketTimeoutMs);
    return true;
  }

  media(message: RtmpMediaMessage): void {
    this.#messages++;
    if (message.typeId === TYPE_VIDEO) this.#video(message);
    else if (message.typeId === TYPE_AUDIO) this.#audio(message);
    else this.#data(message);
  }

  /** Any other complete message of the peer counts as a sign of life, too. */
  keepAlive(): void {
    this.#messages++;
  }

  stop(reason: string): void {
    this.#options.onStop(reason);
  }

  /** May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#drops.close();
    this.#publication?.end();
    this.#publication = undefined;
  }

  #video(message: RtmpMediaMessage): void {
    const { payload, timestamp } = message;
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped') {
      this.#drop('video', tag, payload);
      return;
    }
    const { codec, isKeyFrame, isSequenceHeader } = tag;
    if (isSequenceHeader) this.#logVideoHeader(tag, payload);
    this.#publication?.message({
      track: 'video',
      timestampMs: timestamp,
      codec,
      isKeyFrame,
      isSequenceHeader,
      payload,
    });
  }

  #audio(message: RtmpMediaMessage): void {
    const { payload, timestamp } = message;
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped') {
      this.#drop('audio', tag, payload);
      return;
    }
    const { codec, isSequenceHeader } = tag;
    if (isSequenceHeader) this.#logAudioHeader(tag, payload);
    this.#publication?.message({
      track: 'audio',
      timestampMs: timestamp,
      codec,
      isKeyFrame: false,
      isSequenceHeader,
      payload,
    });
  }

  #data(message: RtmpMediaMessage): void {
    const result = rewriteMetadata(message.payload, this.#options.identity);
    if (result.type !== 'metadata') return;
    this.#options.log.trace(`got metadata, ${result.summary}`);
    this.#publication?.metadata(result.body);
  }

  #drop(track: 'audio' | 'video', tag: DroppedTag, payload: Buffer): void {
    if (payload.length === 0) return;
    const first = `0x${(payload[0] as number).toString(16).padStart(2, '0')}`;
    const text = `drop ${track} message, ${tag.reason}, size=${payload.length}, bytes[0]=${first}`;
    this.#drops.add(`${track} ${tag.reason}`, text);
  }

  #logVideoHeader(tag: VideoTag, payload: Buffer): void {
    const video = describeVideo(tag, payload);
    if (video === undefined) {
      this.#drops.add(
        'video header',
        `video sequence header of ${payload.length}B does not parse, relayed as it is`,
      );
      return;
    }
    const { codec, profile, level, width, height } = video;
    this.#options.log.trace(
      `${payload.length}B video sh, codec(${codec}, profile=${profile}, level=${level}, ${width}x${height})`,
    );
  }

  #logAudioHeader(tag: AudioTag, payload: Buffer): void {
    const audio = describeAudio(tag, payload);
    if (audio === undefined) {
      this.#drops.add(
        'audio header',
        `audio sequence header of ${payload.length}B does not parse, relayed as it is`,
      );
      return;
    }
    const { codec, profile, sampleRate, channels } = audio;
    this.#options.log.trace(
      `${payload.length}B audio sh, codec(${codec}, profile=${profile}, ${channels}channels, ${sampleRate}HZ)`,
    );
  }

  // Ticks as SRS: the first after firstpkt_timeout, later ones every normal_timeout; one without a message
  // since the last ends the publish.
  #tick(): void {
    const { firstPacketTimeoutMs, normalTimeoutMs, idleKickoffMs } = this.#options.publish;
    if (this.#messages === this.#messagesAtTick) {
      const timeoutMs = this.#messages === 0 ? firstPacketTimeoutMs : normalTimeoutMs;
      this.stop(`rtmp: publish timeout ${timeoutMs}ms, nb_msgs=${this.#messages}`);
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
