import { expect, test } from 'vitest';
import { Arguments, loadOptions } from '../../../bench/cli/arguments.ts';
import { helpText } from '../../../bench/cli/help.ts';
import { OPTION_ROWS } from '../../../bench/cli/option-table.ts';
import { renderTable } from '../../../bench/report/table.ts';
import type { Measurement } from '../../../bench/run/measurement.ts';
import { fill } from '../../../bench/target/executable.ts';
import { runningTarget } from '../../../bench/target/running.ts';

test('the table shows medians, ranges and ratios of the pairs', () => {
  const run = (cpuPercent: number): Measurement => ({ cpuPercent }) as Measurement;
  const table = renderTable([
    { target: 'ours', runs: [run(5), run(6), run(9)], failures: [] },
    { target: 'peer', runs: [run(10), run(20), run(10)], failures: [] },
  ]);
  expect(table.split('\n')).toEqual([
    '|       |          ours |             peer |      ours / peer |',
    '| ----- | ------------: | ---------------: | ---------------: |',
    '| CPU % | 6.0 (5.0–9.0) | 10.0 (10.0–20.0) | 0.50 (0.30–0.90) |',
  ]);
});

test('the help names every option', () => {
  for (const row of OPTION_ROWS) expect(helpText()).toContain(`--${row.name}`);
});

test.each([
  [['--viewers', 'many'], '--viewers takes a whole number from 0 to 200000, not "many"'],
  [['--viewers', '10', '--slow', '11'], '--slow takes a whole number from 0 to 10'],
  [['--slow-rate', '2'], '--slow-rate takes a fraction number from 0 to 1'],
  [['--protocol', 'rtsp'], '--protocol takes one of rtmp, flv, ws, hls'],
  [['--colour'], "Unknown option '--colour'"],
])('%j is refused', (argv, message) => {
  expect(() => loadOptions(new Arguments(argv))).toThrow(message);
});

test('values may start with a dash', () => {
  expect(new Arguments(['--peer-args', '-c {{conf}} -t 1']).list('peer-args')).toEqual(['-c {{conf}} -t 1']);
  expect(new Arguments(['--viewers=5', '--keep']).text('viewers')).toBe('5');
});

test('defaults come from the table', () => {
  expect(loadOptions(new Arguments([]))).toMatchObject({
    viewers: 300,
    protocol: 'rtmp',
    publishers: 1,
    durationSec: 20,
  });
  expect(loadOptions(new Arguments(['--viewers', '12000', '--check', 'all']))).toMatchObject({
    viewerProcesses: 3,
    checked: 12_000,
  });
});

test('a template with an unknown name is refused', () => {
  expect(fill('listen {{rtmp}};', { rtmp: '1' })).toBe('listen 1;');
  expect(() => fill('listen {{rtmq}};', { rtmp: '1' })).toThrow('unknown placeholder {{rtmq}}');
});

test('only servers of this machine are loaded', () => {
  const running = (url: string) => runningTarget({ url, httpPort: 8080, pid: undefined });
  expect(running('rtmp://127.0.0.1/live')).toMatchObject({ host: '127.0.0.1', rtmpPort: 1935, app: 'live' });
  expect(running('rtmp://localhost:19350/app')).toMatchObject({
    host: '127.0.0.1',
    rtmpPort: 19350,
    app: 'app',
  });
  expect(() => running('rtmp://example.com/live')).toThrow('is not this machine');
  expect(() => running('http://127.0.0.1/live')).toThrow('--url takes rtmp://');
});
