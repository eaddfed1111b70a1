// Which of several servers behind one name a stream prefers.

import { describe, expect, test } from 'vitest';
import type { Location } from '../../../../src/cluster/client/name-resolver.ts';
import { preferred } from '../../../../src/cluster/edge/origin-round.ts';

function server(host: string, weight = 1, priority = 0): Location {
  const endpoint = { host, port: 1935 };
  return { name: endpoint, address: endpoint, priority, weight, isService: true };
}

const streams = Array.from({ length: 4000 }, (_, at) => `/live/s${at}`);
const firstOf = (servers: readonly Location[], stream: string) => preferred(servers, stream)[0]?.address.host;
const shareOf = (host: string, servers: readonly Location[]) =>
  streams.filter((stream) => firstOf(servers, stream) === host).length / streams.length;

describe('a stream prefers', () => {
  test('servers by their weights', () => {
    const servers = [server('10.0.0.1', 3), server('10.0.0.2', 1), server('10.0.0.3', 0)];
    expect(shareOf('10.0.0.1', servers)).toBeCloseTo(0.75, 1);
    expect(shareOf('10.0.0.2', servers)).toBeCloseTo(0.25, 1);
    expect(shareOf('10.0.0.3', servers)).toBeLessThan(0.02);
  });

  test('a lower priority whatever the weight', () => {
    expect(shareOf('10.0.0.1', [server('10.0.0.2', 1000, 2), server('10.0.0.1', 0, 1)])).toBe(1);
  });

  test('the same server whoever asks, and another one only if that one goes or a new one comes', () => {
    const servers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host) => server(host));
    const more = [server('10.0.0.4'), ...servers.toReversed()];
    const moved = streams.filter((stream) => firstOf(servers, stream) !== firstOf(more, stream));
    expect(moved.every((stream) => firstOf(more, stream) === '10.0.0.4')).toBe(true);
    expect(moved.length / streams.length).toBeCloseTo(0.25, 1);
  });
});
