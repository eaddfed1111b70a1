import { beforeEach, describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/config/endpoint.ts';
import { type Listener, ListenerSet, type Port } from '../../../src/lifecycle/listener-set.ts';
import { recordedLog } from './recorded-log.ts';

/** Ports of a pretended machine: one listener per number. */
let bound: Map<number, string>;
let forbidden: Set<number>;
let lines: string[];
let set: ListenerSet;

beforeEach(() => {
  bound = new Map();
  forbidden = new Set();
  const recorded = recordedLog();
  lines = recorded.lines;
  set = new ListenerSet(recorded.log);
});

class FakeListener implements Listener {
  readonly #name: string;
  #port: number | undefined;
  constructor(name: string) {
    this.#name = name;
  }
  get fd(): number {
    return this.#port ?? -1;
  }
  async listen(host: string, port: number): Promise<void> {
    if (forbidden.has(port) || bound.has(port)) {
      throw Object.assign(new Error('in use'), { code: 'EADDRINUSE', errno: -98 });
    }
    this.#port = port;
    bound.set(port, `${this.#name} ${host}`);
  }
  close(): void {
    if (this.#port !== undefined) bound.delete(this.#port);
    this.#port = undefined;
  }
}

function port(kind: string, endpoint: string, isMedia = true): Port {
  const create = () => new FakeListener(kind);
  return { kind, directive: `${kind} listen`, endpoint: parseEndpoint(endpoint), isMedia, create };
}

const open = () => [...bound].map(([number, name]) => `${name}:${number}`).sort();

async function move(...ports: readonly Port[]): Promise<void> {
  const prepared = await set.prepare(ports);
  prepared.apply();
}

describe('ports', () => {
  test('open in order, each with a line, and close all', async () => {
    await set.start([port('RTMP', '1935'), port('HTTP-API', '[::1]:1985', false)]);
    expect(open()).toEqual(['HTTP-API ::1:1985', 'RTMP 0.0.0.0:1935']);
    expect(lines).toEqual([
      'trace RTMP listen at tcp://0.0.0.0:1935, fd=1935',
      'trace HTTP-API listen at tcp://[::1]:1985, fd=1985',
    ]);
    set.close();
    set.close();
    expect(open()).toEqual([]);
  });

  test('that cannot all open at the start are all closed', async () => {
    forbidden.add(8080);
    const starting = set.start([port('RTMP', '1935'), port('HTTP', '8080')]);
    await expect(starting).rejects.toThrow(/cannot listen at 0\.0\.0\.0:8080 \(HTTP listen 8080;\)/);
    await expect(starting).rejects.toMatchObject({ srsCode: 1002 });
    expect(open()).toEqual([]);
  });

  test('that stay are left alone when others come and go', async () => {
    await move(port('RTMP', '1935'), port('HTTP', '8080'));
    lines.length = 0;
    await move(port('RTMP', '1935'), port('RTMP', '1936'));
    expect(open()).toEqual(['RTMP 0.0.0.0:1935', 'RTMP 0.0.0.0:1936']);
    expect(lines).toEqual(['trace RTMP listen at tcp://0.0.0.0:1936, fd=1936']);
  });

  test('of a refused reload are as before', async () => {
    await move(port('RTMP', '1935'), port('HTTP', '8080'));
    forbidden.add(1936);
    await expect(move(port('RTMP', '1937'), port('RTMP', '1936'))).rejects.toThrow('1936');
    expect(open()).toEqual(['HTTP 0.0.0.0:8080', 'RTMP 0.0.0.0:1935']);
  });

  test('that were prepared and are not wanted after all close again', async () => {
    await move(port('RTMP', '1935'));
    const prepared = await set.prepare([port('RTMP', '1936')]);
    expect(open()).toEqual(['RTMP 0.0.0.0:1935', 'RTMP 0.0.0.0:1936']);
    await prepared.abandon();
    expect(open()).toEqual(['RTMP 0.0.0.0:1935']);
    expect(set.size).toBe(1);
  });

  test('move to another address of the same number', async () => {
    await move(port('RTMP', '1935'));
    await move(port('RTMP', '127.0.0.1:1935'));
    expect(open()).toEqual(['RTMP 127.0.0.1:1935']);
  });

  test('swap', async () => {
    await move(port('HTTP', '8080'), port('API', '1985'));
    await move(port('HTTP', '1985'), port('API', '8080'));
    expect(open()).toEqual(['API 0.0.0.0:8080', 'HTTP 0.0.0.0:1985']);
  });

  test('that had to close for a move that failed are open again', async () => {
    await move(port('HTTP', '8080'), port('RTMP', '1935'));
    forbidden.add(1936);
    await expect(move(port('HTTP', '127.0.0.1:8080'), port('RTMP', '1936'))).rejects.toThrow('1936');
    expect(open(), 'nothing had to close yet').toEqual(['HTTP 0.0.0.0:8080', 'RTMP 0.0.0.0:1935']);
    forbidden.clear();
    const moved = [
      port('HTTP', '127.0.0.1:8080'),
      port('RTMP', '127.0.0.1:1935'),
      port('RTMP', '[::1]:1935'),
    ];
    await expect(move(...moved)).rejects.toThrow('in use');
    expect(open()).toEqual(['HTTP 0.0.0.0:8080', 'RTMP 0.0.0.0:1935']);
    const prepared = await set.prepare([port('HTTP', '127.0.0.1:8080')]);
    await prepared.abandon();
    expect(open()).toEqual(['HTTP 0.0.0.0:8080', 'RTMP 0.0.0.0:1935']);
    await move();
    expect(open()).toEqual([]);
  });

  test('of media close first in a graceful quit', async () => {
    await move(port('RTMP', '1935'), port('API', '1985', false), port('HTTP', '8080'));
    set.closeMedia();
    set.closeMedia();
    expect(open()).toEqual(['API 0.0.0.0:1985']);
    set.close();
    expect(open()).toEqual([]);
  });
});
