import { describe, expect, test } from 'vitest';
import { StreamClock, wrapDistance } from '../../../src/stream/stream-clock.ts';

type Step = readonly ['a' | 'v', number, number];

function run(clock: StreamClock, steps: readonly Step[]): void {
  for (const [track, input, expected] of steps) {
    const output = clock.map(track === 'a' ? 'audio' : 'video', input);
    expect([track, input, output]).toEqual([track, input, expected]);
  }
}

describe('StreamClock', () => {
  const cases: readonly (readonly [string, readonly Step[]])[] = [
    [
      'starts at zero wherever the publisher starts',
      [
        ['v', 5000, 0],
        ['a', 5005, 5],
        ['v', 5040, 40],
      ],
    ],
    [
      'keeps loose interleaving',
      [
        ['a', 1000, 0],
        ['a', 2000, 1000],
        ['v', 1500, 500],
        ['a', 2023, 1023],
        ['v', 1540, 540],
      ],
    ],
    [
      'keeps the distance of a track that begins before the first message',
      [
        ['v', 5000, 0],
        ['a', 4980, 0],
        ['a', 5003, 3],
        ['v', 5040, 40],
      ],
    ],
    [
      'goes on over the 32-bit wrap',
      [
        ['v', 0xfffffff0, 0],
        ['a', 0xfffffff8, 8],
        ['v', 0x18, 40],
        ['a', 0x20, 48],
      ],
    ],
    [
      'keeps pauses of a slow track',
      [
        ['v', 0, 0],
        ['v', 5000, 5000],
        ['v', 10_000, 10_000],
      ],
    ],
    [
      'keeps long gaps of one track when the other one proves them',
      [
        ['v', 0, 0],
        ['a', 9000, 9000],
        ['a', 18_000, 18_000],
        ['a', 27_000, 27_000],
        ['v', 27_010, 27_010],
      ],
    ],
    [
      'closes a jump forward, both tracks keep their distance',
      [
        ['v', 0, 0],
        ['a', 10, 10],
        ['v', 40, 40],
        ['v', 3_600_000, 50],
        ['a', 3_599_990, 40],
        ['a', 3_600_013, 63],
        ['v', 3_600_040, 90],
      ],
    ],
    [
      'closes a jump back',
      [
        ['v', 100_000, 0],
        ['a', 100_010, 10],
        ['v', 100_040, 40],
        ['v', 0, 50],
        ['a', 10, 60],
        ['v', 40, 90],
      ],
    ],
    [
      'a small step back keeps the previous time',
      [
        ['a', 100, 0],
        ['a', 123, 23],
        ['a', 120, 23],
        ['a', 146, 46],
      ],
    ],
  ];
  test.each(cases)('%s', (_name, steps) => run(new StreamClock(), steps));

  test('goes on when another publisher takes over', () => {
    const clock = new StreamClock();
    run(clock, [
      ['v', 700_000, 0],
      ['a', 700_020, 20],
    ]);
    clock.restart();
    run(clock, [
      ['v', 0, 30],
      ['a', 10, 40],
      ['v', 40, 70],
    ]);
  });

  test('a track alone that jumps does not drag the other one behind its own past', () => {
    const clock = new StreamClock();
    run(clock, [
      ['v', 0, 0],
      ['a', 0, 0],
      ['v', 40, 40],
      ['a', 500_000, 50],
      ['v', 80, 80],
      ['a', 500_023, 73],
      ['v', 120, 120],
    ]);
  });
});

test('wrapDistance', () => {
  expect(wrapDistance(0xfffffff0, 0x10)).toBe(0x20);
  expect(wrapDistance(0x10, 0xfffffff0)).toBe(-0x20);
});
