// SIGHUP under traffic: what changes at once, what goes on untouched, and what is said. Every test has a server of its
// own whose conf it rewrites.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { isKeyFrame } from '../helpers/flv.ts';
import { mediaFile, mediaTags } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { httpFlv, patientPublish, type ServerOptions, serverConf, TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** In a container the server would notice the new file by itself as well. */
const BY_SIGNAL = 'auto_reload_for_docker off; inotify_auto_reload off;';

class ReloadedServer {
  readonly server: TestServer;
  readonly apiPort: number;
  readonly #root: string;

  private constructor(server: TestServer, apiPort: number, root: string) {
    this.server = server;
    this.apiPort = apiPort;
    this.#root = root;
  }

  static async start(options: ServerOptions = {}): Promise<ReloadedServer> {
    const apiPort = await freePort();
    const api = `http_api { enabled on; listen ${apiPort}; raw_api { enabled on; allow_reload on; } }`;
    const root = `${BY_SIGNAL} ${api}`;
    const server = await TestServer.start({ ...options, root: `${root} ${options.root ?? ''}` });
    return new ReloadedServer(server, apiPort, root);
  }

  /** The conf that `options` make, with the API unless `withoutApi`. */
  conf(options: ServerOptions = {}): string {
    const { rtmpPort, httpPort } = this.server;
    return serverConf(rtmpPort, httpPort, { ...options, root: `${this.#root} ${options.root ?? ''}` });
  }

  write(conf: string): void {
    writeFileSync(join(this.server.folder, 'srs.conf'), conf);
  }

  /** Puts `conf` in force, or not; returns the lines that the server says meanwhile. */
  async reload(conf: string): Promise<string[]> {
    this.write(conf);
    const from = this.server.log.length;
    this.server.child.kill('SIGHUP');
    const said = () => this.server.log.slice(from);
    await waitFor(
      () => `the end of the reload: ${said()}`,
      () => /reload config success\.|reload failed, the running configuration stays/.test(said()),
    );
    return said()
      .split('\n')
      .map((line) => line.replace(/^.*?\]\[\w{8}\](\[\d+\])? /, ''))
      .filter((line) => line !== '' && line !== '\x1b[0m');
  }

  get api(): string {
    return `http://127.0.0.1:${this.apiPort}/api/v1`;
  }

  async lastReload(): Promise<{ err: number; msg: string; state: number; rid: string }> {
    const response = await fetch(`${this.api}/raw?rpc=reload-fetch`);
    return ((await response.json()) as { data: { err: number; msg: string; state: number; rid: string } })
      .data;
  }
}

async function publish(server: TestServer, stream: string): Promise<FfmpegPublisher> {
  const file = await mediaFile('h264-aac.flv');
  const publisher = new FfmpegPublisher(file, server.rtmpUrl(stream), { isLooping: true });
  await publisher.waitUntilPublished(1200);
  return publisher;
}

/** Media goes on for this viewer from here on. */
async function expectGoesOn(viewer: { readonly tags: readonly unknown[] }): Promise<void> {
  const { length } = viewer.tags;
  await waitFor('more media', () => viewer.tags.length > length + 20);
}

async function isRefused(port: number): Promise<boolean> {
  return RtmpPeer.open({ port }).then(
    (peer) => {
      peer.destroy();
      return false;
    },
    () => true,
  );
}

describe.concurrent('ports', () => {
  test('move while publisher and viewers stay', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const stream = uniqueName('moved');
    const publisher = await publish(server, stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const moved = await freePort();
    const before = reloaded.conf();
    const said = await reloaded.reload(before.replace(`listen ${server.rtmpPort};`, `listen ${moved};`));
    expect(said).toContainEqual(
      expect.stringMatching(`^RTMP listen at tcp://0\\.0\\.0\\.0:${moved}, fd=\\d+$`),
    );
    expect(said).toContain('reload listen success.');
    expect(await isRefused(server.rtmpPort)).toBe(true);
    const late = await RtmpPeer.player({ port: moved }, server.tcUrl(), stream);
    await expectGoesOn(viewer);
    await expectGoesOn(late);
    await reloaded.reload(
      before.replace(`listen ${server.rtmpPort};`, `listen ${moved} ${server.rtmpPort};`),
    );
    expect(await isRefused(server.rtmpPort)).toBe(false);
    expect(await isRefused(moved)).toBe(false);
    await publisher.stop();
    await server.stop();
  });

  test('that are in use refuse the whole reload', async () => {
    const [reloaded, other] = await Promise.all([ReloadedServer.start(), TestServer.start()]);
    const conf = reloaded.conf({ root: 'max_connections 7;', httpServer: 'crossdomain off;' });
    const free = await freePort();
    const taken = conf
      .replace(`listen ${reloaded.server.rtmpPort};`, `listen ${free};`)
      .replace(`listen ${reloaded.server.httpPort};`, `listen ${other.httpPort};`);
    const said = await reloaded.reload(taken);
    expect(said).toContainEqual(
      expect.stringMatching(
        /^reload failed, state=30, err code=1002\(SocketListen\) : reload config : cannot listen/,
      ),
    );
    expect(await isRefused(free)).toBe(true);
    expect(await isRefused(reloaded.server.rtmpPort)).toBe(false);
    const response = await fetch(`http://127.0.0.1:${reloaded.server.httpPort}/`, {
      headers: { Origin: 'http://a' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await reloaded.lastReload()).toMatchObject({ err: 1002, state: 30 });
    await Promise.all([reloaded.server.stop(), other.stop()]);
  });
});

describe.concurrent('the example of the Kubernetes guide', () => {
  test('switches HTTP and HLS off and on under a live stream', async () => {
    const full = { vhost: 'hls { enabled on; hls_path ./html; }' };
    const reloaded = await ReloadedServer.start(full);
    const { server } = reloaded;
    const stream = uniqueName('guide');
    const publisher = await publish(server, stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const flv = await FlvViewer.start(server, stream);
    await flv.waitForTags(20);

    const minimal = `listen ${server.rtmpPort}; daemon off; srs_log_tank console; pid ./srs.pid; ${BY_SIGNAL} vhost __defaultVhost__ { ${patientPublish} }`;
    const off = await reloaded.reload(minimal);
    expect(off.filter((line) => /^(reload|vhost|ingest|config|srs)/.test(line))).toEqual([
      'reload config, signo=1',
      'config parse complete',
      'srs checking config...',
      'reload http_api on=>off success.',
      'reload http stream on=>off success.',
      'vhost __defaultVhost__ maybe modified, reload its detail.',
      'vhost __defaultVhost__ hls reload success',
      'vhost __defaultVhost__ reload hls success.',
      'vhost __defaultVhost__ http_remux reload success',
      'vhost __defaultVhost__ reload http_remux success.',
      'ingest nothing changed for vhost=__defaultVhost__',
      'reload config success.',
    ]);
    expect(await flv.waitForEnd()).toBe('cut');
    expect(await isRefused(server.httpPort)).toBe(true);
    expect(await isRefused(reloaded.apiPort)).toBe(true);
    await expectGoesOn(viewer);

    const on = await reloaded.reload(reloaded.conf(full));
    expect(on).toContain('reload off=>on http_api success.');
    expect(on).toContain('reload http stream off=>on success.');
    expect(on).toContainEqual(expect.stringMatching(/^HTTP-API listen at tcp:\/\/0\.0\.0\.0:\d+, fd=\d+$/));
    const again = await FlvViewer.start(server, stream);
    await again.waitForTags(20);
    expect(isKeyFrame(again.tags.find(({ type, body }) => type === 9 && body[1] === 1)!)).toBe(true);
    expect((await fetch(`${reloaded.api}/versions`)).status).toBe(200);
    await expectGoesOn(viewer);
    again.destroy();
    await publisher.stop();
    await server.stop();
  });
});

describe.concurrent('root directives', () => {
  test('max_connections drops nobody and counts at the next client; a full server still answers its API', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const stream = uniqueName('limit');
    const first = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const second = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    expect(await reloaded.reload(reloaded.conf({ root: 'max_connections 1;' }))).toContain(
      'reload max_connections success.',
    );
    const refused = await RtmpPeer.open(server.target);
    await refused.waitForClose();
    expect((await fetch(`${reloaded.api}/versions`)).status).toBe(200);
    expect([first.isClosed, second.isClosed]).toEqual([false, false]);
    await reloaded.reload(reloaded.conf());
    await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await server.stop();
  });

  test('the log changes its place, its level and its times; the pid file moves', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const conf = reloaded.conf({ root: 'srs_log_file ./logs/new.log; utc_time on;' });
    await reloaded.reload(conf.replace('pid ./srs.pid', 'pid ./run/new.pid'));
    expect(readFileSync(join(server.folder, 'run/new.pid'), 'utf8')).toBe(String(server.child.pid));
    expect(existsSync(join(server.folder, 'srs.pid')), 'the old one stays').toBe(true);

    const path = join(server.folder, 'logs/new.log');
    writeFileSync(join(server.folder, 'srs.conf'), conf.replace('srs_log_tank console', 'srs_log_tank file'));
    server.child.kill('SIGHUP');
    await waitFor(
      'the new log',
      () => existsSync(path) && /reload config success/.test(readFileSync(path, 'utf8')),
    );
    expect(readFileSync(path, 'utf8')).toMatch(/reload srs_log_tank success\./);

    writeFileSync(
      join(server.folder, 'srs.conf'),
      `srs_log_level warn; ${conf.replace('srs_log_tank console', 'srs_log_tank file')}`,
    );
    server.child.kill('SIGHUP');
    await waitFor('silence', async () => {
      const { length } = readFileSync(path);
      await fetch(`${reloaded.api}/versions`);
      return readFileSync(path).length === length;
    });
    await server.stop();
  });

  test('what needs a restart is said', async () => {
    const reloaded = await ReloadedServer.start();
    const said = await reloaded.reload(reloaded.conf({ root: 'asprocess on;' }));
    expect(said).toContain('reload: asprocess changes from off to on; it takes effect at the next start');
    expect(said.at(-1)).toBe('reload config success.');
    await reloaded.server.stop();
  });

  test('crossdomain of http_server and http_api changes without moving their ports', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const urls = [`http://127.0.0.1:${server.httpPort}/none`, `${reloaded.api}/versions`];
    const origins = async () =>
      Promise.all(
        urls.map(async (url) =>
          (await fetch(url, { headers: { Origin: 'http://a' } })).headers.get('access-control-allow-origin'),
        ),
      );
    expect(await origins()).toEqual(['*', '*']);
    const conf = reloaded.conf({ httpServer: 'crossdomain off;' });
    const said = await reloaded.reload(conf.replace('raw_api {', 'crossdomain off; raw_api {'));
    expect(said).toContain('reload http api crossdomain success.');
    expect(said).toContain('reload http stream crossdomain success.');
    expect(said.filter((line) => line.includes('listen at'))).toEqual([]);
    expect(await origins()).toEqual([null, null]);
    await server.stop();
  });
});

describe.concurrent('vhosts', () => {
  const extra = (body = httpFlv) => `vhost extra.example { ${body} }`;
  const tcUrl = (server: TestServer) => `rtmp://extra.example:${server.rtmpPort}/live`;

  test('that are new serve at once; that are gone keep whom they have and take nobody else', async () => {
    const alone = { hasNoDefaultVhost: true, vhosts: 'vhost other.example { }' };
    const reloaded = await ReloadedServer.start(alone);
    const { server } = reloaded;
    const said = await reloaded.reload(reloaded.conf({ ...alone, vhosts: `${alone.vhosts} ${extra()}` }));
    expect(said).toContain('vhost extra.example added, reload it.');
    expect(said).toContain('reload new vhost extra.example success.');
    const stream = uniqueName('extra');
    const publisher = await RtmpPeer.publisher(server.target, tcUrl(server), stream);
    const viewer = await RtmpPeer.player(server.target, tcUrl(server), stream);

    for (const body of [undefined, 'enabled off;']) {
      const vhosts = body === undefined ? alone.vhosts : `${alone.vhosts} ${extra(body)}`;
      const gone = await reloaded.reload(reloaded.conf({ ...alone, vhosts }));
      expect(gone).toContain(
        body === undefined
          ? 'vhost extra.example removed, reload it.'
          : 'ignore reload vhost, enabled old: 0, new: 0, vhost=extra.example',
      );
      const late = await RtmpPeer.connected(server.target, tcUrl(server));
      late.requestPlay(stream);
      await late.waitForStatus('NetStream.Play.StreamNotFound');
      late.destroy();
    }
    for (const tag of await mediaTags('h264-aac.flv')) publisher.sendTag(tag);
    await waitFor('media of the vhost that is gone', () => viewer.tags.length > 20);
    await server.stop();
  });

  test('another one is left alone', async () => {
    const options = { vhosts: extra() };
    const reloaded = await ReloadedServer.start(options);
    const { server } = reloaded;
    const stream = uniqueName('both');
    const publisher = await publish(server, stream);
    const flv = await FlvViewer.start(server, stream);
    await flv.waitForTags(20);
    const said = await reloaded.reload(reloaded.conf({ vhosts: extra('') }));
    expect(said).toContain('vhost extra.example reload http_remux success.');
    expect(said.filter((line) => line.startsWith('vhost __default'))).toEqual([
      'vhost __defaultVhost__ maybe modified, reload its detail.',
    ]);
    await expectGoesOn(flv);
    flv.destroy();
    await publisher.stop();
    await server.stop();
  });

  test('http_remux off ends its viewers and nobody else; on serves the live stream at once', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const stream = uniqueName('remux');
    const publisher = await publish(server, stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const flv = await FlvViewer.start(server, stream);
    await flv.waitForTags(20);
    await reloaded.reload(reloaded.conf().replace(httpFlv, 'http_remux { enabled off; }'));
    expect(await flv.waitForEnd()).toBe('cut');
    expect((await fetch(server.flvUrl(stream))).status).toBe(404);
    await expectGoesOn(viewer);
    await reloaded.reload(reloaded.conf());
    const again = await FlvViewer.start(server, stream);
    await again.waitForTags(20);
    again.destroy();
    await publisher.stop();
    await server.stop();
  });

  test('play settings change for the viewers that are there', async () => {
    const reloaded = await ReloadedServer.start({ vhost: 'play { mw_latency 1500; }' });
    const { server } = reloaded;
    const stream = uniqueName('play');
    const publisher = await publish(server, stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await expectGoesOn(viewer);
    const said = await reloaded.reload(reloaded.conf({ vhost: 'min_latency on; play { gop_cache off; }' }));
    expect(said).toContain('vhost __defaultVhost__ reload min_latency success.');
    expect(said).toContain(`vhost __defaultVhost__ gop_cache changed to 0, source url=/live/${stream}`);
    expect(said).toContain('vhost __defaultVhost__ reload play success.');
    // From batches of 1.5 s to single frames: the messages come in many more steps.
    const steps = new Set<number>();
    await waitFor('small steps', () => steps.add(viewer.tags.length).size > 15, {
      timeoutMs: 4000,
      intervalMs: 10,
    });
    // Without a cache a viewer starts with what comes next: the first frame is no key frame, as a rule.
    const late = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await waitFor('frames', () => late.tags.length > 3);
    expect(late.tags.length).toBeLessThan(viewer.tags.length);
    await publisher.stop();
    await server.stop();
  });

  test('publish settings change for the publishers that are there', async () => {
    const reloaded = await ReloadedServer.start({
      vhost: 'publish { firstpkt_timeout 1500; normal_timeout 60000; }',
    });
    const { server } = reloaded;
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('silent'));
    for (const tag of (await mediaTags('h264-aac.flv')).slice(0, 10)) publisher.sendTag(tag);
    const conf = reloaded.conf({ vhost: 'publish { firstpkt_timeout 1500; normal_timeout 300; }' });
    expect(await reloaded.reload(conf)).toContain('vhost __defaultVhost__ reload publish success.');
    await publisher.waitForClose(30_000);
    await server.waitForLog(/publish timeout 300ms/);
    await server.stop();
  });
});

describe.concurrent('a broken conf', () => {
  test('changes nothing, is shown with its place, stays visible, and is forgotten when repaired', async () => {
    const reloaded = await ReloadedServer.start();
    const { server } = reloaded;
    const stream = uniqueName('broken');
    const publisher = await publish(server, stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const before = await reloaded.lastReload();
    expect(before).toMatchObject({ err: 0, state: 0 });

    const conf = `${reloaded.conf({ root: 'max_connections 1;' })}\nlisten_portt 1;\n`;
    const said = await reloaded.reload(conf);
    const line = conf.split('\n').findIndex((text) => text.startsWith('listen_portt')) + 1;
    expect(said).toContainEqual(
      expect.stringMatching(`srs\\.conf:${line}:1: error: illegal directive listen_portt`),
    );
    const after = await reloaded.lastReload();
    expect(after).toMatchObject({ err: 1023, state: 20 });
    expect(after.msg).toContain('illegal directive listen_portt');
    expect(after.rid).not.toBe(before.rid);
    await expectGoesOn(viewer);
    const late = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    await expectGoesOn(late);

    for (const bad of ['listen', `${reloaded.conf()} vhost a { `, '', '}']) {
      await reloaded.reload(bad);
      expect((await reloaded.lastReload()).err, bad).toBe(1023);
    }
    await reloaded.reload(reloaded.conf());
    expect(await reloaded.lastReload()).toMatchObject({ err: 0, msg: 'Success', state: 90 });
    await expectGoesOn(viewer);
    await publisher.stop();
    await server.stop();
  });

  test('and a missing one does not put another file in force', async () => {
    const reloaded = await ReloadedServer.start();
    writeFileSync(join(reloaded.server.folder, 'other.conf'), '');
    rmSync(join(reloaded.server.folder, 'srs.conf'));
    reloaded.server.child.kill('SIGHUP');
    await reloaded.server.waitForLog(/reload failed, state=10, .*no config file at/);
    expect((await fetch(`${reloaded.api}/versions`)).status).toBe(200);
    await reloaded.server.stop();
  });
});

describe.concurrent('the raw API', () => {
  test('reloads, and tells when and how it ended', async () => {
    const reloaded = await ReloadedServer.start();
    const { rid } = await reloaded.lastReload();
    reloaded.write(reloaded.conf({ root: 'max_connections 77;' }));
    const answer = await fetch(`${reloaded.api}/raw?rpc=reload`);
    expect(await answer.json()).toEqual({ code: 0 });
    const last = await waitFor('the next reload', async () => {
      const outcome = await reloaded.lastReload();
      return outcome.rid !== rid && outcome.state === 90 ? outcome : undefined;
    });
    expect(last).toMatchObject({ err: 0, msg: 'Success' });
    await reloaded.server.waitForLog(/reload max_connections success\./);
    await reloaded.server.stop();
  });
});
