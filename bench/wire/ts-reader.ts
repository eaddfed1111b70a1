// Reads a transport stream for its frames: PAT and PMT for the tracks, the time in the PES header at the start
// of each frame, and the first NAL unit that tells a key frame. ISO/IEC 13818-1, 2.4.3 and 2.4.4.

import type { MediaKind } from './media-kind.ts';

const PACKET_BYTES = 188;
const SYNC = 0x47;
const PID_PAT = 0;
const STREAM_TYPES_VIDEO: ReadonlySet<number> = new Set([0x1b, 0x24]);
const STREAM_TYPES_AUDIO: ReadonlySet<number> = new Set([0x03, 0x04, 0x0f, 0x11]);
const NAL_SLICE = 1;
const NAL_IDR = 5;
const NAL_SPS = 7;
const TICKS_PER_MS = 90;

export interface TsFrame {
  readonly kind: MediaKind;
  readonly timestampMs: number;
  /** The packet that the frame starts in, lent until the call returns. */
  readonly firstPacket: Buffer;
}

export class TsReader {
  private readonly onFrame: (frame: TsFrame) => void;
  private readonly packet = Buffer.allocUnsafeSlow(PACKET_BYTES);
  private packetBytes = 0;
  private pmtPid = -1;
  private videoPid = -1;
  private audioPid = -1;
  /** A video frame whose parameter sets or slices have not been seen yet: SEI messages may come before. */
  private isUndecided = false;
  private undecidedMs = 0;
  private readonly undecidedPacket = Buffer.allocUnsafeSlow(PACKET_BYTES);
  private lastBytes = 0xffffff;

  constructor(onFrame: (frame: TsFrame) => void) {
    this.onFrame = onFrame;
  }

  feed(data: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const taken = Math.min(PACKET_BYTES - this.packetBytes, end - at);
      data.copy(this.packet, this.packetBytes, at, at + taken);
      this.packetBytes += taken;
      at += taken;
      if (this.packetBytes === PACKET_BYTES) {
        this.packetBytes = 0;
        this.readPacket(this.packet);
      }
    }
  }

  private readPacket(packet: Buffer): void {
    if (packet[0] !== SYNC) throw new Error('transport stream: no sync byte at the start of a packet');
    const isStart = (packet[1]! & 0x40) !== 0;
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const payloadAt = (packet[3]! & 0x20) === 0 ? 4 : 5 + packet[4]!;
    if (!isStart) {
      if (this.isUndecided && pid === this.videoPid) this.decide(packet, payloadAt);
      return;
    }
    if (payloadAt >= PACKET_BYTES - 20) return;
    if (pid === PID_PAT) this.pmtPid = packet.readUInt16BE(payloadAt + 1 + packet[payloadAt]! + 10) & 0x1fff;
    else if (pid === this.pmtPid) this.readPmt(packet, payloadAt + 1 + packet[payloadAt]!);
    else if (pid === this.videoPid || pid === this.audioPid)
      this.readPes(packet, payloadAt, pid === this.videoPid);
  }

  private readPmt(packet: Buffer, at: number): void {
    const end = Math.min(PACKET_BYTES - 5, at + 3 + (packet.readUInt16BE(at + 1) & 0x0fff) - 4);
    let entry = at + 12 + (packet.readUInt16BE(at + 10) & 0x0fff);
    while (entry < end) {
      const pid = packet.readUInt16BE(entry + 1) & 0x1fff;
      if (STREAM_TYPES_VIDEO.has(packet[entry]!)) this.videoPid = pid;
      if (STREAM_TYPES_AUDIO.has(packet[entry]!)) this.audioPid = pid;
      entry += 5 + (packet.readUInt16BE(entry + 3) & 0x0fff);
    }
  }

  private readPes(packet: Buffer, at: number, isVideo: boolean): void {
    const flags = packet[at + 7]! >> 6;
    if (flags < 2) return;
    const timeAt = at + (flags === 3 ? 14 : 9);
    const timestampMs = Math.round(readTime(packet, timeAt) / TICKS_PER_MS);
    if (!isVideo) {
      this.onFrame({ kind: 'audio', timestampMs, firstPacket: packet });
      return;
    }
    this.isUndecided = true;
    this.undecidedMs = timestampMs;
    packet.copy(this.undecidedPacket);
    this.lastBytes = 0xffffff;
    this.decide(packet, at + 9 + packet[at + 8]!);
  }

  /** Looks for the NAL unit that tells what the frame is; start codes may be cut by the end of a packet. */
  private decide(packet: Buffer, start: number): void {
    for (let at = start; at < PACKET_BYTES; at++) {
      const type = packet[at]! & 0x1f;
      if (this.lastBytes === 1 && (type === NAL_SLICE || type === NAL_IDR || type === NAL_SPS)) {
        this.isUndecided = false;
        const kind = type === NAL_SLICE ? 'frame' : 'key';
        this.onFrame({ kind, timestampMs: this.undecidedMs, firstPacket: this.undecidedPacket });
        return;
      }
      this.lastBytes = ((this.lastBytes << 8) | packet[at]!) & 0xffffff;
    }
  }
}

/** 33 bits over five bytes. */
function readTime(packet: Buffer, at: number): number {
  const high = (packet[at]! >> 1) & 0x07;
  const middle = packet.readUInt16BE(at + 1) >> 1;
  const low = packet.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
