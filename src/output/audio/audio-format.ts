// Prepares the sound alone for all HTTP-AAC or HTTP-MP3 viewers of a stream: AAC frames behind ADTS headers, MP3
// frames as they are behind an ID3 tag. These formats carry no time.

import { AdtsFraming } from '../../container/mpegts/adts-framing.ts';
import type { ElementaryFraming } from '../../container/mpegts/elementary-framing.ts';
import { RawFraming } from '../../container/mpegts/raw-framing.ts';
import { parseAudioTag } from '../../media/audio-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import type { StreamHeaders } from '../../stream/stream.ts';
import type { BodyFraming } from '../body-framing.ts';
import type { ViewerFormat } from '../fanout.ts';
import { FramedLog } from '../framed-log.ts';
import { AUDIO, VIDEO } from '../prepared-log.ts';
import type { Viewer } from '../viewer.ts';

export type LiveAudioCodec = 'aac' | 'mp3';

/** An empty ID3v2.3 tag of 20 bytes, as SRS sends it: ten of header, ten of padding. */
const ID3_TAG = Buffer.from('4944330300000000000a00000000000000000000', 'hex');

export class AudioFormat implements ViewerFormat {
  readonly endsWithPublisher = true;
  readonly startsWithGop = false;
  readonly #codec: LiveAudioCodec;
  readonly #framed: FramedLog;
  readonly #framing: ElementaryFraming;
  /** The stream has sound that this format carries. */
  #hasSound = false;

  constructor(codec: LiveAudioCodec, framing: BodyFraming) {
    this.#codec = codec;
    this.#framed = new FramedLog(framing);
    this.#framing = codec === 'aac' ? new AdtsFraming('mpeg4') : new RawFraming();
  }

  get log() {
    return this.#framed.log;
  }

  prime({ audio }: StreamHeaders): void {
    if (audio !== undefined) this.appendMessage(audio);
  }

  appendMetadata(): void {
    // These formats have no place for it.
  }

  appendMessage(message: MediaMessage): void {
    if (message.track !== 'audio' || message.codec !== this.#codec) return;
    const { payload, timestampMs } = message;
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped' || tag.trackId !== 0) return;
    if (tag.isSequenceHeader) this.#framing.configure(payload.subarray(tag.dataOffset));
    else if (tag.packetType === 'coded-frames') this.#append(payload, tag.dataOffset, timestampMs);
    this.#hasSound ||= this.#framing.isConfigured;
  }

  isReadyToOpen(): boolean {
    return this.#hasSound;
  }

  open(viewer: Viewer): void {
    if (this.#codec === 'mp3') this.#framed.writeBody(viewer, ID3_TAG);
  }

  repeatHeaders(): void {
    // Each frame brings what a decoder needs.
  }

  writeShared(viewer: Viewer, from: number, to: number): void {
    this.#framed.write(viewer, from, to);
  }

  writeOwn(viewer: Viewer, from: number, to: number): void {
    viewer.needs &= ~(AUDIO | VIDEO);
    this.#framed.write(viewer, from, to);
  }

  end(viewer: Viewer): void {
    this.#framed.writeEnd(viewer);
  }

  #append(payload: Buffer, offset: number, timestampMs: number): void {
    const size = this.#framing.isConfigured ? this.#framing.plan(payload, offset) : 0;
    if (size <= 0) return;
    const { page, offset: at } = this.#framed.reserve(size);
    this.#framing.write(page, at);
    this.#framed.commit(size, AUDIO, timestampMs);
  }
}
