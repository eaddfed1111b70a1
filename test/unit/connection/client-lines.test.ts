// The periodic lines of SRS's log, as its users' tools read them.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { ClientLines } from '../../../src/connection/client-lines.ts';
import { VhostTable } from '../../../src/lifecycle/vhost-table.ts';
import { createLogger } from '../../../src/log/logger.ts';
import type { ClientType } from '../../../src/stats/client-statistics.ts';
import { Statistics } from '../../../src/stats/statistics.ts';
import { loadText } from '../lifecycle/load-text.ts';

const { config } = loadText('listen 1935; vhost __defaultVhost__ { publish { mr off; } }');
const vhosts = new VhostTable(config as Config);
let lines: string[];
let statistics: Statistics;
let clientLines: ClientLines;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  statistics = new Statistics({ live: { values: () => [] }, newId: () => 'vid', now: () => Date.now() });
  statistics.start();
  clientLines = new ClientLines({
    statistics,
    findVhost: (name) => vhosts.find(name),
    intervalMs: () => 10_000,
    log: createLogger({
      isEnabled: () => true,
      writeLine: (_level, id, _tag, text) => void lines.push(`${id} ${text}`),
    }),
    now: () => Date.now(),
  });
  clientLines.start();
});

afterEach(() => {
  clientLines.close();
  clientLines.close();
  statistics.close();
  vi.useRealTimers();
});

function join(id: string, type: ClientType): void {
  const names = { vhost: '__defaultVhost__', app: 'live', stream: 's', url: '/live/s' };
  const facts = { id, type, isPublisher: type === 'fmle-publish', ip: '127.0.0.1', tcUrl: '', pageUrl: '' };
  statistics.addClient({ ...facts, ...names, swfUrl: '', kickOff: () => {} });
}

test('one line of each kind every interval, about another client each time', () => {
  join('p', 'fmle-publish');
  join('one', 'rtmp-play');
  join('two', 'rtmp-play');
  join('flv', 'flv-play');
  vi.advanceTimersByTime(20_000);
  expect(lines).toEqual([
    'one -> PLA time=10000000, msgs=0, okbps=0,0,0, ikbps=0,0,0, mw=0/350',
    'flv -> HTS http: got 0 msgs, age=10000000, min=0, mw=350',
    'p <- CPB time=10000000, okbps=0,0,0, ikbps=0,0,0, mr=0/350, p1stpt=20000, pnt=5000',
    'two -> PLA time=20000000, msgs=0, okbps=0,0,0, ikbps=0,0,0, mw=0/350',
    'flv -> HTS http: got 0 msgs, age=20000000, min=0, mw=350',
    'p <- CPB time=20000000, okbps=0,0,0, ikbps=0,0,0, mr=0/350, p1stpt=20000, pnt=5000',
  ]);
});

test('nobody there is no line', () => {
  vi.advanceTimersByTime(30_000);
  expect(lines).toEqual([]);
});
