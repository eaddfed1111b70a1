import { describe, expect, test } from 'vitest';
import {
  type CheckFindings,
  isFullRate,
  StreamCheck,
  summarizeChecks,
} from '../../../bench/viewer/stream-check.ts';
import type { MediaKind } from '../../../bench/wire/media-kind.ts';

const LIMITS = { maxGapMs: { audio: 30, video: 50 }, maxFirstMs: 500 };

type Step = readonly [kind: MediaKind, timestampMs: number];

function check(...steps: readonly Step[]): CheckFindings {
  const one = new StreamCheck(LIMITS);
  for (const [kind, timestampMs] of steps) one.onMedia(kind, timestampMs, 100);
  return one.findings();
}

const RIGHT: readonly Step[] = [
  ['header', 0],
  ['key', 0],
  ['audio', 5],
  ['audio', 28],
  ['frame', 40],
  ['audio', 51],
  ['frame', 80],
];

test('a right stream has no findings', () => {
  expect(check(...RIGHT)).toEqual({
    videoFrames: 3,
    audioFrames: 3,
    bodyBytes: 700,
    firstTimestampMs: 0,
    startsWithKeyFrame: true,
    startsNearZero: true,
    backwards: 0,
    gaps: 0,
    skips: 0,
    largestGapMs: 40,
  });
});

describe('finds', () => {
  test.each<[string, Partial<CheckFindings>, readonly Step[]]>([
    [
      'a lost video frame',
      { gaps: 1, skips: 0, largestGapMs: 80 },
      [
        ['key', 0],
        ['frame', 80],
        ['frame', 120],
      ],
    ],
    [
      'a lost audio frame',
      { gaps: 1, largestGapMs: 46 },
      [
        ['key', 0],
        ['audio', 0],
        ['audio', 46],
      ],
    ],
    [
      'a skip to a key frame',
      { gaps: 0, skips: 1 },
      [
        ['key', 0],
        ['frame', 40],
        ['key', 4000],
      ],
    ],
    [
      'time running backwards',
      { backwards: 1, gaps: 0 },
      [
        ['key', 100],
        ['frame', 140],
        ['frame', 130],
        ['frame', 170],
      ],
    ],
    [
      'time running backwards in audio',
      { backwards: 1 },
      [
        ['key', 0],
        ['audio', 20],
        ['audio', 10],
      ],
    ],
    [
      'a start without key frame',
      { startsWithKeyFrame: false },
      [
        ['header', 0],
        ['frame', 0],
        ['key', 40],
      ],
    ],
    [
      'a start away from zero',
      { startsNearZero: false, firstTimestampMs: 3600 },
      [
        ['header', 0],
        ['key', 3600],
      ],
    ],
    [
      'no media at all',
      { startsWithKeyFrame: undefined, startsNearZero: undefined, videoFrames: 0 },
      [['header', 0]],
    ],
  ])('%s', (_name, expected, steps) => {
    expect(check(...steps)).toMatchObject(expected);
  });

  test('audio may come before the first key frame, and tracks may interleave in any order', () => {
    const findings = check(['audio', 10], ['key', 0], ['audio', 33], ['frame', 40]);
    expect(findings).toMatchObject({ startsWithKeyFrame: true, backwards: 0, gaps: 0 });
  });
});

test('the summary counts viewers, not events', () => {
  const broken = check(['frame', 900], ['frame', 1000], ['frame', 1100], ['frame', 1050]);
  const empty = check(['header', 0]);
  expect(summarizeChecks([check(...RIGHT), broken, empty])).toEqual({
    checked: 3,
    withoutMedia: 1,
    withoutKeyFrameStart: 1,
    awayFromZero: 1,
    withBackwards: 1,
    withGaps: 1,
    withSkips: 0,
    largestGapMs: 100,
    largestFirstMs: 900,
  });
});

test.each([
  [1000, 1000, true],
  [1020, 1000, true],
  [950, 1000, true],
  [850, 1000, false],
  [1200, 1000, false],
  [0, 1000, false],
  [100, 0, false],
])('%d bytes of %d published are the full rate: %s', (received, published, expected) => {
  expect(isFullRate(received, published, 0.1)).toBe(expected);
});
