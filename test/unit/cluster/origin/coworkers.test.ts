// Which of the other origins has a stream: asked side by side, whatever becomes of single ones.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ServiceRecord } from '../../../../src/cluster/client/name-server.ts';
import type { CoworkerAddress, StreamOwner } from '../../../../src/cluster/origin/coworker-question.ts';
import { Coworkers } from '../../../../src/cluster/origin/coworkers.ts';
import { createLogger } from '../../../../src/log/logger.ts';
import { fakeResolver } from '../fake-origins.ts';

const question = { vhost: 'v', app: 'live', stream: 's', host: 'player.example.com' };
const owner = { host: 'owner', port: 1935 };

/** What stands at `address:port`: an answer after some time, a refusal, or nothing at all. */
type Behaviour = { answer: StreamOwner | undefined; afterMs: number } | 'refused' | 'silent';

let network: Record<string, Behaviour>;
let names: Record<string, string[]>;
let services: Record<string, ServiceRecord[]>;
let asked: string[];
let lines: string[];
let coworkers: Coworkers;

async function ask(
  protocol: 'http' | 'rtmp',
  { endpoint, name }: CoworkerAddress,
  _question: unknown,
  signal: AbortSignal,
): Promise<StreamOwner | undefined> {
  const key = `${protocol === 'rtmp' ? 'rtmp ' : ''}${endpoint.host}:${endpoint.port}`;
  asked.push(name === key ? key : `${key} as ${name}`);
  const behaviour = network[key] ?? 'refused';
  if (behaviour === 'refused') throw new Error(`connect ECONNREFUSED ${key}`);
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
    if (behaviour !== 'silent') setTimeout(() => resolve(behaviour.answer), behaviour.afterMs);
  });
}

const has = (afterMs = 0) => ({ answer: owner, afterMs });
const hasNot = (afterMs = 0) => ({ answer: undefined, afterMs });

/** The answer, and how long it took, ms. */
async function find(...entries: string[]): Promise<{ found: StreamOwner | undefined; ms: number }> {
  const startMs = performance.now();
  let endMs = -1;
  const answer = coworkers.find(question, entries).then((found) => {
    endMs = performance.now();
    return found;
  });
  while (endMs < 0) await vi.advanceTimersByTimeAsync(10);
  return { found: await answer, ms: endMs - startMs };
}

beforeEach(() => {
  vi.useFakeTimers();
  network = {};
  names = {};
  services = {};
  asked = [];
  lines = [];
  coworkers = new Coworkers({
    resolver: fakeResolver(
      () => names,
      () => services,
    ),
    ask,
    isOwnAddress: (address) => address === '10.0.0.9',
    ownApiPort: () => 1985,
    ownRtmpPort: () => 1935,
    log: createLogger({ isEnabled: () => true, writeLine: (_level, _id, _tag, text) => lines.push(text) }),
    now: () => performance.now(),
  });
});

afterEach(() => {
  coworkers.close();
  vi.useRealTimers();
});

describe('the owner', () => {
  test('is the first who says so, however long the others take', async () => {
    network = { '10.0.0.1:1985': 'silent', '10.0.0.2:1985': has(20), '10.0.0.3:1985': hasNot(900) };
    const { found, ms } = await find('10.0.0.1:1985', '10.0.0.2:1985', '10.0.0.3:1985');
    expect(found).toEqual(owner);
    expect(ms).toBeLessThanOrEqual(30);
  });

  test('is nobody when all have said no', async () => {
    network = { '10.0.0.1:1985': hasNot(5), '10.0.0.2:1985': hasNot(10) };
    const { found, ms } = await find('10.0.0.1:1985', '10.0.0.2:1985', '10.0.0.3:1985');
    expect(found).toBeUndefined();
    expect(ms).toBeLessThanOrEqual(20);
  });

  test('is nobody if there are no coworkers', async () => {
    expect(await find()).toEqual({ found: undefined, ms: 0 });
  });
});

describe('a coworker that is dead', () => {
  test('is waited for once, 1.5 s', async () => {
    network = { '10.0.0.1:1985': 'silent', '10.0.0.2:1985': hasNot() };
    expect((await find('10.0.0.1:1985', '10.0.0.2:1985')).ms).toBeCloseTo(1500, -2);
    await vi.advanceTimersByTimeAsync(600);
    expect((await find('10.0.0.1:1985', '10.0.0.2:1985')).ms).toBeLessThanOrEqual(10);
    network['10.0.0.1:1985'] = has();
    await vi.advanceTimersByTimeAsync(5000);
    expect((await find('10.0.0.1:1985', '10.0.0.2:1985')).found).toEqual(owner);
  });

  test('or unknown costs a line once a minute', async () => {
    for (let second = 0; second < 50; second++) {
      await find('typo.socs', '10.0.0.1:1985');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/coworker typo.socs gives no answer: .*ENOTFOUND/);
  });
});

describe('an entry without a port', () => {
  test('is asked at the port of our own API, then over RTMP, then at 80', async () => {
    network = { '10.0.0.1:80': has() };
    expect((await find('10.0.0.1')).found).toEqual(owner);
    expect(asked).toEqual([
      '10.0.0.1:1985 as 10.0.0.1',
      'rtmp 10.0.0.1:1935 as 10.0.0.1',
      '10.0.0.1:80 as 10.0.0.1',
    ]);
    await vi.advanceTimersByTimeAsync(600);
    await find('10.0.0.1');
    expect(asked.slice(3), 'the way that led to an answer is remembered').toEqual([
      '10.0.0.1:80 as 10.0.0.1',
    ]);
  });

  test('is asked over RTMP if the other port says nothing', async () => {
    network = { '10.0.0.1:1985': 'silent', 'rtmp 10.0.0.1:1935': has() };
    const { found, ms } = await find('10.0.0.1');
    expect(found).toEqual(owner);
    expect(ms).toBeLessThanOrEqual(320);
  });

  test('that moves to the other port is found again', async () => {
    network = { '10.0.0.1:80': has() };
    await find('10.0.0.1');
    network = { '10.0.0.1:1985': has() };
    await vi.advanceTimersByTimeAsync(600);
    await find('10.0.0.1');
    await vi.advanceTimersByTimeAsync(6000);
    expect((await find('10.0.0.1')).found).toEqual(owner);
  });
});

describe('a name', () => {
  test('of one address is what the coworker knows itself by', async () => {
    names = { 'srs-origin-1.socs': ['10.0.0.1'] };
    network = { '10.0.0.1:1985': has() };
    await find('srs-origin-1.socs');
    expect(asked).toEqual(['10.0.0.1:1985 as srs-origin-1.socs']);
  });

  test('of many addresses stands for all of them, without this server', async () => {
    names = { socs: ['10.0.0.1', '10.0.0.9', '10.0.0.2'] };
    network = { '10.0.0.1:1985': hasNot(), '10.0.0.2:1985': has() };
    expect((await find('socs:1985')).found).toEqual(owner);
    expect(asked).toEqual(['10.0.0.1:1985', '10.0.0.2:1985']);
  });

  test('of a service has ports, of the API or of RTMP, and targets that know themselves by their names', async () => {
    services = {
      '_srs._tcp.socs': [
        { host: 'a.socs', port: 1986, priority: 0, weight: 1 },
        { host: 'b.socs', port: 1935, priority: 0, weight: 1 },
      ],
    };
    names = { 'a.socs': ['10.0.0.1'], 'b.socs': ['10.0.0.2'] };
    network = { '10.0.0.1:1986': hasNot(), 'rtmp 10.0.0.2:1935': has() };
    expect((await find('_srs._tcp.socs')).found).toEqual(owner);
    expect(asked).toEqual([
      '10.0.0.1:1986 as a.socs:1986',
      '10.0.0.2:1935 as b.socs:1935',
      'rtmp 10.0.0.2:1935 as b.socs:1935',
    ]);
  });

  test('of this server is not asked; another one on this machine is', async () => {
    network = { '10.0.0.9:1986': has() };
    expect((await find('10.0.0.9')).found).toBeUndefined();
    expect((await find('10.0.0.9:1985')).found).toBeUndefined();
    expect((await find('10.0.0.9:1986')).found).toEqual(owner);
    expect(asked).toEqual(['10.0.0.9:1986']);
  });
});

test('that nobody has a stream holds for a tenth of a second: it may be published any moment', async () => {
  network = { '10.0.0.1:1985': hasNot() };
  expect((await find('10.0.0.1:1985')).found).toBeUndefined();
  await vi.advanceTimersByTimeAsync(50);
  await find('10.0.0.1:1985');
  expect(asked).toHaveLength(1);
  network = { '10.0.0.1:1985': has() };
  await vi.advanceTimersByTimeAsync(100);
  expect((await find('10.0.0.1:1985')).found).toEqual(owner);
});

test('many who ask for the same stream get one answer, which holds for half a second', async () => {
  network = { '10.0.0.1:1985': has(20) };
  const answers = Array.from({ length: 50 }, () => coworkers.find(question, ['10.0.0.1:1985']));
  await vi.advanceTimersByTimeAsync(30);
  expect(await Promise.all(answers)).toEqual(Array(50).fill(owner));
  await vi.advanceTimersByTimeAsync(400);
  await find('10.0.0.1:1985');
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  await find('10.0.0.1:1985');
  expect(asked).toHaveLength(2);
});
