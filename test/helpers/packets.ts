// Lists of packets as ffprobe sees them, of files and of live streams, and what makes two lists the same.

import { expect } from 'vitest';
import { Child } from './child.ts';
import { ffprobePath } from './ffmpeg.ts';
import { PATIENCE_MS } from './wait-for.ts';

export interface Packet {
  readonly track: string;
  readonly dtsMs: number;
  readonly ptsMs: number;
  readonly sizeBytes: number;
  /** Where it is in a file. */
  readonly position: number;
  readonly isKey: boolean;
  readonly hash: string;
}

export interface ProbedStream {
  readonly codec_type: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
}

export interface Probe {
  readonly packets: readonly Packet[];
  readonly streams: readonly ProbedStream[];
  /** Metadata of the container: for FLV and RTMP what onMetaData said. */
  readonly tags: Readonly<Record<string, string>>;
}

/** An ffprobe that reads `input` until that ends. */
export class Prober {
  readonly child: Child;

  constructor(input: string, lifetimeMs = 60_000) {
    const what = ['-show_streams', '-show_format', '-show_packets', '-show_data_hash', 'md5'];
    this.child = new Child(ffprobePath(), ['-v', 'error', ...what, '-of', 'json', input], { lifetimeMs });
  }

  async result(timeoutMs = PATIENCE_MS): Promise<Probe> {
    const { code } = await this.child.exited(timeoutMs);
    if (code !== 0) throw new Error(this.child.describe());
    return parseProbe(this.child.stdout);
  }
}

export async function probe(input: string): Promise<Probe> {
  return new Prober(input).result();
}

interface RawProbe {
  readonly packets: readonly Record<string, string>[];
  readonly streams: readonly ProbedStream[];
  readonly format: { readonly tags?: Record<string, string> };
}

function parseProbe(json: string): Probe {
  const raw = JSON.parse(json) as RawProbe;
  const packets = raw.packets
    .filter((packet) => packet.codec_type !== 'data')
    .map((packet) => ({
      track: String(packet.codec_type),
      dtsMs: Math.round(Number(packet.dts_time) * 1000),
      ptsMs: Math.round(Number(packet.pts_time) * 1000),
      sizeBytes: Number(packet.size),
      position: Number(packet.pos),
      isKey: packet.flags?.startsWith('K') ?? false,
      hash: String(packet.data_hash),
    }));
  return { packets, streams: raw.streams, tags: raw.format.tags ?? {} };
}

export function tracksOf(packets: readonly Packet[]): string[] {
  return [...new Set(packets.map((packet) => packet.track))].sort();
}

export function track(packets: readonly Packet[], name: string): Packet[] {
  return packets.filter((packet) => packet.track === name);
}

/** What must be equal, packet by packet. */
const identity = ({ sizeBytes, isKey, hash }: Packet) => ({ sizeBytes, isKey, hash });

/** Every packet of the source, in order, on each track, on one clock that starts near zero. */
export function expectSamePackets(actual: readonly Packet[], source: readonly Packet[]): void {
  expect(tracksOf(actual)).toEqual(tracksOf(source));
  for (const name of tracksOf(source)) {
    expect(track(actual, name).map(identity), `${name} packets`).toEqual(track(source, name).map(identity));
  }
  expectSameClock(actual, source);
}

/**
 * What a viewer gets who comes later: from a key frame on, every packet of the source up to its end.
 * Audio starts with the key frame or after it.
 */
export function expectTailOf(actual: readonly Packet[], source: readonly Packet[]): void {
  const [firstVideo] = track(actual, 'video');
  expect(firstVideo?.isKey, 'first picture is a key frame').toBe(true);
  for (const name of tracksOf(source)) {
    const own = track(actual, name);
    const all = track(source, name);
    expect(own.length, `${name} packets received`).toBeGreaterThan(0);
    expect(own.map(identity), `${name} packets`).toEqual(all.slice(-own.length).map(identity));
  }
  expectSameClock(actual, source.slice(-actual.length));
}

/** Both tracks keep their distance: one shift for all, rounding of a millisecond allowed. */
function expectSameClock(actual: readonly Packet[], source: readonly Packet[]): void {
  expectStartsNearZero(actual);
  const shifts = tracksOf(source).flatMap((name) => {
    const own = track(actual, name);
    const all = track(source, name).slice(-own.length);
    return own.map((packet, index) => packet.dtsMs - (all[index]?.dtsMs ?? Number.NaN));
  });
  const spread = Math.max(...shifts) - Math.min(...shifts);
  expect(spread, 'difference between the distances to the source timestamps, ms').toBeLessThanOrEqual(2);
  for (const name of tracksOf(source)) {
    const own = track(actual, name);
    const all = track(source, name).slice(-own.length);
    const delays = (packets: readonly Packet[]) => packets.map((packet) => packet.ptsMs - packet.dtsMs);
    expect(delays(own), `${name}: presentation minus decoding time`).toEqual(delays(all));
  }
}

/** A player's clock starts with the stream as the viewer sees it, not with the publisher's. */
export function expectStartsNearZero(packets: readonly Packet[]): void {
  const first = Math.min(...packets.map((packet) => packet.dtsMs));
  expect(first, 'first timestamp, ms').toBeGreaterThanOrEqual(0);
  expect(first, 'first timestamp, ms').toBeLessThanOrEqual(100);
}

/** Never backwards, never further than `maxGapMs` to the next packet of the track. */
export function expectSteady(packets: readonly Packet[], name: string, maxGapMs: number): void {
  const times = track(packets, name).map((packet) => packet.dtsMs);
  times.slice(1).forEach((time, index) => {
    const gap = time - (times[index] ?? 0);
    expect(gap, `step to ${name} packet ${index + 1} at ${time} ms`).toBeGreaterThanOrEqual(0);
    expect(gap, `step to ${name} packet ${index + 1} at ${time} ms`).toBeLessThanOrEqual(maxGapMs);
  });
}
