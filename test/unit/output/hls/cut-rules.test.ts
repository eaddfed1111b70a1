import { describe, expect, test } from 'vitest';
import { cutsBeforeAudio, cutsBeforeVideo, SegmentLength } from '../../../../src/output/hls/cut-rules.ts';
import { FloorCounter } from '../../../../src/output/hls/floor-counter.ts';

const options = { fragmentMs: 10_000, aofRatio: 2, soundRatio: 1, waitsForKeyFrame: true };

describe('before a picture', () => {
  test.each([
    { says: 'too short', durationMs: 9999, isKey: true, cuts: false },
    { says: 'long enough', durationMs: 10_000, isKey: true, cuts: true },
    { says: 'long enough, no key frame', durationMs: 19_999, isKey: false, cuts: false },
    {
      says: 'without key frames for three times the audio limit',
      durationMs: 60_000,
      isKey: false,
      cuts: true,
    },
  ])('$says', ({ durationMs, isKey, cuts }) => {
    expect(cutsBeforeVideo(options, durationMs, isKey, 0)).toBe(cuts);
  });

  test('any picture cuts with hls_wait_keyframe off', () => {
    expect(cutsBeforeVideo({ ...options, waitsForKeyFrame: false }, 10_000, false, 0)).toBe(true);
  });

  test('never below 200 ms', () => {
    const short = { ...options, fragmentMs: 50 };
    expect(cutsBeforeVideo(short, 199, true, 0)).toBe(false);
    expect(cutsBeforeVideo(short, 200, true, 0)).toBe(true);
  });

  test('hls_ts_floor moves the limit', () => {
    expect(cutsBeforeVideo(options, 10_000, true, 1)).toBe(false);
    expect(cutsBeforeVideo(options, 7000, true, -3000)).toBe(true);
  });
});

test('an audio frame cuts at hls_aof_ratio', () => {
  expect(cutsBeforeAudio(options, 19_999, true, 0)).toBe(false);
  expect(cutsBeforeAudio(options, 20_000, true, 0)).toBe(true);
  expect(cutsBeforeAudio({ ...options, fragmentMs: 50 }, 199, true, 0)).toBe(false);
  expect(cutsBeforeAudio(options, 9999, false, 0)).toBe(false);
  expect(cutsBeforeAudio(options, 10_000, false, 0)).toBe(true);
});

describe('length', () => {
  test.each([
    { says: 'latest minus first', times: [1000, 1040, 1023, 1080], length: 80 },
    { says: 'a step back makes that the start', times: [1000, 5000, 200, 300], length: 100 },
    { says: 'the last time counts, not the largest', times: [0, 100, 60], length: 60 },
    { says: 'a negative time is 0', times: [-5, 40], length: 40 },
    { says: 'nothing', times: [], length: 0 },
  ])('$says', ({ times, length }) => {
    const segment = new SegmentLength();
    for (const time of times) segment.add(time);
    expect(segment.durationMs).toBe(length);
  });
});

describe('hls_ts_floor', () => {
  test('starts one behind the clock and counts by one', () => {
    const counter = new FloorCounter(2000);
    expect(counter.next(20_500)).toEqual({ floor: 9, warning: undefined });
    expect(counter.deviation).toBe(-1);
    expect(counter.extraMs).toBe(-600);
    expect(counter.next(22_500)).toEqual({ floor: 10, warning: undefined });
  });

  test('catches up when segments are short', () => {
    const counter = new FloorCounter(2000);
    for (let nowMs = 20_000; nowMs <= 20_000 + 3 * 1400; nowMs += 1400) counter.next(nowMs);
    expect(counter.deviation).toBeGreaterThan(-1);
  });

  test('tells when the clock has passed a fragment', () => {
    const counter = new FloorCounter(2000);
    counter.next(20_000);
    expect(counter.next(26_000).warning).toBe(
      'hls: dup/jmp ts, previous=10, current=13, accept=10, deviation=-3',
    );
  });

  test('jumps when it is more than 20 ahead', () => {
    const counter = new FloorCounter(2000);
    let step = counter.next(20_000);
    for (let count = 0; count < 22; count++) step = counter.next(20_000);
    expect(step.warning).toBe('hls: jmp for ts deviation, current=10, accept=31');
    expect(step.floor).toBe(9);
  });
});
