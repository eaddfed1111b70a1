// From FLV tag bodies, as RTMP and FLV carry them, to the hub: what every publisher does with its messages,
// whether it is an encoder's connection or an edge's pull.

import type { Logger } from '../log/logger.ts';
import { RateLimitedLog } from '../log/rate-limited-log.ts';
import { type AudioTag, parseAudioTag } from '../media/audio-tag.ts';
import type { DroppedTag } from '../media/dropped-tag.ts';
import type { MediaMessage } from '../media/message.ts';
import { rewriteMetadata, type ServerIdentity } from '../media/metadata.ts';
import { describeAudio, describeVideo } from '../media/track-description.ts';
import { parseVideoTag, type VideoTag } from '../media/video-tag.ts';

/** Takes what a publisher sends: a Publication, or something in front of one. */
export interface MediaSink {
  /** AMF0 body of `onMetaData`, rewritten by this server; kept. */
  metadata(body: Buffer): void;
  /** Lent, with its payload, until the call returns; the timestamp is the publisher's. */
  message(message: MediaMessage): void;
}

/** One tag, as RTMP media messages and FLV tags have it. */
export interface MediaTag {
  /** 8 audio, 9 video, 18 data. */
  readonly typeId: 8 | 9 | 18;
  /** Unsigned 32 bits, ms. */
  readonly timestamp: number;
  /** Lent until the call returns. */
  readonly payload: Buffer;
}

const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;

export class TagIntake {
  readonly #sink: MediaSink;
  readonly #identity: ServerIdentity;
  readonly #log: Logger;
  readonly #drops: RateLimitedLog;

  constructor(sink: MediaSink, identity: ServerIdentity, log: Logger) {
    this.#sink = sink;
    this.#identity = identity;
    this.#log = log;
    this.#drops = new RateLimitedLog((text) => log.warn(text));
  }

  /** Throws ProtocolError if a data tag is no AMF0. */
  take(tag: MediaTag): void {
    if (tag.typeId === TYPE_VIDEO) this.#video(tag);
    else if (tag.typeId === TYPE_AUDIO) this.#audio(tag);
    else this.#data(tag);
  }

  /** May be called twice. */
  close(): void {
    this.#drops.close();
  }

  #video({ payload, timestamp }: MediaTag): void {
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped') {
      this.#drop('video', tag, payload);
      return;
    }
    const { codec, isKeyFrame, isSequenceHeader } = tag;
    if (isSequenceHeader) this.#logVideoHeader(tag, payload);
    this.#sink.message({
      track: 'video',
      timestampMs: timestamp,
      codec,
      isKeyFrame,
      isSequenceHeader,
      payload,
      mark: undefined,
    });
  }

  #audio({ payload, timestamp }: MediaTag): void {
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped') {
      this.#drop('audio', tag, payload);
      return;
    }
    const { codec, isSequenceHeader } = tag;
    if (isSequenceHeader) this.#logAudioHeader(tag, payload);
    this.#sink.message({
      track: 'audio',
      timestampMs: timestamp,
      codec,
      isKeyFrame: false,
      isSequenceHeader,
      payload,
      mark: undefined,
    });
  }

  #data({ payload }: MediaTag): void {
    const result = rewriteMetadata(payload, this.#identity);
    if (result.type !== 'metadata') return;
    this.#log.trace(`got metadata, ${result.summary}`);
    this.#sink.metadata(result.body);
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
    this.#log.trace(
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
    this.#log.trace(
      `${payload.length}B audio sh, codec(${codec}, profile=${profile}, ${channels}channels, ${sampleRate}HZ)`,
    );
  }
}
