// Messages of one stream into transport packets: H.264, HEVC, AAC and MP3 (ISO/IEC 13818-1, layout as SRS has it).
// Used in two steps, so that the caller provides the room: `prepare` says how many bytes the packets of a message
// take, `write` puts them there. Whoever makes segments calls `startSegment` and writes the tables first.

import { parseAudioTag } from '../../media/audio-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import { compositionTimeMs, parseVideoTag, type VideoTag } from '../../media/video-tag.ts';
import { AdtsFraming } from './adts-framing.ts';
import { AudioPacker } from './audio-packer.ts';
import type { ElementaryFraming } from './elementary-framing.ts';
import { H264_RULES, H265_RULES, NalFraming } from './nal-framing.ts';
import { writeEmptyPacket } from './pes.ts';
import { PesPlan } from './pes-plan.ts';
import {
  audioPid,
  pcrPid,
  type TsAudioCodec,
  type TsTracks,
  type TsVideoCodec,
  tracksVersion,
  writeTables,
} from './program-tables.ts';
import { RawFraming } from './raw-framing.ts';
import { PID_VIDEO, TICKS_PER_MS, TS_PACKET_SIZE, type TsCounters } from './ts-packet.ts';

/** Why a message left no packets. */
export type TsSkipReason =
  /** A codec that these transport streams do not carry. */
  | 'codec not supported'
  /** Frames came before the decoder configuration, or that does not parse. */
  | 'no usable sequence header'
  /** Lengths inside the frame do not fit it, or an AAC frame is too large for ADTS. */
  | 'broken frame';

export interface TsMuxerOptions {
  /** Several audio frames per PES packet: for streams without video. */
  readonly packsAudio?: boolean;
  /** Those of an earlier muxer of the same stream; counted on in place. */
  readonly counters?: TsCounters;
  /** A sequence header is enough to list its track: a live viewer cannot look ahead. */
  readonly listsAnnounced?: boolean;
}

const PADDED = ['video', 'aac', 'mp3'] as const;

/** Packets until a counter of 4 bits is 0 again. */
function roundRest(counter: number): number {
  return (16 - counter) & 0x0f;
}

export class TsMuxer {
  readonly counters: TsCounters;
  readonly #packer: AudioPacker | undefined;
  readonly #listsAnnounced: boolean;
  readonly #h264 = new NalFraming(H264_RULES);
  readonly #h265 = new NalFraming(H265_RULES);
  readonly #aac = new AdtsFraming();
  readonly #raw = new RawFraming();
  readonly #plan: PesPlan;
  #tracks: TsTracks = { video: undefined, audio: undefined };
  #version = 0;
  #isVersionUsed = false;
  /** Segments fit to those of other servers. */
  #isNumbered = false;
  #skipReason: TsSkipReason | undefined;

  constructor(options: TsMuxerOptions = {}) {
    this.counters = options.counters ?? { tables: 0, video: 0, aac: 0, mp3: 0 };
    this.#packer = options.packsAudio === true ? new AudioPacker() : undefined;
    this.#listsAnnounced = options.listsAnnounced === true;
    this.#plan = new PesPlan(this.counters);
  }

  /** The tracks that frames have been seen of. A new object whenever they change: then the tables are due again. */
  get tracks(): TsTracks {
    return this.#tracks;
  }

  /** Samples per second of the AAC track, 0 if there is none. */
  get aacSampleRate(): number {
    return this.#aac.sampleRate;
  }

  /** Why the last `prepare` returned 0 for a frame, undefined if there was simply nothing to write. */
  get skipReason(): TsSkipReason | undefined {
    return this.#skipReason;
  }

  /**
   * The next frame of the track that carries the clock, the planned one included, gets a clock reference.
   * @returns bytes that the planned packets take now
   */
  startSegment(): number {
    return this.#plan.restartClock();
  }

  /**
   * Counters of a segment that is to follow any other server's segment before it: these all end with a full round.
   * @param sequence number of the segment, by which its tables are counted
   */
  restartCounters(sequence: number): void {
    this.#isNumbered = true;
    this.counters.tables = sequence & 0x0f;
    for (const track of PADDED) this.counters[track] = 0;
  }

  /** Bytes of the packets that bring the counters of all tracks to a full round. */
  get paddingSize(): number {
    return PADDED.reduce((size, track) => size + roundRest(this.counters[track]) * TS_PACKET_SIZE, 0);
  }

  /** Writes `paddingSize` bytes. */
  writePadding(target: Buffer, offset: number): void {
    let at = offset;
    for (const track of PADDED) {
      const pid = track === 'video' ? PID_VIDEO : audioPid(track);
      for (let rest = roundRest(this.counters[track]); rest > 0; rest--, at += TS_PACKET_SIZE) {
        writeEmptyPacket(target, at, pid, 16 - rest);
      }
      this.counters[track] = 0;
    }
  }

  /** Writes PAT and PMT, TABLES_SIZE bytes, for the tracks so far. */
  writeTables(target: Buffer, offset: number): void {
    const version = this.#isNumbered ? tracksVersion(this.#tracks) : this.#version;
    writeTables(target, offset, this.#tracks, version, this.counters.tables);
    this.#isVersionUsed = true;
    this.counters.tables = (this.counters.tables + 1) & 0x0f;
  }

  /**
   * Plans the packets of a message; a sequence header is only taken in. The payload is lent until `write`.
   * @param dts decoding time if it is not the message's own, ticks of 1/90000 s
   * @returns bytes that the packets take, a multiple of 188; 0 = nothing to write
   */
  prepare(message: MediaMessage, dts = message.timestampMs * TICKS_PER_MS): number {
    this.#skipReason = undefined;
    return message.track === 'video' ? this.#prepareVideo(message, dts) : this.#prepareAudio(message, dts);
  }

  /** Plans the packed audio that still waits for more frames. @returns as `prepare` */
  prepareRest(): number {
    if (this.#packer === undefined || this.#packer.isEmpty) return 0;
    return this.#preparePacked(this.#packer);
  }

  /** Writes the planned packets; the room is as large as `prepare` said. */
  write(target: Buffer, offset: number): void {
    this.#plan.write(target, offset);
  }

  #prepareVideo(message: MediaMessage, dts: number): number {
    const { payload } = message;
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped' || tag.trackId !== 0) return 0;
    const { codec } = tag;
    if (codec !== 'h264' && codec !== 'hevc') return this.#skip('codec not supported');
    const framing = codec === 'h264' ? this.#h264 : this.#h265;
    if (tag.isSequenceHeader) {
      this.#configure(framing, payload, tag.dataOffset);
      if (this.#listsAnnounced && framing.isConfigured) this.#seenVideo(codec);
      return 0;
    }
    if (tag.packetType !== 'coded-frames') return 0;
    return this.#planVideo(message, dts, tag, codec, framing);
  }

  #planVideo(
    message: MediaMessage,
    dts: number,
    tag: VideoTag,
    codec: TsVideoCodec,
    framing: ElementaryFraming,
  ): number {
    const size = this.#planFrame(framing, message.payload, tag.dataOffset);
    if (size === 0) return 0;
    this.#seenVideo(codec);
    const delay = compositionTimeMs(tag, message.payload) * TICKS_PER_MS;
    // Nothing is shown before time 0: a negative PTS would wrap to the far future.
    const pts = Math.max(dts + delay, Math.min(dts, 0));
    return this.#plan.video(framing, size, pts, dts, message.isKeyFrame);
  }

  #prepareAudio(message: MediaMessage, pts: number): number {
    const { payload } = message;
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped' || tag.trackId !== 0) return 0;
    const { codec } = tag;
    if (codec !== 'aac' && codec !== 'mp3') return this.#skip('codec not supported');
    const framing = codec === 'aac' ? this.#aac : this.#raw;
    if (tag.isSequenceHeader) {
      this.#configure(framing, payload, tag.dataOffset);
      if (this.#listsAnnounced && framing.isConfigured) this.#seenAudio(codec);
      return 0;
    }
    if (tag.packetType !== 'coded-frames') return 0;
    const size = this.#planFrame(framing, payload, tag.dataOffset);
    if (size === 0) return 0;
    this.#seenAudio(codec);
    if (this.#packer === undefined) return this.#plan.audio(framing, size, pts, codec, this.#isClockAudio);
    return this.#packer.add(framing, size, pts) ? this.#preparePacked(this.#packer) : 0;
  }

  #preparePacked(packer: AudioPacker): number {
    const pts = packer.start;
    const size = this.#raw.plan(packer.take(), 0);
    return this.#plan.audio(this.#raw, size, pts, this.#tracks.audio ?? 'aac', this.#isClockAudio);
  }

  get #isClockAudio(): boolean {
    return this.#tracks.video === undefined;
  }

  #planFrame(framing: ElementaryFraming, payload: Buffer, offset: number): number {
    if (!framing.isConfigured) return this.#skip('no usable sequence header');
    const size = framing.plan(payload, offset);
    return size < 0 ? this.#skip('broken frame') : size;
  }

  #configure(framing: ElementaryFraming, payload: Buffer, offset: number): void {
    if (!framing.configure(payload.subarray(offset))) this.#skip('no usable sequence header');
  }

  #seenVideo(codec: TsVideoCodec): void {
    if (this.#tracks.video !== codec) this.#changeTracks({ ...this.#tracks, video: codec });
  }

  #seenAudio(codec: TsAudioCodec): void {
    if (this.#tracks.audio === codec) return;
    // Frames of the old codec must not end up in a packet of the new one.
    if (this.#tracks.audio !== undefined) this.#packer?.take();
    this.#changeTracks({ ...this.#tracks, audio: codec });
  }

  #changeTracks(tracks: TsTracks): void {
    const isOtherClock = pcrPid(tracks) !== pcrPid(this.#tracks);
    this.#tracks = tracks;
    if (this.#isVersionUsed) this.#version = (this.#version + 1) & 0x1f;
    this.#isVersionUsed = false;
    if (isOtherClock) this.#plan.restartClock();
  }

  #skip(reason: TsSkipReason): 0 {
    this.#skipReason = reason;
    return 0;
  }
}
