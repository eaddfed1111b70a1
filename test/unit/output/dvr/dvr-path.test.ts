import { describe, expect, test } from 'vitest';
import { dvrPath, numberedPath } from '../../../../src/output/dvr/dvr-path.ts';

const id = { vhost: 'v.test', app: 'live/show', stream: 's' };
const timeMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function pathOf(template: string, stream = id): string {
  const result = dvrPath(template, stream, true);
  return result.type === 'path' ? `${result.path.format} ${result.path.at(timeMs)}` : result.reason;
}

test.each([
  ['./rec/[vhost]/[app]/[stream].flv', 'flv ./rec/v.test/live/show/s.flv'],
  ['/a/[2006]-[01]-[02]/[15].[04].[05].[999].mp4', 'mp4 /a/2026-01-02/03.04.05.006.mp4'],
  ['[stream].[timestamp].flv', `flv s.${timeMs}.flv`],
  ['../rec/[stream].flv', 'flv ../rec/s.flv'],
  ['./rec', `flv rec/s.${timeMs}.flv`],
  ['./rec/', `flv rec/s.${timeMs}.flv`],
  ['/rec/[app]/', `flv /rec/live/show/s.${timeMs}.flv`],
  ['./[none].flv', 'flv ./[none].flv'],
])('%s', (template, expected) => {
  expect(pathOf(template)).toBe(expected);
});

describe('a name that leads elsewhere is refused', () => {
  test.each(['..', '../x', 'a/../../x', '/x', 'a//b', '%2e%2e/x', 'a\\..\\b', 'x\0y'])('%j', (stream) => {
    expect(pathOf('./[stream].flv', { ...id, stream })).toContain('would lead to other folders');
  });
});

test('a name brings in no variables', () => {
  expect(pathOf('./[app].flv', { ...id, app: '[stream]' })).toBe('flv ./[stream].flv');
});

test('other names for one that is taken', () => {
  expect([0, 1, 2].map((number) => numberedPath('./a.b/x.y.mp4', number))).toEqual([
    './a.b/x.y.mp4',
    './a.b/x.y-1.mp4',
    './a.b/x.y-2.mp4',
  ]);
});
