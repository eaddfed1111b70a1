import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { readAgain } from '../../../src/lifecycle/read-again.ts';
import type { ReloadPart } from '../../../src/lifecycle/reload/reload-part.ts';
import { ReloadState } from '../../../src/lifecycle/reload-state.ts';
import { type ConfigHolder, Reloader } from '../../../src/lifecycle/reloader.ts';
import { loadText } from './load-text.ts';
import { recordedLog } from './recorded-log.ts';

const FIRST = 'listen 1935; vhost __defaultVhost__ { }';

let text: string;
let holder: ConfigHolder;
let state: ReloadState;
let calls: string[];
let lines: string[];
let parts: ReloadPart[];
let reloader: Reloader;

beforeEach(() => {
  text = FIRST;
  holder = { current: loadText(FIRST).config as Config };
  state = new ReloadState(1);
  calls = [];
  parts = [];
  const recorded = recordedLog();
  lines = recorded.lines;
  reloader = new Reloader({
    holder,
    read: () => loadText(text),
    parts,
    state,
    log: recorded.log,
    logPlace: () => ['write log to console'],
  });
  reloader.start();
});
afterEach(() => reloader.stop());

function part(name: string, refusal?: Error): ReloadPart {
  return {
    prepare: async () => {
      if (refusal !== undefined) throw refusal;
      calls.push(`${name} prepares`);
      return {
        apply: () => void calls.push(`${name} applies`),
        abandon: () => void calls.push(`${name} abandons`),
      };
    },
  };
}

/** Asks, and waits until that reload and those that it makes necessary are over. */
async function reload(): Promise<string[]> {
  const { successes, failures } = state;
  reloader.request();
  await vi.waitFor(() => expect(state.successes + state.failures).toBeGreaterThan(successes + failures));
  return lines.splice(0);
}

describe('a reload', () => {
  test('prepares everything before anything applies, in order', async () => {
    parts.push(part('ports'), part('log'));
    text = `${FIRST} max_connections 5;`;
    expect(await reload()).toEqual([
      'trace reload config, signo=1',
      'trace config parse complete',
      'trace srs checking config...',
      'trace write log to console',
      'trace reload config success.',
    ]);
    expect(calls).toEqual(['ports prepares', 'log prepares', 'ports applies', 'log applies']);
    expect(holder.current.root.max_connections).toBe(5);
    expect(state).toMatchObject({ isFailed: false, successes: 1, failures: 0 });
    expect(state.last).toMatchObject({ state: 90, err: 0, msg: 'Success', diagnostics: [] });
  });

  test('gives the parts what differs', async () => {
    let seen: unknown;
    parts.push({
      prepare: async ({ changes }) => {
        seen = changes.map(({ vhost, path, before, after }) => ({ vhost, path, before, after }));
        return { apply: () => {}, abandon: () => {} };
      },
    });
    text = 'listen 1935; utc_time on; vhost __defaultVhost__ { play { gop_cache off; } }';
    await reload();
    expect(seen).toEqual([
      { vhost: undefined, path: 'utc_time', before: false, after: true },
      { vhost: '__defaultVhost__', path: 'play.gop_cache', before: true, after: false },
    ]);
  });

  test('says what waits for a restart', async () => {
    text = `${FIRST} asprocess on; daemon off;`;
    const said = await reload();
    expect(said).toContain('warn reload: daemon changes from on to off; it takes effect at the next start');
    expect(said).toContain(
      'warn reload: asprocess changes from off to on; it takes effect at the next start',
    );
    expect(said.at(-1)).toBe('trace reload config success.');
  });

  test('has a new id each time', async () => {
    const ids = new Set([state.last.rid]);
    for (let i = 0; i < 3; i++) {
      await reload();
      ids.add(state.last.rid);
    }
    expect(ids.size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{7}$/);
  });

  test('requested several times at once is one; requested while one runs it is one more', async () => {
    let release = () => {};
    parts.push(part('ports'));
    reloader.request();
    reloader.request();
    reloader.request();
    await vi.waitFor(() => expect(state.successes).toBe(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(2);

    parts.push({
      prepare: () =>
        new Promise((resolve) => {
          release = () => resolve({ apply: () => {}, abandon: () => {} });
        }),
    });
    reloader.request();
    await vi.waitFor(() => expect(calls).toHaveLength(3));
    reloader.request();
    reloader.request();
    release();
    await vi.waitFor(() => expect(calls).toHaveLength(5));
    release();
    await vi.waitFor(() => expect(state.successes).toBe(3));
    expect(lines.filter((line) => line.includes('signo=1'))).toHaveLength(6);
  });
});

describe('a reload that fails leaves everything as it is', () => {
  afterEach(() => {
    expect(holder.current.root).toMatchObject({ max_connections: 1000 });
    expect(state.isFailed).toBe(true);
  });

  test('with a syntax error', async () => {
    parts.push(part('ports'));
    text = 'listen 1935;\nmax_connections 7;\nvhost __defaultVhost__ {';
    const said = await reload();
    expect(said[1]).toMatch(/^warn reload failed, state=10, err code=1023\(ConfigInvalid\) : parse file : /);
    expect(said).toContainEqual(expect.stringMatching(/^error \/srs\.conf:3:\d+: error: /));
    expect(said.at(-1)).toBe('warn reload failed, the running configuration stays as it is');
    expect(calls).toEqual([]);
    expect(state.last).toMatchObject({ state: 10, err: 1023 });
  });

  test('with a directive that nobody knows', async () => {
    text = 'listen 1935;\nmax_connections 7;\nfoo bar;';
    const said = await reload();
    expect(said.slice(1, 4)).toEqual([
      'trace config parse complete',
      'trace srs checking config...',
      'warn reload failed, state=20, err code=1023(ConfigInvalid) : check config : check normal : illegal directive foo',
    ]);
    expect(said[4]).toMatch(/^error \/srs\.conf:3:1: error: illegal directive foo/);
    expect(state.last).toMatchObject({
      state: 20,
      err: 1023,
      msg: 'code=1023(ConfigInvalid) : check config : check normal : illegal directive foo',
    });
    expect(state.last.diagnostics).toHaveLength(1);
    expect(state.last.diagnostics[0]).toMatch(/^\/srs\.conf:3:1: error: /);
  });

  test('with a part that cannot prepare: the others abandon, last first', async () => {
    const refusal = Object.assign(new Error('cannot listen at 0.0.0.0:1'), { srsCode: 1002 });
    parts.push(part('log'), part('pid'), part('ports', refusal), part('vhosts'));
    text = `${FIRST} max_connections 5;`;
    const said = await reload();
    expect(calls).toEqual(['log prepares', 'pid prepares', 'pid abandons', 'log abandons']);
    const msg = 'code=1002(SocketListen) : reload config : cannot listen at 0.0.0.0:1';
    expect(said).toContain(`warn reload failed, state=30, err ${msg}`);
    expect(state.last).toMatchObject({ state: 30, err: 1002, msg });
  });

  test('until it is repaired', async () => {
    text = 'broken';
    await reload();
    const { rid } = state.last;
    text = `${FIRST} `;
    await reload();
    expect(state.isFailed).toBe(false);
    expect(state.last.rid).not.toBe(rid);
    text = 'broken again';
    await reload();
    expect(state).toMatchObject({ successes: 1, failures: 2 });
  });
});

test('requested while the server starts happens once it has', async () => {
  parts.push(part('ports'));
  const { log } = recordedLog();
  const early = new Reloader({ holder, read: () => loadText(text), parts, state, log, logPlace: () => [] });
  early.request();
  early.request();
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual([]);
  early.start();
  await vi.waitFor(() => expect(state.successes).toBe(1));
  expect(calls).toEqual(['ports prepares', 'ports applies']);
  early.stop();
});

test('after its end nothing is reloaded, only said', async () => {
  parts.push(part('ports'));
  reloader.stop();
  reloader.request();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual(['trace reload config, signo=1']);
  expect(calls).toEqual([]);
});

describe('the file of a reload', () => {
  const fail = () => {
    throw new Error('must not be loaded');
  };

  test('is the one of the start and no other', () => {
    const { config, failure } = readAgain('nowhere.conf', '/tmp', fail);
    expect(config).toBeUndefined();
    expect(failure).toMatchObject({ code: 1023, text: 'no config file at nowhere.conf' });
  });

  test('does not exist when the settings come from the environment', () => {
    expect(readAgain('', '/tmp', fail).failure?.text).toBe('empty config');
  });
});
