// Messages of one stream into fragments of MP4 (ISO/IEC 14496-12 8.8): H.264, HEVC, AAC and MP3. As with transport
// streams the caller provides the room: samples of each track go to a place of their own, and when a fragment ends, its
// head is written in front of them.

import { parseAudioTag } from '../../media/audio-tag.ts';
import { LastFrameLength } from '../../media/last-frame-length.ts';
import type { MediaMessage } from '../../media/message.ts';
import { compositionTimeMs, parseVideoTag } from '../../media/video-tag.ts';
import { findLengthPrefixedUnits, NalUnits } from '../mpegts/nal-units.ts';
import { type FragmentTrack, fragmentHeadSize, writeFragmentHead } from './fragment.ts';
import { encodeInitSegment } from './init-segment.ts';
import { SampleCounter } from './sample-counter.ts';
import { AUDIO_TRACK_ID, type Mp4AudioTrack, type Mp4VideoTrack, VIDEO_TRACK_ID } from './track-boxes.ts';
import {
  type Mp4AudioConfig,
  type Mp4VideoConfig,
  mp3Config,
  readAudioConfig,
  readVideoConfig,
  VIDEO_TIMESCALE,
} from './track-config.ts';

/** Why a message left no sample. */
export type Fmp4SkipReason = 'codec not supported' | 'no usable sequence header' | 'broken frame';

/** What a file says about its tracks. */
export interface MovieTracks {
  readonly video: Mp4VideoTrack | undefined;
  readonly audio: Mp4AudioTrack | undefined;
}

const TICKS_PER_MS = VIDEO_TIMESCALE / 1000;
/** The only picture so far is taken to last so long: 25 per second. */
const DEFAULT_DURATION = 40 * TICKS_PER_MS;

export class Fmp4Muxer {
  readonly #units = new NalUnits();
  readonly #video: FragmentTrack = newTrack(VIDEO_TRACK_ID);
  readonly #audio: FragmentTrack = newTrack(AUDIO_TRACK_ID);
  readonly #audioTimes = new SampleCounter();
  /** Configurations of the segment, and those that came since, for the next one. */
  #videoConfig: Mp4VideoConfig | undefined;
  #audioConfig: Mp4AudioConfig | undefined;
  #nextVideoConfig: Mp4VideoConfig | undefined;
  #nextAudioConfig: Mp4AudioConfig | undefined;
  #hasVideo = false;
  #hasAudio = false;
  /** The init segment is settled: a fragment of the segment is done. */
  #init: Buffer | undefined;
  #isCutDue = false;
  #skipReason: Fmp4SkipReason | undefined;
  #sequence = 0;
  #lastVideoDts = 0;
  readonly #pictureLength = new LastFrameLength();
  #lastAudioTime = 0;
  // The planned sample.
  #payload: Buffer | undefined;
  #offset = 0;
  #isVideo = false;
  #dts = 0;
  #delay = 0;
  #isKeyFrame = false;

  /** Frames of video have been seen. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  get hasAudio(): boolean {
    return this.#hasAudio;
  }

  /** Samples per second of the AAC track, 0 if there is none. */
  get aacSampleRate(): number {
    return this.#audioConfig?.codec === 'aac' ? this.#audioConfig.sampleRate : 0;
  }

  get skipReason(): Fmp4SkipReason | undefined {
    return this.#skipReason;
  }

  /** A track has come that the open segment does not list; its frames are left out until the next one. */
  get isCutDue(): boolean {
    return this.#isCutDue;
  }

  /** Whether the planned sample is a picture. */
  get isVideoPlanned(): boolean {
    return this.#isVideo;
  }

  /** Samples of the open fragment. */
  get sampleCount(): number {
    return this.#video.sizes.length + this.#audio.sizes.length;
  }

  /** Takes a sequence header in. A changed one holds from the next segment on. */
  header(message: MediaMessage): void {
    this.#skipReason = undefined;
    if (message.track === 'video') this.#videoHeader(message.payload);
    else this.#audioHeader(message.payload);
  }

  /**
   * Plans the sample of a frame; its payload is lent until `write`.
   * @param dts decoding time, ticks of 1/90000 s
   * @returns bytes of the sample, 0 = nothing to write
   */
  prepare(message: MediaMessage, dts: number): number {
    this.#skipReason = undefined;
    this.#payload = undefined;
    this.#dts = dts;
    return message.track === 'video' ? this.#prepareVideo(message) : this.#prepareAudio(message);
  }

  /** The next fragment opens a segment. */
  startSegment(): void {
    this.#videoConfig = this.#nextVideoConfig ?? this.#videoConfig;
    this.#audioConfig = this.#nextAudioConfig ?? this.#audioConfig;
    this.#nextVideoConfig = undefined;
    this.#nextAudioConfig = undefined;
    this.#init = undefined;
    this.#isCutDue = false;
  }

  /** Writes the planned sample. */
  write(target: Buffer, offset: number): void {
    const payload = this.#payload;
    if (payload === undefined) return;
    this.#payload = undefined;
    payload.copy(target, offset, this.#offset);
    if (this.#isVideo) this.#addVideo(payload.length - this.#offset);
    else this.#addAudio(payload.length - this.#offset);
  }

  /** Bytes that `endFragment` needs. */
  get headSize(): number {
    return fragmentHeadSize(this.fragmentTracks);
  }

  /**
   * Ends the open fragment: writes its head so that it ends at `end`. The samples of video follow, then those of audio.
   * @returns where the head starts
   */
  endFragment(target: Buffer, end: number): number {
    this.#init ??= this.#encodeInit();
    const tracks = this.fragmentTracks;
    const start = writeFragmentHead(target, end, ++this.#sequence, tracks);
    clearTrack(this.#video);
    clearTrack(this.#audio);
    return start;
  }

  /** The init segment of the open segment. */
  get init(): Buffer {
    return this.#init ?? this.#encodeInit();
  }

  /** What the open fragment holds; changes with the next sample. Video first, as its samples do. */
  get fragmentTracks(): readonly FragmentTrack[] {
    return [this.#video, this.#audio].filter(({ sizes }) => sizes.length > 0);
  }

  /** The tracks that have had samples, for a movie that is complete. */
  get tracks(): MovieTracks {
    return {
      video:
        this.#hasVideo && this.#videoConfig
          ? { ...this.#videoConfig, timescale: VIDEO_TIMESCALE }
          : undefined,
      audio: this.#hasAudio ? this.#audioConfig : undefined,
    };
  }

  /** Forgets the samples of the open fragment. */
  abandon(): void {
    clearTrack(this.#video);
    clearTrack(this.#audio);
  }

  #videoHeader(payload: Buffer): void {
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped' || !tag.isSequenceHeader) return;
    const config = readVideoConfig(tag.codec, payload.subarray(tag.dataOffset));
    if (config === undefined) this.#skipReason = 'no usable sequence header';
    else if (this.#videoConfig === undefined) this.#videoConfig = config;
    else this.#nextVideoConfig = config;
  }

  #audioHeader(payload: Buffer): void {
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped' || !tag.isSequenceHeader) return;
    const config = readAudioConfig(tag.codec, payload.subarray(tag.dataOffset));
    if (config === undefined) this.#skipReason = 'no usable sequence header';
    else if (this.#audioConfig === undefined) this.#audioConfig = config;
    else this.#nextAudioConfig = config;
  }

  #prepareVideo(message: MediaMessage): number {
    const { payload } = message;
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped' || tag.trackId !== 0 || tag.packetType !== 'coded-frames') return 0;
    if (tag.codec !== 'h264' && tag.codec !== 'hevc') return this.#skip('codec not supported');
    const config = this.#videoConfig;
    if (config?.codec !== tag.codec) return this.#skip('no usable sequence header');
    if (!findLengthPrefixedUnits(payload, tag.dataOffset, config.nalLengthSize, this.#units)) {
      return this.#skip('broken frame');
    }
    if (this.#units.count === 0 || !this.#isListed(this.#hasVideo)) return 0;
    this.#hasVideo = true;
    this.#isVideo = true;
    this.#isKeyFrame = message.isKeyFrame;
    this.#delay = compositionTimeMs(tag, payload) * TICKS_PER_MS;
    return this.#planned(payload, tag.dataOffset);
  }

  #prepareAudio(message: MediaMessage): number {
    const { payload } = message;
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped' || tag.trackId !== 0 || tag.packetType !== 'coded-frames') return 0;
    if (tag.codec !== 'aac' && tag.codec !== 'mp3') return this.#skip('codec not supported');
    if (tag.codec === 'mp3') this.#audioConfig ??= mp3Config(payload.subarray(tag.dataOffset));
    if (this.#audioConfig?.codec !== tag.codec) return this.#skip('no usable sequence header');
    if (payload.length <= tag.dataOffset || !this.#isListed(this.#hasAudio)) return 0;
    this.#hasAudio = true;
    this.#isVideo = false;
    return this.#planned(payload, tag.dataOffset);
  }

  /** A track may join until the init segment is settled; after that a new segment is due. */
  #isListed(isKnown: boolean): boolean {
    if (isKnown || this.#init === undefined) return true;
    this.#isCutDue = true;
    return false;
  }

  #planned(payload: Buffer, offset: number): number {
    this.#payload = payload;
    this.#offset = offset;
    return payload.length - offset;
  }

  #addVideo(size: number): void {
    const { sizes, durations, delays, keys } = this.#video;
    const count = sizes.length;
    if (count === 0) this.#video.startTime = this.#dts;
    else durations[count - 1] = Math.max(0, this.#dts - this.#lastVideoDts);
    this.#lastVideoDts = this.#dts;
    this.#pictureLength.add(this.#dts);
    sizes.push(size);
    durations.push(this.#pictureLength.value || DEFAULT_DURATION);
    delays.push(this.#delay);
    keys.push(this.#isKeyFrame);
  }

  #addAudio(size: number): void {
    const { sampleRate, frameSamples } = this.#audioConfig!;
    const { sizes, durations } = this.#audio;
    const time = this.#audioTimes.next(this.#dts / VIDEO_TIMESCALE, sampleRate, frameSamples);
    const count = sizes.length;
    if (count === 0) this.#audio.startTime = time;
    else durations[count - 1] = Math.max(0, time - this.#lastAudioTime);
    this.#lastAudioTime = time;
    sizes.push(size);
    durations.push(frameSamples);
  }

  #encodeInit(): Buffer {
    const { video, audio } = this.tracks;
    return encodeInitSegment(video, audio);
  }

  #skip(reason: Fmp4SkipReason): 0 {
    this.#skipReason = reason;
    return 0;
  }
}

function newTrack(id: number): FragmentTrack {
  return { id, startTime: 0, sizes: [], durations: [], delays: [], keys: [] };
}

function clearTrack({ sizes, durations, delays, keys }: FragmentTrack): void {
  for (const list of [sizes, durations, delays, keys]) list.length = 0;
}
