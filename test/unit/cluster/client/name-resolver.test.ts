// What a configured name stands for, now and when the name server fails.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NameResolver } from '../../../../src/cluster/client/name-resolver.ts';
import {
  type ServiceRecord,
  searchDomains,
  searchNames,
} from '../../../../src/cluster/client/name-server.ts';

let names: Record<string, string[]>;
let services: Record<string, ServiceRecord[]>;
let questions: string[];
let resolver: NameResolver;

async function answerOf<T>(name: string, known: Record<string, T[]>): Promise<T[]> {
  questions.push(name);
  const answer = known[name];
  if (answer === undefined) throw new Error(`ENOTFOUND ${name}`);
  return answer;
}

beforeEach(() => {
  vi.useFakeTimers();
  names = {};
  services = {};
  questions = [];
  resolver = new NameResolver({
    addresses: (host) => answerOf(host, names),
    services: (name) => answerOf(name, services),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const addressesOf = async (host: string) => {
  const located = await resolver.locate({ host, port: 1935 });
  return located.map(({ address }) => `${address.host}:${address.port}`);
};

test('a name is asked for again after three seconds', async () => {
  names.socs = ['10.0.0.1'];
  expect(await addressesOf('socs')).toEqual(['10.0.0.1:1935']);
  names.socs = ['10.0.0.1', '10.0.0.2'];
  await vi.advanceTimersByTimeAsync(2900);
  expect(await addressesOf('socs')).toEqual(['10.0.0.1:1935']);
  await vi.advanceTimersByTimeAsync(200);
  expect(await addressesOf('socs')).toEqual(['10.0.0.1:1935', '10.0.0.2:1935']);
  expect(questions).toEqual(['socs', 'socs']);
});

test('a name that is gone keeps its last addresses; one that never was has none', async () => {
  names.socs = ['10.0.0.1'];
  await addressesOf('socs');
  delete names.socs;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await addressesOf('socs')).toEqual(['10.0.0.1:1935']);
  await expect(addressesOf('never')).rejects.toThrow('ENOTFOUND never');
});

test('a service has servers with ports, by priority; a target without address is left out', async () => {
  services['_rtmp._tcp.socs'] = [
    { host: 'spare', port: 1, priority: 20, weight: 1 },
    { host: 'gone', port: 2, priority: 10, weight: 1 },
    { host: 'first', port: 3, priority: 10, weight: 1 },
  ];
  names.spare = ['10.0.0.9'];
  names.first = ['10.0.0.1', '10.0.0.2'];
  expect(await addressesOf('_rtmp._tcp.socs')).toEqual(['10.0.0.1:3', '10.0.0.2:3', '10.0.0.9:1']);
  delete services['_rtmp._tcp.socs'];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await addressesOf('_rtmp._tcp.socs')).toHaveLength(3);
});

test('an address is its own', async () => {
  expect(await addressesOf('10.0.0.7')).toEqual(['10.0.0.7:1935']);
  expect(await addressesOf('fd00::7')).toEqual(['fd00::7:1935']);
  expect(questions).toEqual([]);
});

test('search domains are those of the last line that has any', () => {
  const text =
    'nameserver 10.96.0.10\nsearch a.example\nsearch default.svc.cluster.local svc.cluster.local\n';
  const domains = searchDomains(text);
  expect(searchNames('_rtmp._tcp.socs', domains)).toEqual([
    '_rtmp._tcp.socs.default.svc.cluster.local',
    '_rtmp._tcp.socs.svc.cluster.local',
    '_rtmp._tcp.socs',
  ]);
  expect(searchNames('_rtmp._tcp.socs.example.', domains)).toEqual(['_rtmp._tcp.socs.example.']);
  expect(searchDomains('options ndots:5\n')).toEqual([]);
});
