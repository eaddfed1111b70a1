// RTMP chunks and AMF0.

import { decodeAmf0 } from '../../src/protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../src/protocol/amf0/encode.ts';
import { amf0EcmaArray } from '../../src/protocol/amf0/value.ts';
import { ChunkDecoder } from '../../src/protocol/rtmp/chunk-decoder.ts';
import { ChunkEncoder } from '../../src/protocol/rtmp/chunk-encoder.ts';
import { MEDIA_LIMITS } from '../../src/protocol/rtmp/chunk-limits.ts';
import type { MicroCase } from './micro-case.ts';
import { SAMPLE_MEDIA } from './sample-stream.ts';

const READ_BYTES = 64 * 1024;
const SET_CHUNK_SIZE = 1;
const TYPES = { audio: 8, video: 9 } as const;
const CHUNK_STREAMS = { audio: 4, video: 6 } as const;

export function protocolCases(): MicroCase[] {
  return [
    decodeCase('chunk decode, chunks of 60000', 60_000),
    decodeCase('chunk decode, chunks of 128', 128),
    encodeCase('chunk encode, chunks of 60000', 60_000),
    encodeCase('chunk encode, chunks of 128', 128),
    amfCase('AMF0 decode, onMetaData', true),
    amfCase('AMF0 encode, onMetaData', false),
  ];
}

function encodeStream(chunkSizeBytes: number): Buffer {
  const encoder = new ChunkEncoder();
  const parts = SAMPLE_MEDIA.map((one) =>
    encodeMessage(encoder, one.track, one.timestampMs, one.payload, chunkSizeBytes),
  );
  return Buffer.concat(parts);
}

function encodeMessage(
  encoder: ChunkEncoder,
  track: 'audio' | 'video',
  timestampMs: number,
  payload: Buffer,
  chunkSizeBytes: number,
): Buffer {
  encoder.chunkSize = chunkSizeBytes;
  return encoder.encode(CHUNK_STREAMS[track], TYPES[track], 1, timestampMs, payload);
}

function decodeCase(name: string, chunkSizeBytes: number): MicroCase {
  const bytes = encodeStream(chunkSizeBytes);
  let count = 0;
  const decoder = new ChunkDecoder(() => {
    count++;
    return true;
  });
  decoder.limits = MEDIA_LIMITS;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(chunkSizeBytes);
  decoder.push(new ChunkEncoder().encode(2, SET_CHUNK_SIZE, 0, 0, size));
  return {
    name,
    unit: 'message',
    run: () => {
      count = 0;
      for (let at = 0; at < bytes.length; at += READ_BYTES) decoder.push(bytes.subarray(at, at + READ_BYTES));
      return count;
    },
  };
}

function encodeCase(name: string, chunkSizeBytes: number): MicroCase {
  const encoder = new ChunkEncoder();
  return {
    name,
    unit: 'message',
    run: () => {
      for (const { track, timestampMs, payload } of SAMPLE_MEDIA) {
        encodeMessage(encoder, track, timestampMs, payload, chunkSizeBytes);
      }
      return SAMPLE_MEDIA.length;
    },
  };
}

function amfCase(name: string, isDecode: boolean): MicroCase {
  const properties = {
    duration: 0,
    width: 640,
    height: 360,
    videodatarate: 1000,
    framerate: 25,
    videocodecid: 7,
  };
  const more = {
    audiodatarate: 64,
    audiosamplerate: 44_100,
    stereo: true,
    audiocodecid: 10,
    encoder: 'Lavf58',
  };
  const values = ['@setDataFrame', 'onMetaData', amf0EcmaArray({ ...properties, ...more, filesize: 0 })];
  const bytes = Buffer.from(encodeAmf0(values));
  const repeats = 100;
  return {
    name,
    unit: 'message',
    run: () => {
      for (let i = 0; i < repeats; i++) {
        if (isDecode) decodeAmf0(bytes);
        else encodeAmf0(values);
      }
      return repeats;
    },
  };
}
