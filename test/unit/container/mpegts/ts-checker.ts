// Reads transport streams by the standard (ISO/IEC 13818-1:2007, section numbers below) and says what is wrong with
// them. Written without the server's muxer: a test that shared code with it would compare the muxer with itself.

import { adtsFrames, isRandomAccess } from './elementary-checks.ts';

/** One PES packet put together again. */
export interface CheckedPes {
  readonly pid: number;
  readonly streamType: number;
  readonly pts: number;
  readonly dts: number;
  readonly data: Buffer;
}

export interface CheckedSegment {
  readonly pes: readonly CheckedPes[];
  /** PID to stream_type of the last PMT. */
  readonly tracks: ReadonlyMap<number, number>;
  readonly pcrPid: number;
  /** Clock references, ticks of 1/90000 s. */
  readonly pcrs: readonly number[];
}

export interface SegmentRules {
  /** Longest distance of clock references, ms. 2.7.2 says 100. */
  readonly maxPcrDistanceMs?: number;
  /** The first picture is one that decoding may start with; default true. */
  readonly startsWithKeyFrame?: boolean;
  /** Nothing is carried over from the segment before: a discontinuity of the playlist. */
  readonly isDiscontinuity?: boolean;
}

interface OpenPes {
  readonly pieces: Buffer[];
}

const PACKET_SIZE = 188;
const CLOCK = 2 ** 33;

/** Signed distance of two 33-bit clocks. */
function clockDistance(from: number, to: number): number {
  const distance = (((to - from) % CLOCK) + CLOCK) % CLOCK;
  return distance >= CLOCK / 2 ? distance - CLOCK : distance;
}

/** Checks the segments of one stream in their order; continuity holds from one to the next. */
export class TsChecker {
  /** Everything found so far, empty if all is well. */
  readonly problems: string[] = [];
  readonly #counters = new Map<number, number>();
  readonly #lastDts = new Map<number, number>();
  #segment = '';
  #at = 0;
  #pmtPid = -1;
  #pcrPid = -1;
  #tracks = new Map<number, number>();
  #open = new Map<number, OpenPes>();
  #pes: CheckedPes[] = [];
  #pcrs: number[] = [];
  #seenPids = new Set<number>();

  /** Reads one segment whole. `name` goes into the problems. */
  check(bytes: Buffer, name: string, rules: SegmentRules = {}): CheckedSegment {
    this.#startSegment(name, rules);
    if (bytes.length === 0 || bytes.length % PACKET_SIZE !== 0)
      this.#say(`${bytes.length} bytes are no packets`);
    for (let at = 0; at + PACKET_SIZE <= bytes.length; at += PACKET_SIZE) {
      this.#at = at;
      this.#packet(bytes.subarray(at, at + PACKET_SIZE));
    }
    for (const pid of [...this.#open.keys()]) this.#endPes(pid);
    this.#checkStart(bytes, rules);
    this.#checkClock(rules.maxPcrDistanceMs ?? 100);
    return { pes: this.#pes, tracks: this.#tracks, pcrPid: this.#pcrPid, pcrs: this.#pcrs };
  }

  #startSegment(name: string, rules: SegmentRules): void {
    this.#segment = name;
    this.#at = 0;
    this.#pmtPid = -1;
    this.#pcrPid = -1;
    this.#tracks = new Map();
    this.#open = new Map();
    this.#pes = [];
    this.#pcrs = [];
    this.#seenPids = new Set();
    if (rules.isDiscontinuity !== true) return;
    this.#counters.clear();
    this.#lastDts.clear();
  }

  #say(problem: string): void {
    this.problems.push(`${this.#segment}, byte ${this.#at}: ${problem}`);
  }

  /** 2.4.3.2 */
  #packet(packet: Buffer): void {
    if (packet[0] !== 0x47) {
      this.#say(`sync byte ${packet[0]}`);
      return;
    }
    const second = packet.readUInt16BE(1);
    const pid = second & 0x1fff;
    const isUnitStart = (second & 0x4000) !== 0;
    const control = (packet.readUInt8(3) >> 4) & 3;
    if ((second & 0x8000) !== 0) this.#say('transport_error_indicator');
    if (packet.readUInt8(3) >> 6 !== 0) this.#say('scrambled');
    if (control === 0) {
      this.#say('adaptation_field_control 0');
      return;
    }
    this.#seenPids.add(pid);
    this.#checkCounter(pid, packet.readUInt8(3) & 15, (control & 1) !== 0);
    const fieldSize = (control & 2) === 0 ? 0 : this.#adaptationField(packet, pid, (control & 1) !== 0);
    if ((control & 1) !== 0) this.#payload(pid, isUnitStart, packet.subarray(4 + fieldSize));
  }

  /** 2.4.3.3: counts packets with payload; one without repeats the last value. */
  #checkCounter(pid: number, counter: number, hasPayload: boolean): void {
    const last = this.#counters.get(pid);
    if (last !== undefined) {
      const expected = hasPayload ? (last + 1) & 15 : last;
      if (counter !== expected) this.#say(`PID ${pid}: continuity counter ${counter}, not ${expected}`);
    }
    this.#counters.set(pid, counter);
  }

  /** 2.4.3.4 and 2.4.3.5. Returns its bytes, the length byte included. */
  #adaptationField(packet: Buffer, pid: number, hasPayload: boolean): number {
    const length = packet.readUInt8(4);
    // Not by the book: a packet that counts and is empty, which ends segments that must fit to each other.
    if (length > 183 || (!hasPayload && length !== 183)) this.#say(`adaptation_field_length ${length}`);
    if (length === 0) return 1;
    const flags = packet.readUInt8(5);
    let at = 6;
    if ((flags & 0x10) !== 0) {
      this.#clockReference(pid, packet.readUInt32BE(at) * 2 + (packet.readUInt8(at + 4) >> 7));
      if ((packet.readUInt8(at + 4) & 0x7e) !== 0x7e) this.#say('reserved bits of the PCR');
      at += 6;
    }
    if ((flags & 0x0f) !== 0) this.#say(`adaptation field flags 0x${flags.toString(16)}`);
    const stuffing = packet.subarray(at, 5 + length);
    if (stuffing.some((byte) => byte !== 0xff)) this.#say('stuffing is not 0xff');
    return 1 + length;
  }

  #clockReference(pid: number, ticks: number): void {
    if (pid === this.#pcrPid) this.#pcrs.push(ticks);
    // Sound may come before anybody knew that pictures follow; later on there is one clock.
    else if (this.#pcrs.length > 0) this.#say(`clock reference on PID ${pid}, not ${this.#pcrPid}`);
  }

  #payload(pid: number, isUnitStart: boolean, payload: Buffer): void {
    if (pid === 0) this.#pat(this.#section(payload, 0));
    else if (pid === this.#pmtPid) this.#pmt(this.#section(payload, 2));
    else if (!this.#tracks.has(pid)) this.#say(`PID ${pid} is not in the PMT`);
    else if (isUnitStart) {
      this.#endPes(pid);
      this.#open.set(pid, { pieces: [payload] });
    } else {
      const open = this.#open.get(pid);
      if (open === undefined) this.#say(`PID ${pid}: a packet goes on that never started`);
      else open.pieces.push(payload);
    }
  }

  /** 2.4.4: the body of the one section in this packet, between last_section_number and the CRC. */
  #section(payload: Buffer, tableId: number): Buffer {
    const start = 1 + payload.readUInt8(0);
    if (payload[start] !== tableId) this.#say(`table_id ${payload[start]}, not ${tableId}`);
    const length = payload.readUInt16BE(start + 1) & 0x0fff;
    const section = payload.subarray(start, start + 3 + length);
    if (crcRest(section) !== 0) this.#say(`CRC of table ${tableId}`);
    if ((section.readUInt8(5) & 1) !== 1) this.#say('current_next_indicator');
    if (payload.subarray(start + 3 + length).some((byte) => byte !== 0xff))
      this.#say('bytes behind a section');
    return section.subarray(8, section.length - 4);
  }

  #pat(body: Buffer): void {
    if (body.length !== 4) {
      this.#say(`${body.length / 4} programs`);
      return;
    }
    if (body.readUInt16BE(0) === 0) this.#say('program number 0');
    this.#pmtPid = body.readUInt16BE(2) & 0x1fff;
  }

  #pmt(body: Buffer): void {
    this.#pcrPid = body.readUInt16BE(0) & 0x1fff;
    this.#tracks = new Map();
    let at = 4 + (body.readUInt16BE(2) & 0x0fff);
    while (at + 5 <= body.length) {
      this.#tracks.set(body.readUInt16BE(at + 1) & 0x1fff, body.readUInt8(at));
      at += 5 + (body.readUInt16BE(at + 3) & 0x0fff);
    }
    if (at !== body.length) this.#say('PMT entries do not add up');
    if (!this.#tracks.has(this.#pcrPid)) this.#say(`PCR_PID ${this.#pcrPid} is not in the PMT`);
  }

  /** 2.4.3.7 */
  #endPes(pid: number): void {
    const bytes = Buffer.concat(this.#open.get(pid)?.pieces ?? []);
    this.#open.delete(pid);
    if (bytes.length === 0) return;
    if (bytes.readUIntBE(0, 3) !== 1) {
      this.#say(`PID ${pid}: no start code of a PES packet`);
      return;
    }
    const isVideo = bytes.readUInt8(3) >> 4 === 0xe;
    const length = bytes.readUInt16BE(4);
    if (length === 0 ? !isVideo : length !== bytes.length - 6) {
      this.#say(`PID ${pid}: PES_packet_length ${length} of ${bytes.length - 6} bytes`);
    }
    if (bytes.readUInt8(6) >> 6 !== 2) this.#say(`PID ${pid}: PES flags`);
    const which = bytes.readUInt8(7) >> 6;
    const headerSize = bytes.readUInt8(8);
    if (which < 2 || headerSize !== (which === 3 ? 10 : 5))
      this.#say(`PID ${pid}: PES header of ${headerSize}`);
    const pts = this.#timestamp(bytes, 9, which);
    const dts = which === 3 ? this.#timestamp(bytes, 14, 1) : pts;
    this.#unit({
      pid,
      streamType: this.#tracks.get(pid) ?? -1,
      pts,
      dts,
      data: bytes.subarray(9 + headerSize),
    });
  }

  #timestamp(bytes: Buffer, at: number, prefix: number): number {
    const [a, b, c] = [bytes.readUInt8(at), bytes.readUInt16BE(at + 1), bytes.readUInt16BE(at + 3)];
    if (a >> 4 !== prefix || (a & b & c & 1) !== 1) this.#say('marker bits of a timestamp');
    return ((a >> 1) & 7) * 2 ** 30 + (b >> 1) * 2 ** 15 + (c >> 1);
  }

  #unit(pes: CheckedPes): void {
    const { pid, pts, dts, data, streamType } = pes;
    this.#pes.push(pes);
    if (clockDistance(dts, pts) < 0) this.#say(`PID ${pid}: PTS ${pts} before DTS ${dts}`);
    const last = this.#lastDts.get(pid);
    if (last !== undefined && clockDistance(last, dts) < 0) this.#say(`PID ${pid}: DTS ${dts} after ${last}`);
    this.#lastDts.set(pid, dts);
    if (data.length === 0) this.#say(`PID ${pid}: empty PES packet`);
    if (streamType === 0x0f) {
      try {
        adtsFrames(data);
      } catch (error) {
        this.#say((error as Error).message);
      }
    }
  }

  #checkStart(bytes: Buffer, rules: SegmentRules): void {
    this.#at = 0;
    const pidAt = (at: number) => (bytes.length >= at + 3 ? bytes.readUInt16BE(at + 1) & 0x1fff : -1);
    if (pidAt(0) !== 0) this.#say('does not start with the PAT');
    if (pidAt(PACKET_SIZE) !== this.#pmtPid) this.#say('the PMT is not the second packet');
    for (const [pid, type] of this.#tracks) {
      if (!this.#seenPids.has(pid))
        this.#say(`the PMT lists PID ${pid} (type ${type}), which has no packets`);
    }
    const picture = this.#pes.find(({ streamType }) => streamType === 0x1b || streamType === 0x24);
    if (picture === undefined || rules.startsWithKeyFrame === false) return;
    if (!isRandomAccess(picture.data, picture.streamType)) this.#say('the first picture is no key frame');
  }

  #checkClock(maxDistanceMs: number): void {
    if (this.#pcrs.length === 0) {
      this.#say('no clock reference');
      return;
    }
    this.#pcrs.slice(1).forEach((pcr, index) => {
      const distanceMs = clockDistance(this.#pcrs[index] ?? 0, pcr) / 90;
      if (distanceMs < 0 || distanceMs > maxDistanceMs)
        this.#say(`PCR ${pcr} comes ${distanceMs} ms after the last`);
    });
    const clocked = this.#pes.filter(({ pid }) => pid === this.#pcrPid).map(({ dts }) => dts);
    const last = clocked.at(-1) ?? 0;
    const lateMs = clockDistance(this.#pcrs.at(-1) ?? 0, last) / 90;
    if (lateMs > maxDistanceMs) this.#say(`no clock reference in the last ${lateMs} ms`);
  }
}

/** Annex A by the book, bit by bit. */
function crcRest(section: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of section) {
    for (let bit = 7; bit >= 0; bit--) {
      const isOne = ((crc >>> 31) ^ (byte >> bit)) & 1;
      crc = isOne === 1 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
  }
  return crc >>> 0;
}
