// Real files through demuxer and parsers, compared packet by packet with what ffmpeg reads from them.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FlvDemuxer } from '../../../../src/container/flv/flv-demuxer.ts';
import { type AudioTag, parseAudioTag } from '../../../../src/media/audio-tag.ts';
import { describeAudio, describeVideo } from '../../../../src/media/track-description.ts';
import { compositionTimeMs, parseVideoTag, type VideoTag } from '../../../../src/media/video-tag.ts';

interface Packet {
  readonly track: 'audio' | 'video';
  readonly dtsMs: number;
  readonly ptsMs: number;
  readonly sizeBytes: number;
  readonly adler: string;
  readonly isKeyFrame: boolean;
}

interface Header {
  readonly tag: VideoTag | AudioTag;
  readonly payload: Buffer;
}

const golden = (name: string) => new URL(`../../../golden/flv/${name}`, import.meta.url);

/** Adler-32 as ffmpeg's framecrc has it: from 0 instead of 1. */
function adler32(bytes: Buffer): string {
  let a = 0;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return `0x${(b * 65536 + a).toString(16).padStart(8, '0')}`;
}

function demux(name: string): { packets: Packet[]; headers: Header[] } {
  const packets: Packet[] = [];
  const headers: Header[] = [];
  const demuxer = new FlvDemuxer({
    header: () => {},
    tag: (type, dtsMs, payload) => {
      if (type === 18) return;
      const tag = type === 9 ? parseVideoTag(payload) : parseAudioTag(payload);
      if (tag.type === 'dropped') throw new Error(`dropped: ${tag.reason}`);
      const data = payload.subarray(tag.dataOffset);
      if (tag.isSequenceHeader) headers.push({ tag, payload: Buffer.from(payload) });
      if (tag.packetType !== 'coded-frames') return;
      packets.push({
        track: tag.type,
        dtsMs,
        ptsMs: dtsMs + (tag.type === 'video' ? compositionTimeMs(tag, payload) : 0),
        sizeBytes: data.length,
        adler: adler32(data),
        isKeyFrame: tag.type === 'audio' || tag.isKeyFrame,
      });
    },
  });
  demuxer.push(readFileSync(golden(name)));
  expect(demuxer.isBetweenTags).toBe(true);
  return { packets, headers };
}

interface FrameCrc {
  readonly packets: Packet[];
  /** Size and checksum by stream. */
  readonly extradata: [track: string, sizeBytes: number, adler: string][];
}

function readFrameCrc(name: string): FrameCrc {
  const lines = readFileSync(golden(name), 'utf8').trim().split('\n');
  const tracks = new Map<string, Packet['track']>();
  for (const line of lines) {
    const [, stream, track] = line.match(/^#media_type (\d+): (audio|video)/) ?? [];
    if (stream !== undefined) tracks.set(stream, track as Packet['track']);
  }
  const extradata = lines.flatMap((line) => {
    const [, stream, size, adler] = line.match(/^#extradata (\d+): +(\d+), (\w+)/) ?? [];
    return stream === undefined
      ? []
      : [[tracks.get(stream)!, Number(size), adler!] satisfies [string, number, string]];
  });
  const packets = lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(',').map((field) => field.trim()))
    .map(([stream, dts, pts, , size, adler, flags]) => ({
      track: tracks.get(stream!)!,
      dtsMs: Number(dts),
      ptsMs: Number(pts),
      sizeBytes: Number(size),
      adler: adler!,
      isKeyFrame: flags !== 'F=0x0',
    }));
  return { packets, extradata };
}

const names = ['h264-aac', 'h264', 'aac', 'mp3', 'h263-speex', 'hevc-aac', 'av1', 'vp9'];

test.each(names)('%s: every packet as ffmpeg reads it', (name) => {
  const { packets } = demux(`${name}.flv`);
  const expected = readFrameCrc(`${name}.framecrc`).packets;
  // ffmpeg may deliver tracks in another order than the file has them.
  for (const track of ['audio', 'video'] as const) {
    expect(packets.filter((packet) => packet.track === track)).toEqual(
      expected.filter((packet) => packet.track === track),
    );
  }
  expect(packets.length).toBeGreaterThan(9);
});

test.each(names)('%s: sequence headers as ffmpeg reads them', (name) => {
  const headers = demux(`${name}.flv`).headers.map(({ tag, payload }) => {
    const data = payload.subarray(tag.dataOffset);
    return [tag.type, data.length, adler32(data)];
  });
  for (const extradata of readFrameCrc(`${name}.framecrc`).extradata) {
    expect(headers).toContainEqual(extradata);
  }
});

// What ffprobe says of codec, profile, level, size and rate (ffmpeg for the enhanced ones).
const descriptions: [string, Record<string, unknown>[]][] = [
  [
    'h264-aac',
    [
      { codec: 'H264', profile: 'High', level: '1.2', width: 320, height: 180, frameRate: 25 },
      { codec: 'AAC', profile: 'LC', sampleRate: 44100, channels: 1, reportedChannels: 2 },
    ],
  ],
  ['h264', [{ codec: 'H264', profile: 'Baseline', level: '1.1', width: 176, height: 98 }]],
  ['aac', [{ codec: 'AAC', profile: 'LC', sampleRate: 48000, channels: 1, reportedSampleRate: 44100 }]],
  [
    'hevc-aac',
    [
      { codec: 'HEVC', profile: 'Main10', level: '2', width: 320, height: 180 },
      { codec: 'AAC', sampleRate: 44100, channels: 1 },
    ],
  ],
  ['av1', [{ codec: 'AV1', profile: 'Main', level: '2.0', width: 320, height: 180 }]],
  ['vp9', [{ codec: 'VP9' }]],
];

test.each(descriptions)('%s: codec, profile, level and size as ffprobe says', (name, expected) => {
  const described = demux(`${name}.flv`).headers.map(({ tag, payload }) =>
    tag.type === 'video' ? describeVideo(tag, payload) : describeAudio(tag, payload),
  );
  // ffmpeg's AV1 starts with an empty header that describes nothing.
  const known = described.filter((description) => description !== undefined);
  expect(known).toHaveLength(expected.length);
  expect(known).toMatchObject(expected);
});

test('the frame rate of 30000/1001', () => {
  const [header] = demux('h264.flv').headers;
  if (header?.tag.type !== 'video') throw new Error('no video header');
  expect(describeVideo(header.tag, header.payload)?.frameRate).toBeCloseTo(29.97, 3);
});

test('MP3 is described by any frame', () => {
  const payloads: Buffer[] = [];
  new FlvDemuxer({
    header: () => {},
    tag: (type, _timestampMs, data) => {
      if (type === 8) payloads.push(Buffer.from(data));
    },
  }).push(readFileSync(golden('mp3.flv')));
  const tag = parseAudioTag(payloads[0]!);
  if (tag.type === 'dropped') throw new Error(tag.reason);
  expect(describeAudio(tag, payloads[0]!)).toEqual({
    codec: 'MP3',
    profile: '',
    sampleRate: 22050,
    channels: 2,
    reportedSampleRate: 22050,
    reportedChannels: 2,
  });
});
