import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Fmp4Muxer } from '../../../../src/container/mp4/fmp4-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import { parseFlv } from '../../../helpers/flv.ts';
import { aacFrame, aacHeader, avcFrame, avcHeader, messagesOf, mp3Frame, slice } from '../mpegts/messages.ts';
import { findAll, readBoxes, readSamples } from './box-reader.ts';

const golden = resolve(import.meta.dirname, '../../../golden/flv');
const goldenMessages = (name: string) => messagesOf(parseFlv(readFileSync(join(golden, name))).tags);

/** One fragment with all frames. */
function fragmentOf(muxer: Fmp4Muxer, messages: readonly MediaMessage[]): Buffer {
  const video = Buffer.alloc(1024 * 1024, 0xee);
  const audio = Buffer.alloc(1024 * 1024, 0xee);
  const head = 64 * 1024;
  let [videoEnd, audioEnd] = [head, 0];
  for (const message of messages) {
    if (message.isSequenceHeader) muxer.header(message);
    const size = message.isSequenceHeader ? 0 : muxer.prepare(message, message.timestampMs * 90);
    if (size === 0) continue;
    if (muxer.isVideoPlanned) {
      muxer.write(video, videoEnd);
      videoEnd += size;
    } else {
      muxer.write(audio, audioEnd);
      audioEnd += size;
    }
  }
  const { headSize } = muxer;
  const start = muxer.endFragment(video, head);
  expect(head - start).toBe(headSize);
  return Buffer.concat([video.subarray(start, videoEnd), audio.subarray(0, audioEnd)]);
}

describe('fragments of real streams', () => {
  test.each(['h264-aac.flv', 'h264.flv', 'aac.flv', 'mp3.flv', 'hevc-aac.flv'])('%s', (name) => {
    const messages = goldenMessages(name).filter(
      ({ payload, isSequenceHeader, track }) => isSequenceHeader || track === 'audio' || isPicture(payload),
    );
    const frames = messages.filter(({ isSequenceHeader }) => !isSequenceHeader);
    const samples = readSamples(fragmentOf(new Fmp4Muxer(), messages));
    const video = samples.filter(({ trackId }) => trackId === 1);
    const audio = samples.filter(({ trackId }) => trackId === 2);
    const videoFrames = frames.filter(({ track }) => track === 'video');
    const audioFrames = frames.filter(({ track }) => track === 'audio');
    expect(video.map(({ time }) => time)).toEqual(videoFrames.map(({ timestampMs }) => timestampMs * 90));
    expect(video.map(({ isKey }) => isKey)).toEqual(videoFrames.map(({ isKeyFrame }) => isKeyFrame));
    expect(video.map(({ data }) => data.length)).toEqual(videoFrames.map(sampleSize));
    expect(audio.map(({ data }) => data.length)).toEqual(audioFrames.map(sampleSize));
    expect(new Set(audio.map(({ duration }) => duration)).size).toBeLessThanOrEqual(1);
  });
});

function isPicture(payload: Buffer): boolean {
  const isEnhanced = payload.readUInt8(0) >= 0x80;
  return isEnhanced ? [1, 3].includes(payload.readUInt8(0) & 15) : payload.length > 5;
}

/** Bytes behind the FLV tag's own header. */
function sampleSize({ track, payload, codec }: MediaMessage): number {
  const first = payload.readUInt8(0);
  if (track === 'audio') return payload.length - (first >> 4 === 9 ? 5 : codec === 'aac' ? 2 : 1);
  return payload.length - (first < 0x80 ? 5 : (first & 15) === 1 ? 8 : 5);
}

describe('init segment', () => {
  const initOf = (messages: readonly MediaMessage[]) => {
    const muxer = new Fmp4Muxer();
    fragmentOf(muxer, messages);
    return readBoxes(muxer.init);
  };

  test('of H.264 and AAC', () => {
    const boxes = initOf(goldenMessages('h264-aac.flv'));
    expect(boxes.map(({ type }) => type)).toEqual(['ftyp', 'moov']);
    const ids = findAll(boxes, 'moov/trak/tkhd').map(({ body }) => body.readUInt32BE(12));
    expect(ids).toEqual([1, 2]);
    expect(findAll(boxes, 'moov/mvex/trex').map(({ body }) => body.readUInt32BE(4))).toEqual([1, 2]);
    const timescales = findAll(boxes, 'moov/trak/mdia/mdhd').map(({ body }) => body.readUInt32BE(12));
    expect(timescales[0]).toBe(90_000);
    const entries = findAll(boxes, 'moov/trak/mdia/minf/stbl/stsd').map(({ body }) => body.subarray(8));
    expect(entries.map((entry) => entry.toString('latin1', 4, 8))).toEqual(['avc1', 'mp4a']);
    const { payload } = goldenMessages('h264-aac.flv').find((message) => message.isSequenceHeader)!;
    expect(entries[0]!.includes(payload.subarray(5)), 'the record of the stream').toBe(true);
  });

  test.each([
    { name: 'h264.flv', types: ['avc1'] },
    { name: 'aac.flv', types: ['mp4a'] },
    { name: 'mp3.flv', types: ['mp4a'] },
    { name: 'hevc-aac.flv', types: ['hvc1', 'mp4a'] },
  ])('of $name lists what there is', ({ name, types }) => {
    const entries = findAll(initOf(goldenMessages(name)), 'moov/trak/mdia/minf/stbl/stsd');
    expect(entries.map(({ body }) => body.toString('latin1', 12, 16))).toEqual(types);
  });
});

describe('times', () => {
  test('pictures last until the next one, the last as long as the one before', () => {
    const frames = [0, 40, 100, 140].map((ms) => avcFrame(ms, ms === 0, [slice(ms === 0, 9)], { cts: 20 }));
    const samples = readSamples(fragmentOf(new Fmp4Muxer(), [avcHeader(), ...frames]));
    expect(samples.map(({ duration }) => duration / 90)).toEqual([40, 60, 40, 40]);
    expect(samples.map(({ delay }) => delay / 90)).toEqual([20, 20, 20, 20]);
  });

  test('audio is counted in samples, also from one fragment to the next', () => {
    const muxer = new Fmp4Muxer();
    const at = (index: number) => Math.round((index * 1024_000) / 44_100);
    const frames = Array.from({ length: 200 }, (_, index) => aacFrame(at(index), 50));
    const first = readSamples(fragmentOf(muxer, [aacHeader(), ...frames.slice(0, 77)]));
    const second = readSamples(fragmentOf(muxer, frames.slice(77)));
    expect([...first, ...second].map(({ time }) => time)).toEqual(frames.map((_, index) => index * 1024));
  });

  test('a gap in the audio is kept', () => {
    const frames = [0, 23, 46, 2000, 2023].map((ms) => aacFrame(ms, 50));
    const muxer = new Fmp4Muxer();
    readSamples(fragmentOf(muxer, [aacHeader(), ...frames.slice(0, 3)]));
    const [next] = readSamples(fragmentOf(muxer, frames.slice(3)));
    expect(next?.time).toBe(88_200);
  });

  test('beyond 32 bits', () => {
    const startMs = Math.round(2 ** 33 / 90);
    const frames = [0, 40].map((ms) => avcFrame(startMs + ms, ms === 0, [slice(ms === 0, 9)]));
    const [first] = readSamples(fragmentOf(new Fmp4Muxer(), [avcHeader(), ...frames]));
    expect(first?.time).toBe(startMs * 90);
  });
});

describe('tracks and configurations', () => {
  test('a track that comes after the first fragment waits for the next segment', () => {
    const muxer = new Fmp4Muxer();
    fragmentOf(muxer, [avcHeader(), avcFrame(0, true, [slice(true, 9)]), aacHeader()]);
    expect(muxer.prepare(aacFrame(40, 9), 3600)).toBe(0);
    expect(muxer.isCutDue).toBe(true);
    muxer.startSegment();
    expect(muxer.isCutDue).toBe(false);
    fragmentOf(muxer, [avcFrame(80, true, [slice(true, 9)]), aacFrame(80, 9)]);
    expect(findAll(readBoxes(muxer.init), 'moov/trak').length).toBe(2);
  });

  test('a changed sequence header holds from the next segment on', () => {
    const muxer = new Fmp4Muxer();
    fragmentOf(muxer, [aacHeader('1210'), aacFrame(0, 9)]);
    const before = muxer.init;
    muxer.header(aacHeader('1190'));
    expect(muxer.init.equals(before)).toBe(true);
    muxer.startSegment();
    fragmentOf(muxer, [aacFrame(23, 9)]);
    expect(muxer.init.equals(before)).toBe(false);
    expect(muxer.aacSampleRate).toBe(48_000);
  });

  test.each([
    {
      says: 'frames before a header',
      messages: [avcFrame(0, true, [slice(true, 9)])],
      reason: 'no usable sequence header',
    },
    { says: 'an MP3 frame that is none', messages: [mp3Frame(0, 20)], reason: 'no usable sequence header' },
    {
      says: 'another codec',
      messages: goldenMessages('h263-speex.flv').slice(0, 1),
      reason: 'codec not supported',
    },
  ])('says why $says is left out', ({ messages, reason }) => {
    const muxer = new Fmp4Muxer();
    expect(messages.map((message) => muxer.prepare(message, 0))).toEqual([0]);
    expect(muxer.skipReason).toBe(reason);
  });

  test('lengths that do not fit', () => {
    const muxer = new Fmp4Muxer();
    muxer.header(avcHeader());
    const frame = avcFrame(0, true, [slice(true, 9)]);
    expect(muxer.prepare({ ...frame, payload: frame.payload.subarray(0, -1) }, 0)).toBe(0);
    expect(muxer.skipReason).toBe('broken frame');
  });
});
