import { describe, expect, test } from 'vitest';
import { amf0Object } from '../../../src/protocol/amf0/value.ts';
import {
  type MarkRequest,
  markArguments,
  markHeader,
  parseMarkArguments,
  parseMarkHeader,
} from '../../../src/stream/mark-request.ts';

const last = { sequence: 145_055_246, timeMs: 62_007 };

test('the header', () => {
  expect(markHeader({ fragmentMs: 1500, last })).toBe('fragment=1500, sequence=145055246, time=62007');
});

describe.each([
  ['in connect', (request: MarkRequest) => parseMarkArguments(amf0Object(markArguments(request)))],
  ['in a header', (request: MarkRequest) => parseMarkHeader(markHeader(request))],
] as const)('what an edge asks for %s', (_name, sent) => {
  test('arrives as it is', () => {
    expect(sent({ fragmentMs: 1500, last })).toEqual({ fragmentMs: 1500, last });
    expect(sent({ fragmentMs: 1500, last: undefined })).toEqual({ fragmentMs: 1500, last: undefined });
  });

  test('is none that makes no sense', () => {
    expect(sent({ fragmentMs: -1, last })).toBeUndefined();
    expect(sent({ fragmentMs: 1e12, last })).toBeUndefined();
    expect(sent({ fragmentMs: 1500, last: { ...last, timeMs: -1 } })?.last).toBeUndefined();
    expect(sent({ fragmentMs: 1500, last: { ...last, sequence: 2 ** 40 } })?.last).toBeUndefined();
  });
});

test('who asks for nothing', () => {
  expect(parseMarkArguments(undefined)).toBeUndefined();
  expect([undefined, '', 'yes', 'fragment', 'fragment=x', 'fragment=1500abc'].map(parseMarkHeader)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});
