// The packets of one PES packet, decided before they are written: times, clock reference, number of packets.

import type { ElementaryFraming } from './elementary-framing.ts';
import {
  packetCount,
  pesHeaderSize,
  STREAM_ID_AUDIO,
  STREAM_ID_VIDEO,
  spreadPes,
  writePcrPacket,
  writePesHeader,
} from './pes.ts';
import { audioPid, type TsAudioCodec } from './program-tables.ts';
import { PID_VIDEO, TICKS_PER_MS, TS_PACKET_SIZE, type TsCounters } from './ts-packet.ts';

/** A clock reference goes out when the last one is so old: the frames of 10 fps and more then keep the limit. */
const PCR_DISTANCE = 50 * TICKS_PER_MS;
/** Longest distance of two clock references, 2.7.2. Packets of their own fill what is longer. */
const PCR_MAX_DISTANCE = 100 * TICKS_PER_MS;
/** A pause or a jump, which is not filled. */
const PCR_MAX_GAP = 10_000 * TICKS_PER_MS;

export class PesPlan {
  readonly #counters: TsCounters;
  #framing: ElementaryFraming | undefined;
  #counter: 'video' | TsAudioCodec = 'video';
  #pts = 0;
  #dts = 0;
  #dataSize = 0;
  #packets = 0;
  #isClock = false;
  #hasPcr = false;
  /** Packets in front that carry only a clock reference, and the distance of their times. */
  #fillers = 0;
  #fillerStep = 0;
  #lastPcr: number | undefined;

  constructor(counters: TsCounters) {
    this.#counters = counters;
  }

  /** The next or the planned packet starts the clock. @returns bytes of the planned packets, 0 without any */
  restartClock(): number {
    this.#lastPcr = undefined;
    if (this.#framing === undefined) return 0;
    if (this.#isClock) this.#hasPcr = true;
    this.#fillers = 0;
    return this.#countPackets();
  }

  /** Plans a picture of `size` bytes. Key frames always carry a clock reference. @returns bytes of its packets */
  video(framing: ElementaryFraming, size: number, pts: number, dts: number, isKeyFrame: boolean): number {
    this.#counter = 'video';
    return this.#plan(framing, size, pts, dts, true, isKeyFrame);
  }

  /** Plans one or more audio frames. @returns bytes of their packets */
  audio(
    framing: ElementaryFraming,
    size: number,
    pts: number,
    codec: TsAudioCodec,
    isClock: boolean,
  ): number {
    this.#counter = codec;
    return this.#plan(framing, size, pts, pts, isClock, false);
  }

  write(target: Buffer, offset: number): void {
    const framing = this.#framing;
    if (framing === undefined) return;
    this.#framing = undefined;
    const isVideo = this.#counter === 'video';
    const pid = this.#counter === 'video' ? PID_VIDEO : audioPid(this.#counter);
    const start = this.#writeFillers(target, offset, pid);
    const pesSize = pesHeaderSize(this.#pts, this.#dts) + this.#dataSize;
    const pes = start + this.#packets * TS_PACKET_SIZE - pesSize;
    const streamId = isVideo ? STREAM_ID_VIDEO : STREAM_ID_AUDIO;
    framing.write(target, writePesHeader(target, pes, streamId, this.#pts, this.#dts, this.#dataSize));
    const counter = this.#counters[this.#counter];
    const pcr = this.#hasPcr ? this.#dts : undefined;
    spreadPes(target, start, pesSize, this.#packets, pid, counter, pcr);
    this.#counters[this.#counter] = (counter + this.#packets) & 0x0f;
    if (this.#hasPcr) this.#lastPcr = this.#dts;
  }

  #plan(
    framing: ElementaryFraming,
    size: number,
    pts: number,
    dts: number,
    isClock: boolean,
    isKeyFrame: boolean,
  ): number {
    this.#framing = framing;
    this.#pts = pts;
    this.#dts = dts;
    this.#dataSize = size;
    this.#fillers = 0;
    this.#isClock = isClock;
    this.#hasPcr = isClock && this.#isPcrDue(dts, isKeyFrame);
    return this.#countPackets();
  }

  #countPackets(): number {
    this.#packets = packetCount(pesHeaderSize(this.#pts, this.#dts) + this.#dataSize, this.#hasPcr);
    return (this.#fillers + this.#packets) * TS_PACKET_SIZE;
  }

  #isPcrDue(dts: number, isKeyFrame: boolean): boolean {
    if (this.#lastPcr === undefined) return true;
    const distance = dts - this.#lastPcr;
    if (distance > PCR_MAX_DISTANCE && distance <= PCR_MAX_GAP) {
      this.#fillers = Math.ceil(distance / PCR_MAX_DISTANCE) - 1;
      this.#fillerStep = Math.floor(distance / (this.#fillers + 1));
    }
    return isKeyFrame || distance >= PCR_DISTANCE || distance < 0;
  }

  #writeFillers(target: Buffer, offset: number, pid: number): number {
    const lastCounter = this.#counters[this.#counter] + 15;
    for (let index = 0; index < this.#fillers; index++) {
      const pcr = (this.#lastPcr ?? 0) + (index + 1) * this.#fillerStep;
      writePcrPacket(target, offset + index * TS_PACKET_SIZE, pid, lastCounter, pcr);
    }
    return offset + this.#fillers * TS_PACKET_SIZE;
  }
}
