import { describe, expect, test } from 'vitest';
import { PlaylistWindow } from '../../../../src/output/hls/playlist-window.ts';

function windowOf(durations: readonly number[], first = 0): PlaylistWindow {
  const window = new PlaylistWindow();
  durations.forEach((durationMs, index) => {
    const sequence = first + index;
    window.add({
      sequence,
      durationMs,
      uri: `${sequence}.ts`,
      path: undefined,
      isDiscontinuity: false,
      key: undefined,
      map: undefined,
    });
  });
  return window;
}

const listed = (window: PlaylistWindow) => window.segments.map(({ sequence }) => sequence);

describe('expiry keeps up to and with the segment that passes the window', () => {
  // The figures of the sheet, 3.3.
  test.each([
    { windowMs: 20_000, durations: [6000, 6000, 6000, 6000, 6000], kept: [1, 2, 3, 4] },
    { windowMs: 6000, durations: [2000, 2000, 2000, 2000, 2000], kept: [1, 2, 3, 4] },
    { windowMs: 10_000, durations: [4000, 4000, 4000, 4000], kept: [1, 2, 3] },
    {
      windowMs: 60_000,
      durations: [12_000, 12_000, 12_000, 12_000, 12_000, 12_000, 12_000],
      kept: [1, 2, 3, 4, 5, 6],
    },
    { windowMs: 6000, durations: [2000, 2000, 2000], kept: [0, 1, 2] },
    { windowMs: 0, durations: [2000, 2000], kept: [1] },
    { windowMs: 5000, durations: [2000, 60_000], kept: [1] },
  ])('$windowMs ms: $kept', ({ windowMs, durations, kept }) => {
    const window = windowOf(durations);
    const expired = window.expire(windowMs).map(({ sequence }) => sequence);
    expect(listed(window)).toEqual(kept);
    expect([...expired, ...kept]).toEqual(durations.map((_, index) => index));
  });
});

test('numbers never go back', () => {
  const window = windowOf([2000, 2000], 5);
  expect(window.nextSequence).toBe(7);
  window.continueAt(3);
  expect(window.nextSequence).toBe(7);
  window.clear();
  expect(window.nextSequence).toBe(7);
  window.continueAt(40);
  expect(window.nextSequence).toBe(40);
  expect(window.text(1000)).toBeUndefined();
});
