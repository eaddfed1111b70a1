// FLV tags in the forms that ffmpeg 4 cannot write: enhanced RTMP v1 (a FourCC in place of the codec id) and
// the older private codec id 12 for HEVC. Made from an MP4 file, whose samples have the same bytes.

import { readFileSync } from 'node:fs';
import type { FlvTag } from './flv.ts';
import { mediaFile } from './media.ts';
import { probe } from './packets.ts';

const packetType = { sequenceStart: 0, codedFrames: 1, codedFramesX: 3 } as const;
const frameType = { key: 1, inter: 2 } as const;

/** A video tag body with a FourCC. CodedFrames carries the composition time, CodedFramesX means that it is 0. */
export function enhancedVideo(
  fourCc: string,
  type: number,
  frame: number,
  data: Buffer,
  compositionMs?: number,
): Buffer {
  const cts = Buffer.alloc(compositionMs === undefined ? 0 : 3);
  if (compositionMs !== undefined) cts.writeIntBE(compositionMs, 0, 3);
  return Buffer.concat([Buffer.from([0x80 | (frame << 4) | type]), Buffer.from(fourCc), cts, data]);
}

/** PacketTypeMetadata with an empty colorConfig, byte by byte as ffmpeg 7.0.2 writes it after the sequence header. */
const colorInfo = Buffer.from(
  'd468766331020009636f6c6f72496e666f03000b636f6c6f72436f6e66696703000009000009',
  'hex',
);

/**
 * The HEVC file as an enhanced RTMP encoder (OBS 29 and later, ffmpeg 6.1 and later) sends it. The bodies are
 * those that `ffmpeg -i hevc.mp4 -c copy -f flv` of version 7.0.2 writes, in the same order.
 */
export async function enhancedHevcTags(): Promise<FlvTag[]> {
  const { config, samples } = await hevcSamples();
  const header = enhancedVideo('hvc1', packetType.sequenceStart, frameType.key, config);
  return [
    { type: 9, timestampMs: 0, body: header },
    { type: 9, timestampMs: 0, body: colorInfo },
    ...samples.map(({ timestampMs, compositionMs, isKey, data }) => {
      const frame = isKey ? frameType.key : frameType.inter;
      const body =
        compositionMs === 0
          ? enhancedVideo('hvc1', packetType.codedFramesX, frame, data)
          : enhancedVideo('hvc1', packetType.codedFrames, frame, data, compositionMs);
      return { type: 9, timestampMs, body };
    }),
  ];
}

/** The same in the form that encoders used before: codec id 12, otherwise as AVC. */
export async function legacyHevcTags(): Promise<FlvTag[]> {
  const { config, samples } = await hevcSamples();
  const body = (isKey: boolean, avcType: number, compositionMs: number, data: Buffer) => {
    const head = Buffer.from([(isKey ? 0x10 : 0x20) | 12, avcType, 0, 0, 0]);
    head.writeIntBE(compositionMs, 2, 3);
    return Buffer.concat([head, data]);
  };
  return [
    { type: 9, timestampMs: 0, body: body(true, 0, 0, config) },
    ...samples.map(({ timestampMs, compositionMs, isKey, data }) => ({
      type: 9,
      timestampMs,
      body: body(isKey, 1, compositionMs, data),
    })),
  ];
}

interface Sample {
  readonly timestampMs: number;
  readonly compositionMs: number;
  readonly isKey: boolean;
  readonly data: Buffer;
}

async function hevcSamples(): Promise<{ config: Buffer; samples: Sample[] }> {
  const path = await mediaFile('hevc.mp4');
  const bytes = readFileSync(path);
  const { packets } = await probe(path);
  const startMs = packets[0]?.dtsMs ?? 0;
  const samples = packets.map((packet) => ({
    timestampMs: packet.dtsMs - startMs,
    compositionMs: packet.ptsMs - packet.dtsMs,
    isKey: packet.isKey,
    data: bytes.subarray(packet.position, packet.position + packet.sizeBytes),
  }));
  return { config: boxBody(bytes, 'hvcC'), samples };
}

/** Body of the only box of this type, found by its name: the sample tables are ffprobe's business. */
function boxBody(bytes: Buffer, type: string): Buffer {
  const at = bytes.indexOf(type);
  if (at < 4) throw new Error(`no ${type} box`);
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}
