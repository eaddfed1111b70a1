import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from '../../../../src/log/logger.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';
import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';
import { HlsOutput } from '../../../../src/output/hls/hls-output.ts';
import type { Publication } from '../../../../src/stream/stream.ts';
import { StreamRegistry } from '../../../../src/stream/stream-registry.ts';
import { newFolder } from '../../../helpers/names.ts';
import { streamOptions } from '../../../helpers/stream-options.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { TsChecker } from '../../container/mpegts/ts-checker.ts';
import { hlsOptions } from './options.ts';
import { source } from './source.ts';

/** The hub with HLS on, and publishers in fake time. */
class Bench {
  readonly folder = newFolder('hls');
  readonly lines: string[] = [];
  readonly events: string[] = [];
  readonly stopped: string[] = [];
  readonly streams = new StreamRegistry();
  options: HlsOptions | undefined;
  nowMs = 1000;
  /** 2020: numbers of segments in memory begin with 0. */
  wallMs = Date.UTC(2020, 0, 1);
  readonly output: HlsOutput;

  constructor(changes: Partial<HlsOptions> = {}) {
    this.options = hlsOptions({ folder: this.folder, fragmentMs: 2000, ...changes });
    const writeLine = (level: string, _: string, __: string | undefined, text: string) =>
      this.lines.push(`${level} ${text}`);
    this.output = new HlsOutput({
      findOptions: () => this.options,
      log: createLogger({ isEnabled: () => true, writeLine }),
      onSegment: (id, event) => this.events.push(`${id.stream} ${event.sequence} ${event.playlistUrlPath}`),
      now: () => this.nowMs,
      ...(changes.isInMemory === true && { wallClock: () => this.wallMs }),
    });
  }

  publish(name = 's', options = streamOptions()): Publication {
    const stream = this.streams.fetchOrCreate(
      { vhost: '__defaultVhost__', app: 'live', stream: name },
      options,
    );
    this.output.attach(stream);
    const publication = stream.publish({ stop: (reason) => this.stopped.push(reason) });
    if (publication === undefined) throw new Error('busy');
    return publication;
  }

  /** Publishes so many seconds and ends. */
  session(seconds: number, name = 's'): void {
    const publication = this.publish(name);
    send(publication, source({ seconds }));
    publication.end();
  }

  playlist(name = 's'): string {
    return readFileSync(join(this.folder, 'live', `${name}.m3u8`), 'utf8');
  }

  listed(name = 's'): string[] {
    return this.playlist(name).match(/^[^#].*$/gm) ?? [];
  }

  async untilListed(name: string, segment: string): Promise<void> {
    await waitFor(`${segment} in the playlist`, () => {
      try {
        return this.listed(name).includes(segment);
      } catch {
        return false;
      }
    });
  }

  files(): string[] {
    return readdirSync(join(this.folder, 'live')).sort();
  }
}

function send(publication: Publication, messages: readonly MediaMessage[]): void {
  for (const message of messages) publication.message(message);
}

let bench: Bench;
afterEach(async () => {
  vi.useRealTimers();
  await bench.output.close();
});

describe('publishing', () => {
  beforeEach(() => {
    bench = new Bench();
  });

  test('writes segments that go on over publishes, with a discontinuity and running counters', async () => {
    bench.session(9);
    await bench.untilListed('s', 's-2.ts');
    bench.session(9);
    bench.session(5);
    await bench.untilListed('s', 's-7.ts');
    const lines = bench.playlist().split('\n');
    const cuts = lines.flatMap((line, index) => (line === '#EXT-X-DISCONTINUITY' ? [lines[index + 2]] : []));
    expect(cuts).toEqual(['s-0.ts', 's-3.ts', 's-6.ts']);
    const checker = new TsChecker();
    for (const name of bench.listed()) checker.check(readFileSync(join(bench.folder, 'live', name)), name);
    expect(checker.problems).toEqual([]);
    await waitFor('the last event', () => bench.events.length >= 8);
    expect(bench.events).toEqual(Array.from({ length: 8 }, (_, index) => `s ${index} live/s.m3u8`));
  });

  test('says so as SRS does', async () => {
    bench.session(1);
    expect(bench.lines[0]).toBe(
      `trace hls: win=60000ms, frag=2000ms, prefix=, path=${bench.folder}, m3u8=[app]/[stream].m3u8, ` +
        'ts=[app]/[stream]-[seq].ts, aof=2.00, floor=0, clean=1, waitk=1, dispose=0ms, dts_directly=1',
    );
  });

  test('reports every 10 s', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const publication = bench.publish();
    send(publication, source({ seconds: 5 }));
    bench.nowMs += 9000;
    vi.advanceTimersByTime(1000);
    expect(bench.lines.filter((line) => line.includes('-> HLS'))).toEqual([]);
    bench.nowMs += 1000;
    vi.advanceTimersByTime(1000);
    await bench.untilListed('s', 's-0.ts');
    const [line] = bench.lines.filter((text) => text.includes('-> HLS'));
    expect(line).toMatch(/^trace -> HLS time=10000000ms, sno=\d, ts=(s-\d.ts)?, dur=9\d\dms, dva=0p$/);
  });

  test('frees the stream and the channel when the publisher leaves', async () => {
    bench.session(5);
    expect(bench.streams.size).toBe(0);
    await bench.output.close();
    expect(bench.listed()).toEqual(['s-0.ts', 's-1.ts']);
  });

  test('refuses a name that leads out of the folder, and nothing else', async () => {
    bench.session(3, '../../escaped');
    bench.session(3, '..%2f..%2fescaped');
    bench.session(3, 'good');
    await bench.untilListed('good', 'good-0.ts');
    expect(bench.files()).toEqual(['good-0.ts', 'good.m3u8']);
    expect(bench.lines.filter((line) => line.startsWith('error hls: no HLS for')).length).toBe(2);
  });

  test('warns when two streams write the same files', async () => {
    bench.options = hlsOptions({
      folder: bench.folder,
      playlistFile: 'one.m3u8',
      segmentFile: '[stream]-[seq].ts',
    });
    bench.publish('a');
    bench.publish('b');
    expect(
      bench.lines.filter((line) => /^warn hls: \/live\/b and \/live\/a both write/.test(line)).length,
    ).toBe(1);
  });

  test('names a codec that HLS does not carry once', () => {
    const publication = bench.publish();
    const payload = Buffer.from('9174076f70757300', 'hex');
    for (let count = 0; count < 5; count++) {
      const frame = {
        track: 'audio',
        timestampMs: count * 20,
        isKeyFrame: false,
        isSequenceHeader: false,
      } as const;
      publication.message({ ...frame, codec: 'opus', payload: Buffer.from('d1ff', 'hex') });
    }
    expect(payload.length).toBe(8);
    expect(bench.lines.filter((line) => line.includes('is left out'))).toEqual([
      'warn hls: audio is left out, codec not supported',
    ]);
  });
});

describe('when the server quits', () => {
  test('the open segment is closed and listed', async () => {
    bench = new Bench();
    send(bench.publish(), source({ seconds: 7 }));
    await bench.output.close();
    expect(bench.listed()).toEqual(['s-0.ts', 's-1.ts']);
    expect(bench.files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('nobody starts anew', async () => {
    bench = new Bench();
    await bench.output.close();
    bench.session(5);
    expect(readdirSync(bench.folder)).toEqual([]);
    expect(bench.streams.size).toBe(0);
  });

  test('with hls_dispose all files go', async () => {
    bench = new Bench({ disposeMs: 30_000 });
    send(bench.publish('a'), source({ seconds: 7 }));
    bench.session(5, 'b');
    await bench.output.close();
    expect(bench.files()).toEqual([]);
    expect(bench.lines.filter((line) => line.includes('gracefully'))).toEqual([
      'trace gracefully dispose hls /live/a',
      'trace gracefully dispose hls /live/b',
    ]);
  });
});

describe('hls_dispose', () => {
  const tick = (ms: number) => {
    bench.nowMs += ms;
    vi.advanceTimersByTime(1000);
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    bench = new Bench({ disposeMs: 3000 });
  });

  test('removes the files of a stream that has ended, and counts on', async () => {
    bench.session(5);
    tick(0);
    await bench.untilListed('s', 's-1.ts');
    tick(2900);
    expect(bench.lines.some((line) => line.includes('dispose hls /live/s'))).toBe(false);
    tick(200);
    await waitFor('the files to go', () => bench.files().length === 0);
    expect(bench.lines.slice(-2)).toEqual([
      'trace hls cycle to dispose hls /live/s, timeout=3000ms',
      'trace gracefully dispose hls /live/s',
    ]);
    bench.session(5);
    await bench.untilListed('s', 's-3.ts');
    expect(bench.listed()).toEqual(['s-2.ts', 's-3.ts']);
  });

  test('a silent publisher gets no HLS until the next publish', async () => {
    const publication = bench.publish();
    send(publication, source({ seconds: 5 }));
    tick(0);
    await bench.untilListed('s', 's-0.ts');
    tick(3100);
    await waitFor('the files to go', () => bench.files().length === 0);
    send(publication, source({ seconds: 5 }));
    publication.end();
    bench.session(5);
    await bench.untilListed('s', 's-3.ts');
    expect(bench.files()).toEqual(['s-2.ts', 's-3.ts', 's.m3u8']);
  });

  test('a publisher who returns in time keeps the files', async () => {
    bench.session(5);
    tick(0);
    tick(2000);
    const publication = bench.publish();
    tick(2000);
    send(publication, source({ seconds: 5 }));
    tick(2000);
    publication.end();
    await bench.untilListed('s', 's-3.ts');
    expect(bench.listed()).toEqual(['s-0.ts', 's-1.ts', 's-2.ts', 's-3.ts']);
  });
});

describe('hls_on_error', () => {
  /** A file where the folder of the app should be. */
  function block(): void {
    writeFileSync(join(bench.folder, 'live'), '');
  }

  test('disconnect ends the publish', async () => {
    bench = new Bench({ onError: 'disconnect' });
    block();
    send(bench.publish(), source({ seconds: 5 }));
    await waitFor('the publisher to be stopped', () => bench.stopped.length > 0);
    expect(bench.stopped[0]).toMatch(/^hls: create dir .*live failed/);
  });

  test('ignore goes on without HLS', async () => {
    bench = new Bench({ onError: 'ignore' });
    block();
    send(bench.publish(), source({ seconds: 9 }));
    await waitFor('the warning', () =>
      bench.lines.some((line) => line.startsWith('warn hls: ignore video error')),
    );
    expect(bench.stopped).toEqual([]);
  });

  test('continue tries the next segment, and says how often it failed in few lines', async () => {
    bench = new Bench({ onError: 'continue' });
    block();
    send(bench.publish(), source({ seconds: 60 }));
    await bench.output.close();
    const lines = bench.lines.filter((line) => line.includes('a segment is lost'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(2);
    expect(lines[0]).toMatch(/create dir .*live failed : EEXIST|ENOTDIR/);
    expect(bench.stopped).toEqual([]);
  });
});

describe('hls_memory', () => {
  test('writes nothing, and forgets an ended stream after two windows', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    bench = new Bench({ isInMemory: true, windowMs: 10_000 });
    bench.session(9);
    const memory = bench.output.memory('__defaultVhost__')!;
    expect(memory.find('live/s.m3u8')?.bytes.toString()).toContain('s-2.ts');
    expect(readdirSync(bench.folder)).toEqual([]);
    const checker = new TsChecker();
    for (const sequence of [0, 1, 2])
      checker.check(memory.find(`live/s-${sequence}.ts`)!.bytes, String(sequence));
    expect(checker.problems).toEqual([]);
    vi.advanceTimersByTime(1000);
    bench.nowMs += 20_100;
    vi.advanceTimersByTime(1000);
    expect(memory.size).toBe(0);
    bench.session(5);
    expect(memory.find('live/s-3.ts')).toBeDefined();
  });

  test('its numbers go on after a restart, and on another server that gets the stream later', () => {
    const first = (wallMs: number) => {
      bench = new Bench({ isInMemory: true });
      bench.wallMs = wallMs;
      bench.session(5);
      const text = bench.output.memory('__defaultVhost__')?.find('live/s.m3u8')?.bytes.toString();
      return Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text ?? '')?.[1]);
    };
    const startMs = Date.UTC(2026, 10, 23);
    const before = first(startMs);
    // Segments of 2 s at least: in an hour there were 1800 at most.
    expect(first(startMs + 3600_000)).toBeGreaterThanOrEqual(before + 1800);
    expect(first(Date.UTC(2045, 0, 1))).toBeLessThan(2 ** 31);
  });
});

describe('reload', () => {
  test('a live stream gets new settings at once: its headers again, its numbers on', async () => {
    bench = new Bench();
    const publication = bench.publish();
    const messages = source({ seconds: 20 });
    send(
      publication,
      messages.filter(({ timestampMs }) => timestampMs < 9000),
    );
    bench.options = hlsOptions({ folder: bench.folder, fragmentMs: 4000 });
    bench.output.reload(bench.streams.values());
    send(
      publication,
      messages.filter(({ timestampMs }) => timestampMs >= 9000),
    );
    publication.end();
    await bench.untilListed('s', 's-4.ts');
    const lines = bench.playlist().split('\n');
    const cuts = lines.flatMap((line, index) => (line === '#EXT-X-DISCONTINUITY' ? [lines[index + 2]] : []));
    expect(cuts).toEqual(['s-0.ts', 's-3.ts']);
    expect(
      lines
        .filter((line) => line.startsWith('#EXTINF'))
        .map((line) => Math.round(Number.parseFloat(line.slice(8)))),
    ).toEqual([4, 4, 2, 6, 4]);
  });

  test('off leaves the files, on goes on', async () => {
    bench = new Bench();
    const { options } = bench;
    const publication = bench.publish();
    send(publication, source({ seconds: 5 }));
    bench.options = undefined;
    bench.output.reload(bench.streams.values());
    await bench.untilListed('s', 's-1.ts');
    send(publication, source({ seconds: 5, startMs: 5000 }).slice(2));
    bench.options = options;
    bench.output.reload(bench.streams.values());
    send(publication, source({ seconds: 5, startMs: 10_000 }).slice(2));
    publication.end();
    await bench.untilListed('s', 's-3.ts');
    expect(bench.listed()).toEqual(['s-0.ts', 's-1.ts', 's-2.ts', 's-3.ts']);
  });
});

describe('hls_on_demand', () => {
  const messages = source({ seconds: 20 });
  const part = (fromMs: number, toMs: number) =>
    messages.filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs < toMs);
  const lengths = (text: string) =>
    [...text.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, length]) => Math.round(Number(length)));
  const playlistText = () => bench.output.memory('__defaultVhost__')?.find('live/s.m3u8')?.bytes.toString();
  const stream = () =>
    bench.streams.fetchOrCreate({ vhost: '__defaultVhost__', app: 'live', stream: 's' }, streamOptions());

  beforeEach(() => {
    bench = new Bench({ isInMemory: true, isOnDemand: true, fragmentMs: 1500 });
  });

  test('nothing is done for a stream that nobody asks for', () => {
    bench.session(9);
    expect(bench.output.memory('__defaultVhost__')).toBeUndefined();
    expect(bench.lines).toEqual([]);
  });

  test('begins with the key frame that the GOP cache has, in the middle of a publish', () => {
    const publication = bench.publish();
    send(publication, part(0, 5500));
    bench.output.want(stream());
    send(publication, part(5500, 6000));
    expect(playlistText()).toBeUndefined();
    send(publication, part(6000, 10_100));
    expect(lengths(playlistText()!)).toEqual([2, 2, 2]);
    const checker = new TsChecker();
    const memory = bench.output.memory('__defaultVhost__')!;
    for (const name of ['live/s-0.ts', 'live/s-1.ts', 'live/s-2.ts'])
      checker.check(memory.find(name)!.bytes, name);
    expect(checker.problems).toEqual([]);
    publication.end();
  });

  test('without a GOP cache it begins with the next key frame, not with the sound in front of it', () => {
    const publication = bench.publish('s', streamOptions({ hasGopCache: false }));
    send(publication, part(0, 5510));
    bench.output.want(stream());
    send(publication, part(5510, 8100));
    expect(lengths(playlistText()!)).toEqual([2]);
    const checker = new TsChecker();
    const segment = bench.output.memory('__defaultVhost__')!.find('live/s-0.ts')!.bytes;
    const { pes } = checker.check(segment, 's-0.ts');
    expect(checker.problems).toEqual([]);
    expect(Math.min(...pes.map(({ dts }) => dts))).toBe(6000 * 90);
    publication.end();
  });

  test('who asks before the publisher comes gets its first group of pictures', () => {
    bench.output.want(stream());
    const publication = bench.publish();
    send(publication, part(0, 4100));
    expect(lengths(playlistText()!)).toEqual([2, 2]);
    publication.end();
  });

  test('ends with the demand, removes what is there, and counts on', async () => {
    const publication = bench.publish();
    send(publication, part(0, 1000));
    const end = bench.output.want(stream());
    send(publication, part(1000, 4100));
    const memory = bench.output.memory('__defaultVhost__')!;
    expect(memory.size).toBe(3);
    end();
    end();
    expect(memory.size).toBe(0);
    send(publication, part(4100, 9000));
    expect(memory.size).toBe(0);
    bench.output.want(stream());
    send(publication, part(9000, 12_100));
    expect(playlistText()?.match(/^s-.*$/gm)).toEqual(['s-2.ts', 's-3.ts']);
    publication.end();
  });

  test('a reload to HLS without demand and back', () => {
    const publication = bench.publish();
    send(publication, part(0, 2000));
    const { options } = bench;
    bench.options = hlsOptions({ isInMemory: true, fragmentMs: 1500, folder: bench.folder });
    bench.output.reload(bench.streams.values());
    send(publication, part(2000, 6100));
    expect(lengths(playlistText()!)).toEqual([2, 2]);
    bench.options = options;
    bench.output.reload(bench.streams.values());
    expect(playlistText()).toBeUndefined();
    const end = bench.output.want(stream());
    send(publication, part(6100, 8100));
    expect(playlistText()?.match(/^s-.*$/gm)).toEqual(['s-2.ts']);
    end();
    publication.end();
  });
});
