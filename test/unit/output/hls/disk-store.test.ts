import { createDecipheriv } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { BytePages } from '../../../../src/output/disk/byte-pages.ts';
import { DiskQueue } from '../../../../src/output/disk/disk-queue.ts';
import { DiskStore } from '../../../../src/output/hls/disk-store.ts';
import { hlsNames } from '../../../../src/output/hls/hls-names.ts';
import type { HlsOptions } from '../../../../src/output/hls/hls-options.ts';
import { newFolder } from '../../../helpers/names.ts';
import { hlsOptions } from './options.ts';

const id = { vhost: '__defaultVhost__', app: 'live', stream: 's' };
let folder: string;
beforeEach(() => {
  folder = newFolder('hls');
});

/** A store and what it said. */
class Fixture {
  readonly heard: string[] = [];
  readonly pages = new BytePages();
  readonly store: DiskStore;
  nowMs = Date.now();

  constructor(changes: Partial<HlsOptions> = {}, nextSequence = 0, queue = new DiskQueue(() => 2)) {
    const options = hlsOptions({ folder, minTargetMs: 3000, windowMs: 6000, ...changes });
    const names = hlsNames(options, id);
    if (names.type === 'refused') throw new Error(names.reason);
    const events = {
      listed: ({ sequence, uri, durationMs }: { sequence: number; uri: string; durationMs: number }) =>
        this.heard.push(`listed ${sequence} ${uri} ${durationMs}`),
      dropped: (sequence: number, uri: string, durationMs: number) =>
        this.heard.push(`dropped ${sequence} ${uri} ${durationMs}`),
      failed: (error: Error) => this.heard.push(`failed ${error.message}`),
      warned: (text: string) => this.heard.push(`warned ${text}`),
    };
    const host = { queue, pages: this.pages, wallClock: () => this.nowMs, events };
    this.store = new DiskStore(names.names, options, host, nextSequence);
  }

  begin(): this {
    this.store.begin({ openedAtMs: this.nowMs, floor: undefined });
    return this;
  }

  append(text: string): this {
    const page = this.pages.take(0)!;
    this.store.append(page, 0, page.write(text));
    return this;
  }

  /** A whole segment with this content. */
  segment(text: string, durationMs = 2000, isDiscontinuity = false, init?: string): this {
    this.begin().append(text);
    this.store.end(durationMs, isDiscontinuity, init === undefined ? undefined : Buffer.from(init));
    return this;
  }

  async settled(): Promise<this> {
    await this.store.settled();
    return this;
  }
}

const playlist = () => readFileSync(join(folder, 'live/s.m3u8'), 'utf8');
const listed = () => playlist().match(/^[^#].*$/gm);
const files = () => readdirSync(join(folder, 'live')).sort();
const read = (name: string) => readFileSync(join(folder, 'live', name), 'utf8');

describe('writing', () => {
  test('a segment and its playlist', async () => {
    const fixture = await new Fixture().begin().append('abc').append('def').settled();
    expect(files()).toEqual(['s-0.ts.tmp']);
    fixture.store.end(2000, true, undefined);
    await fixture.settled();
    expect(files()).toEqual(['s-0.ts', 's.m3u8']);
    expect(read('s-0.ts')).toBe('abcdef');
    expect(playlist()).toBe(
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:3\n#EXT-X-DISCONTINUITY\n#EXTINF:2.000, no desc\ns-0.ts\n',
    );
    expect(fixture.heard).toEqual(['listed 0 s-0.ts 2000']);
    expect(fixture.store.pendingBytes).toBe(0);
    expect(fixture.pages.usedBytes).toBe(0);
  });

  test('the window moves on; a file goes one segment after it left the playlist', async () => {
    const fixture = new Fixture();
    for (let count = 0; count < 7; count++) fixture.segment(String(count));
    await fixture.settled();
    expect(listed()).toEqual(['s-3.ts', 's-4.ts', 's-5.ts', 's-6.ts']);
    expect(playlist()).toContain('#EXT-X-MEDIA-SEQUENCE:3\n');
    expect(files()).toEqual(['s-2.ts', 's-3.ts', 's-4.ts', 's-5.ts', 's-6.ts', 's.m3u8']);
  });

  test('hls_cleanup off keeps all files', async () => {
    const fixture = new Fixture({ isCleanup: false });
    for (let count = 0; count < 7; count++) fixture.segment(String(count));
    await fixture.settled();
    expect(files().filter((name) => name.endsWith('.ts')).length).toBe(7);
  });

  test('a segment below 100 ms is dropped and its number used again', async () => {
    const fixture = await new Fixture().segment('a').segment('b', 99).segment('c').settled();
    expect(fixture.heard).toEqual(['listed 0 s-0.ts 2000', 'dropped 1 s-1.ts 99', 'listed 1 s-1.ts 2000']);
    expect(files()).toEqual(['s-0.ts', 's-1.ts', 's.m3u8']);
    expect(read('s-1.ts')).toBe('c');
  });

  test('a segment that is given up leaves no file; the next one is not continuous', async () => {
    const fixture = await new Fixture().segment('a').begin().append('b').settled();
    fixture.store.discard();
    await fixture.segment('c').settled();
    expect(files()).toEqual(['s-0.ts', 's-1.ts', 's.m3u8']);
    expect(playlist()).toContain('s-0.ts\n#EXT-X-DISCONTINUITY\n');
  });

  test('[duration] is filled in at the end, folders of dates are made', async () => {
    const segmentFile = '[app]/[2006][01][02]/[stream]-[seq]-[duration].ts';
    const fixture = new Fixture({ segmentFile });
    fixture.nowMs = Date.UTC(2026, 10, 22);
    await fixture.begin().append('x').settled();
    expect(files()).toEqual(['20261122']);
    expect(readdirSync(join(folder, 'live/20261122'))).toEqual(['s-0-[duration].ts.tmp']);
    fixture.store.end(4321, false, undefined);
    await fixture.settled();
    expect(listed()).toEqual(['20261122/s-0-4321.ts']);
    expect(readdirSync(join(folder, 'live/20261122'))).toEqual(['s-0-4321.ts']);
  });

  test('everybody may read files and folders, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      await new Fixture().segment('a').settled();
    } finally {
      process.umask(umask);
    }
    const mode = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
    expect([mode('live'), mode('live/s-0.ts'), mode('live/s.m3u8')]).toEqual(['755', '644', '644']);
  });
});

describe('a folder that somebody removes', () => {
  test('in the middle of a segment: nothing is lost', async () => {
    const fixture = await new Fixture().segment('old').begin().append('first ').settled();
    rmSync(join(folder, 'live'), { recursive: true });
    fixture.append('second');
    fixture.store.end(2000, false, undefined);
    await fixture.settled();
    expect(files()).toEqual(['s-1.ts', 's.m3u8']);
    expect(read('s-1.ts')).toBe('first second');
    expect(listed()).toEqual(['s-1.ts']);
    expect(playlist()).toContain('#EXT-X-MEDIA-SEQUENCE:1\n');
    expect(fixture.heard.filter((line) => line.startsWith('failed'))).toEqual([]);
  });

  test('between segments', async () => {
    const fixture = await new Fixture().segment('old').settled();
    rmSync(join(folder, 'live'), { recursive: true });
    await fixture.segment('new').settled();
    expect(files()).toEqual(['s-1.ts', 's.m3u8']);
  });
});

describe('errors', () => {
  test('a folder that cannot be made: each segment fails, the numbers wait', async () => {
    writeFileSync(join(folder, 'live'), 'a file in the way');
    const fixture = await new Fixture().segment('a').segment('b').settled();
    expect(fixture.heard.length).toBe(2);
    expect(fixture.heard[0]).toMatch(/^failed open file .*s-0\.ts\.tmp/);
    expect(fixture.heard[1]).toMatch(/^failed open file .*s-0\.ts\.tmp/);
    expect(fixture.pages.usedBytes).toBe(0);
    rmSync(join(folder, 'live'));
    await fixture.segment('c').settled();
    expect(listed()).toEqual(['s-0.ts']);
    expect(playlist()).toContain('#EXT-X-DISCONTINUITY\n');
  });

  test('a segment that fails makes room: what has left the playlist goes at once', async () => {
    const fixture = new Fixture();
    for (let count = 0; count < 5; count++) fixture.segment(String(count));
    await fixture.settled();
    expect(files()).toContain('s-0.ts');
    mkdirSync(join(folder, 'live/s-5.ts'));
    await fixture.segment('5').settled();
    expect(fixture.heard.at(-1)).toMatch(/^failed rename .*s-5\.ts$/);
    expect(files()).toEqual(['s-1.ts', 's-2.ts', 's-3.ts', 's-4.ts', 's-5.ts', 's.m3u8']);
  });

  test('a start without a folder to write to says so', async () => {
    writeFileSync(join(folder, 'live'), 'a file in the way');
    const fixture = new Fixture();
    fixture.store.start();
    await fixture.settled();
    expect(fixture.heard).toEqual([`failed create dir ${folder}/live failed`]);
  });

  test('a place where nothing can be made', async () => {
    const fixture = new Fixture({ folder: '/proc/no-such-folder' });
    fixture.store.start();
    await fixture.segment('a').settled();
    expect(fixture.heard).toEqual([
      'failed create dir /proc/no-such-folder/live failed',
      'failed create dir /proc/no-such-folder/live failed',
    ]);
  });

  test('a playlist that cannot be written keeps its segments for the next time', async () => {
    mkdirSync(join(folder, 'live/s.m3u8'), { recursive: true });
    const fixture = await new Fixture().segment('a').settled();
    expect(fixture.heard).toEqual([
      'listed 0 s-0.ts 2000',
      `failed rename ${folder}/live/s.m3u8.temp to ${folder}/live/s.m3u8`,
    ]);
    expect(files()).toEqual(['s-0.ts', 's.m3u8']);
    rmSync(join(folder, 'live/s.m3u8'), { recursive: true });
    await fixture.segment('b').settled();
    expect(listed()).toEqual(['s-0.ts', 's-1.ts']);
  });
});

describe('a disk that takes its time', () => {
  test('the newest segment can be given up while it waits: its memory is free at once', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const queue = new DiskQueue(() => 1);
    void queue.run(() => gate);
    const fixture = new Fixture({}, 0, queue).segment('a').begin().append('b').append('c');
    const held = fixture.pages.usedBytes;
    expect(fixture.store.pendingBytes).toBe(held);
    fixture.store.discard();
    expect(fixture.store.pendingBytes).toBe(held / 3);
    open();
    await fixture.segment('d').settled();
    expect(files()).toEqual(['s-0.ts', 's-1.ts', 's.m3u8']);
    expect(read('s-1.ts')).toBe('d');
    expect(fixture.store.pendingBytes).toBe(0);
  });
});

describe('continuing', () => {
  test('after a restart: numbers and list go on, the files of the old run expire', async () => {
    await new Fixture().segment('0').segment('1').segment('2').settled();
    const fixture = new Fixture();
    fixture.store.start();
    await fixture.segment('3', 2000, true).segment('4').segment('5').settled();
    expect(listed()).toEqual(['s-2.ts', 's-3.ts', 's-4.ts', 's-5.ts']);
    expect(playlist()).toContain('s-2.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:2.000, no desc\ns-3.ts\n');
    expect(files()).toEqual(['s-1.ts', 's-2.ts', 's-3.ts', 's-4.ts', 's-5.ts', 's.m3u8']);
  });

  test('after kill -9 in a segment: its temporary file is written over', async () => {
    const killed = await new Fixture().segment('0').begin().append('unfinished').settled();
    expect(files()).toContain('s-1.ts.tmp');
    const fixture = new Fixture();
    fixture.store.start();
    await fixture.segment('1').settled();
    killed.store.discard();
    await killed.settled();
    expect(files()).toEqual(['s-0.ts', 's-1.ts', 's.m3u8']);
    expect(read('s-1.ts')).toBe('1');
  });

  test('when another server has gone on in the shared folder meanwhile', async () => {
    const here = await new Fixture().segment('0').segment('1').settled();
    const there = new Fixture();
    there.store.start();
    await there.segment('2').segment('3').segment('4').settled();
    here.store.start();
    await here.segment('5').settled();
    expect(listed()).toEqual(['s-2.ts', 's-3.ts', 's-4.ts', 's-5.ts']);
    expect(here.store.nextSequence).toBe(6);
  });

  test('its own list is kept at the next publish', async () => {
    const fixture = await new Fixture().segment('0').segment('1').settled();
    fixture.store.start();
    await fixture.segment('2').settled();
    expect(listed()).toEqual(['s-0.ts', 's-1.ts', 's-2.ts']);
  });

  test('a number that was reached before counts more than an older playlist', async () => {
    await new Fixture().segment('0').segment('1').settled();
    const fixture = new Fixture({}, 17);
    fixture.store.start();
    await fixture.segment('17').segment('18').settled();
    expect(listed()).toEqual(['s-17.ts', 's-18.ts']);
    expect(files()).toEqual(['s-17.ts', 's-18.ts', 's.m3u8']);
  });

  test('an old playlist gives its numbers only', async () => {
    await new Fixture().segment('0').segment('1').settled();
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(folder, 'live/s.m3u8'), hourAgo, hourAgo);
    const fixture = new Fixture();
    fixture.store.start();
    await fixture.segment('2').settled();
    expect(listed()).toEqual(['s-2.ts']);
    expect(files()).toEqual(['s-2.ts', 's.m3u8']);
  });

  test('segments whose files are gone are not listed again', async () => {
    await new Fixture().segment('0').segment('1').segment('2').settled();
    rmSync(join(folder, 'live/s-1.ts'));
    const fixture = new Fixture();
    fixture.store.start();
    await fixture.segment('3').settled();
    expect(listed()).toEqual(['s-2.ts', 's-3.ts']);
  });

  test.each(['', 'no playlist at all', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:-4\n#EXTINF:1,\nx.ts\n'])(
    'a playlist that is none: %j',
    async (text) => {
      mkdirSync(join(folder, 'live'));
      writeFileSync(join(folder, 'live/s.m3u8'), text);
      const fixture = new Fixture();
      fixture.store.start();
      await fixture.segment('0').settled();
      expect(listed()).toEqual(['s-0.ts']);
      expect(fixture.heard).toEqual(['listed 0 s-0.ts 2000']);
    },
  );

  test('nothing outside the folder is removed, whatever a playlist lists', async () => {
    const outside = join(folder, 'precious.ts');
    writeFileSync(outside, 'x');
    mkdirSync(join(folder, 'root/live'), { recursive: true });
    const text = `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:4\n#EXTINF:9,\n../../precious.ts\n#EXTINF:9,\n${outside}\n`;
    writeFileSync(join(folder, 'root/live/s.m3u8'), text);
    const fixture = new Fixture({ folder: join(folder, 'root') });
    fixture.store.start();
    for (let count = 0; count < 6; count++) fixture.segment(String(count));
    fixture.store.dispose();
    await fixture.settled();
    expect(existsSync(outside)).toBe(true);
    expect(fixture.store.nextSequence).toBe(12);
  });
});

describe('disposing', () => {
  test('removes segments, open segment and playlist, not the folder', async () => {
    const fixture = new Fixture();
    for (let count = 0; count < 6; count++) fixture.segment(String(count));
    await fixture.begin().append('open').settled();
    fixture.store.dispose();
    await fixture.settled();
    expect(files()).toEqual([]);
    await fixture.segment('6').settled();
    expect(files()).toEqual(['s-6.ts', 's.m3u8']);
  });

  test('leaves what another server has taken over', async () => {
    const here = await new Fixture().segment('0').segment('1').settled();
    const there = new Fixture();
    there.store.start();
    await there.segment('2').settled();
    here.store.dispose();
    await here.settled();
    expect(files()).toEqual(['s-0.ts', 's-1.ts', 's-2.ts', 's.m3u8']);
    expect(here.heard.at(-1)).toMatch(/^warned .*another server/);
  });
});

describe('keys', () => {
  const keys = { fragmentsPerKey: 2, file: '[app]/[stream]-[seq].key', folder: '', url: '' };
  const withKeys = () => new Fixture({ keys: { ...keys, folder }, windowMs: 60_000 });

  test('encrypt two segments each; players can undo it from what the playlist says', async () => {
    const texts = ['a', 'b'.repeat(752), 'c'.repeat(752 * 3), 'd'.repeat(15)];
    const fixture = withKeys();
    for (const text of texts) fixture.segment(text);
    await fixture.settled();
    const keyLines = playlist().match(/^#EXT-X-KEY:.*$/gm);
    expect(keyLines?.length).toBe(2);
    expect(files().filter((name) => name.endsWith('.key'))).toEqual(['s-0.key', 's-2.key']);
    texts.forEach((text, sequence) => {
      const [, uri, iv] =
        /URI="(.*)",IV=0x([0-9A-F]{32})$/.exec(String(keyLines?.[Math.floor(sequence / 2)])) ?? [];
      const key = readFileSync(join(folder, 'live', String(uri)));
      const decipher = createDecipheriv('aes-128-cbc', key, Buffer.from(String(iv), 'hex'));
      const bytes = readFileSync(join(folder, `live/s-${sequence}.ts`));
      expect(`${decipher.update(bytes)}${decipher.final()}`).toBe(text);
    });
  });

  test('the first listed segment always has its key line, also after a restart', async () => {
    const fixture = new Fixture({ keys: { ...keys, folder }, windowMs: 4000 });
    for (let count = 0; count < 6; count++) fixture.segment(String(count));
    await fixture.settled();
    expect(listed()).toEqual(['s-3.ts', 's-4.ts', 's-5.ts']);
    expect(playlist()).toMatch(/s-2\.key".*\n#EXTINF:2.000, no desc\ns-3\.ts\n#EXT-X-KEY.*s-4\.key/);
    const next = new Fixture({ keys: { ...keys, folder }, windowMs: 4000 });
    next.store.start();
    await next.segment('6').segment('7').settled();
    expect(playlist()).toMatch(/s-4\.key".*\n#EXTINF:2.000, no desc\ns-5\.ts\n#EXT-X-KEY.*s-6\.key/);
  });

  test('a key that cannot be written costs its segment, not the next', async () => {
    const fixture = new Fixture({ keys: { ...keys, folder: join(folder, 'keys') } });
    writeFileSync(join(folder, 'keys'), 'a file in the way');
    await fixture.segment('a').settled();
    expect(fixture.heard[0]).toMatch(/^failed open file .*keys\/live\/s-0\.key/);
    rmSync(join(folder, 'keys'));
    await fixture.segment('a').settled();
    expect(fixture.heard.at(-1)).toBe('listed 0 s-0.ts 2000');
  });
});

describe('init segments', () => {
  const maps = () => playlist().match(/^#EXT-X-MAP:URI="(.*)"$/gm);
  const initFiles = () => readdirSync(join(folder, 'live/s')).sort();
  const withInit = (init: string, count: number, fixture = new Fixture()) => {
    for (let index = 0; index < count; index++) fixture.segment('x', 2000, index === 0, init);
    return fixture;
  };

  test('one for all segments with the same codecs', async () => {
    await withInit('A', 3).settled();
    expect(maps()).toEqual(['#EXT-X-MAP:URI="s/init.mp4"']);
    expect(playlist()).toContain('#EXT-X-VERSION:7\n');
    expect(playlist()).toMatch(
      /#EXT-X-DISCONTINUITY\n#EXT-X-MAP:.*\n#EXTINF:2.000, no desc\ns-0.ts\n#EXTINF/,
    );
    expect(readFileSync(join(folder, 'live/s/init.mp4'), 'utf8')).toBe('A');
  });

  test('a changed one has a name of its own, and the old one goes with its last segment', async () => {
    const fixture = await withInit('B', 2, withInit('A', 2)).settled();
    expect(maps()).toEqual(['#EXT-X-MAP:URI="s/init.mp4"', '#EXT-X-MAP:URI="s/init-2.mp4"']);
    expect(initFiles()).toEqual(['init-2.mp4', 'init.mp4']);
    await withInit('B', 4, fixture).settled();
    expect(maps()).toEqual(['#EXT-X-MAP:URI="s/init-2.mp4"']);
    expect(initFiles()).toEqual(['init-2.mp4']);
  });

  test('after a restart the same bytes are the same file', async () => {
    await withInit('A', 2).settled();
    const fixture = new Fixture();
    fixture.store.start();
    await withInit('A', 1, fixture).settled();
    expect(maps()).toEqual(['#EXT-X-MAP:URI="s/init.mp4"']);
    fixture.store.dispose();
    await fixture.settled();
    expect(initFiles()).toEqual([]);
  });

  test('is written again when the folder was removed', async () => {
    const fixture = await withInit('A', 1).begin().append('x').settled();
    rmSync(join(folder, 'live'), { recursive: true });
    fixture.store.end(2000, false, Buffer.from('A'));
    await fixture.settled();
    expect(initFiles()).toEqual(['init.mp4']);
  });
});

test('a store that takes over waits for the one before', async () => {
  const first = new Fixture().segment('0').segment('1');
  const second = new Fixture({ windowMs: 60_000 });
  second.store.start(first.store);
  await second.segment('2', 2000, true).settled();
  expect(listed()).toEqual(['s-0.ts', 's-1.ts', 's-2.ts']);
});

test('a file that cannot be removed is a warning', async () => {
  const fixture = new Fixture({ windowMs: 0 }).segment('0').segment('1');
  await fixture.settled();
  rmSync(join(folder, 'live/s-0.ts'));
  mkdirSync(join(folder, 'live/s-0.ts'));
  chmodSync(join(folder, 'live/s-0.ts'), 0o755);
  await fixture.segment('2').settled();
  expect(fixture.heard).toContain(`warned hls: unlink ${folder}/live/s-0.ts failed`);
  expect(listed()).toEqual(['s-2.ts']);
});
