// The end of a server, as an operator sees it: lines, waits, exit code, and what publishers and viewers notice.

import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FfmpegPublisher } from '../helpers/ffmpeg.ts';
import { type ServicePorts, ServiceProcess } from '../helpers/lifecycle-service.ts';
import { mediaFile } from '../helpers/media.ts';
import { freePort, uniqueName } from '../helpers/names.ts';
import { RtmpPeer } from '../helpers/rtmp-peer.ts';
import { TestServer } from '../helpers/server.ts';
import { FlvViewer } from '../helpers/viewer.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** The waits of the Kubernetes guide. */
const GRACE = 'grace_start_wait 700; grace_final_wait 800;';
const DRAIN = ['cleanup for quit signal fast=0, grace=1', 'main cycle terminated, system quit normally.'];
const END = ['source disposed', 'final wait for 800ms', 'srs gracefully quit', 'srs terminated'];
const CLOSED = ['start wait for 700ms', 'listeners closed', 'ingesters stopped'];

interface LogLine {
  readonly timeMs: number;
  readonly connectionId: string;
  readonly text: string;
}

/** Lines of the server itself, from the first signal on. */
function quitLines(server: TestServer): readonly LogLine[] {
  const pattern =
    /\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\]\[\w+\]\[\d+\]\[(\w+)\](?:\[\d+\])? (sig=.*|force .*|cleanup .*|main cycle .*|start wait .*|listeners .*|ingesters .*|wait for .*|source disposed|final wait .*|srs .*|reload .*)$/gm;
  const all = [...server.log.matchAll(pattern)].map(([, time, connectionId, text]) => ({
    timeMs: Date.parse(`${time?.replace(' ', 'T')}Z`),
    connectionId: String(connectionId),
    text: String(text),
  }));
  const first = all.findIndex(({ text }) => /^(sig|force)/.test(text));
  return all.slice(first);
}

const texts = (server: TestServer) => quitLines(server).map(({ text }) => text);

function timeOf(server: TestServer, text: string): number {
  const line = quitLines(server).find((one) => one.text === text);
  if (line === undefined) throw new Error(`no line ${text}: ${server.log}`);
  return line.timeMs;
}

async function exitCode(server: TestServer): Promise<number | null> {
  return (await server.child.exited()).code;
}

async function withApi(root: string): Promise<{ server: TestServer; api: string }> {
  const port = await freePort();
  const server = await TestServer.start({ root: `${root} http_api { enabled on; listen ${port}; }` });
  return { server, api: `http://127.0.0.1:${port}` };
}

async function start(root: string): Promise<TestServer> {
  return (await withApi(root)).server;
}

async function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const status = async (url: string) => (await fetch(url)).status;

describe.concurrent('SIGQUIT', () => {
  test('with nobody there is the two waits, said by the main id', async () => {
    const server = await start(GRACE);
    server.child.kill('SIGQUIT');
    expect(await exitCode(server)).toBe(0);
    expect(texts(server)).toEqual(['sig=3, user start gracefully quit', ...DRAIN, ...CLOSED, ...END]);
    const mainId = /server main cid=(\w+)/.exec(server.log)?.[1];
    expect(new Set(quitLines(server).map(({ connectionId }) => connectionId))).toEqual(new Set([mainId]));
    const tookMs = timeOf(server, 'srs terminated') - timeOf(server, 'sig=3, user start gracefully quit');
    expect(tookMs).toBeGreaterThanOrEqual(1490);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('waits for the publisher and the viewers, and answers probes until the end', async () => {
    const { server, api } = await withApi('grace_start_wait 3000; grace_final_wait 1500;');
    const stream = uniqueName('drain');
    const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
      isLooping: true,
    });
    await publisher.waitUntilPublished(500);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    const flv = await FlvViewer.start(server, stream);
    await flv.waitForTags(10);
    const agent = new Agent({ keepAlive: true });
    const idle = get(`${api}/api/v1/versions`, { agent });
    await new Promise<IncomingMessage>((resolve) => idle.once('response', (r) => resolve(r.resume())));
    expect(await status(`${api}/readyz`)).toBe(200);

    server.child.kill('SIGQUIT');
    await server.waitForLog(/main cycle terminated/);
    // In the start wait new clients are still served, but nobody should be sent here any more.
    expect(await status(`${api}/readyz`)).toBe(503);
    expect(await status(`${api}/healthz`)).toBe(200);
    expect(await canConnect(server.rtmpPort)).toBe(true);

    await server.waitForLog(/listeners closed/);
    expect(await canConnect(server.rtmpPort)).toBe(false);
    expect(await canConnect(server.httpPort)).toBe(false);
    await server.waitForLog(/wait for 3 conns to quit/);
    expect(await status(`${api}/readyz`)).toBe(503);
    expect(await status(`${api}/healthz`)).toBe(200);
    expect(await status(`${api}/api/v1/versions`)).toBe(200);

    const [rtmpTags, flvTags] = [viewer.tags.length, flv.tags.length];
    await waitFor('media that goes on', () => viewer.tags.length > rtmpTags && flv.tags.length > flvTags);
    flv.destroy();
    viewer.destroy();
    await server.waitForLog(/wait for 1 conns to quit/);
    await publisher.stop();
    await server.waitForLog(/source disposed/);
    expect(await status(`${api}/healthz`), 'in the final wait').toBe(200);
    expect(await exitCode(server)).toBe(0);
    agent.destroy();
    expect(server.log, 'probes leave no lines').not.toMatch(/healthz|readyz/);
    expect(texts(server).at(-5)).toBe('wait for 0 conns to quit');
  });

  test('a second time changes nothing; SIGHUP is said and not done', async () => {
    const server = await start(GRACE);
    server.child.kill('SIGQUIT');
    await server.waitForLog(/main cycle terminated/);
    server.child.kill('SIGQUIT');
    server.child.kill('SIGHUP');
    await server.waitForLog(/reload config, signo=1/);
    expect(await exitCode(server)).toBe(0);
    const expected = [
      'sig=3, user start gracefully quit',
      ...DRAIN,
      'reload config, signo=1',
      ...CLOSED,
      ...END,
    ];
    expect(texts(server)).toEqual(expected);
  });

  test('is cut short by SIGTERM, and its last wait by SIGINT', async () => {
    const server = await start('grace_start_wait 100; grace_final_wait 60000;');
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), uniqueName('nobody'));
    server.child.kill('SIGQUIT');
    await server.waitForLog(/wait for 1 conns to quit/);
    server.child.kill('SIGTERM');
    await server.waitForLog(/source disposed/);
    server.child.kill('SIGINT');
    expect(await exitCode(server)).toBe(0);
    await viewer.waitForClose();
    const said = texts(server);
    const from = said.indexOf('sig=15, user terminate program, fast quit');
    expect(said.slice(from)).toEqual([
      'sig=15, user terminate program, fast quit',
      'wait for 1 conns to quit',
      'source disposed',
      'sig=2, user terminate program, fast quit',
      'final wait for 60000ms',
      'srs gracefully quit',
      'srs terminated',
    ]);
  });
});

describe.concurrent('force_grace_quit', () => {
  test('as the guide has it: preStop, then the SIGTERM of the kubelet', async () => {
    const server = await start(`${GRACE} force_grace_quit on;`);
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), uniqueName('pod'));
    server.child.kill('SIGQUIT');
    await server.waitForLog(/main cycle terminated/);
    server.child.kill('SIGTERM');
    await server.waitForLog(/wait for 1 conns to quit/);
    expect(publisher.isClosed).toBe(false);
    publisher.destroy();
    expect(await exitCode(server)).toBe(0);
    expect(texts(server)).toEqual([
      'sig=3, user start gracefully quit',
      ...DRAIN,
      'force gracefully quit, signo=15',
      ...CLOSED,
      'wait for 1 conns to quit',
      'wait for 0 conns to quit',
      ...END,
    ]);
  });

  test('makes SIGTERM alone a graceful quit, and SIGINT still ends it', async () => {
    const server = await start('grace_start_wait 100; grace_final_wait 100; force_grace_quit on;');
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), uniqueName('nobody'));
    server.child.kill('SIGTERM');
    await server.waitForLog(/listeners closed/);
    server.child.kill('SIGTERM');
    await server.waitForLog(/wait for 1 conns to quit/);
    expect(texts(server).slice(0, 2)).toEqual([
      'force gracefully quit, signo=15',
      'sig=3, user start gracefully quit',
    ]);
    expect(texts(server)).not.toContain('sig=15, user terminate program, fast quit');
    server.child.kill('SIGINT');
    expect(await exitCode(server)).toBe(0);
    viewer.destroy();
  });
});

describe.concurrent('a fast quit', () => {
  test.for([
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ] as const)('%s drops everybody at once and ends with 0', async ([signal, signo]) => {
    const server = await start('');
    const stream = uniqueName('fast');
    const publisher = await RtmpPeer.publisher(server.target, server.tcUrl(), stream);
    const viewer = await RtmpPeer.player(server.target, server.tcUrl(), stream);
    server.child.kill(signal);
    expect(await exitCode(server)).toBe(0);
    await Promise.all([publisher.waitForClose(), viewer.waitForClose()]);
    expect(texts(server)).toEqual([
      `sig=${signo}, user terminate program, fast quit`,
      'cleanup for quit signal fast=1, grace=0',
      'main cycle terminated, system quit normally.',
      'srs disposed',
      'srs terminated',
    ]);
    const tookMs =
      timeOf(server, 'srs terminated') - timeOf(server, `sig=${signo}, user terminate program, fast quit`);
    expect(tookMs).toBeLessThan(1000);
  });

  test('that comes during the start ends the start', async () => {
    const conf = ({ rtmp }: ServicePorts) => `listen ${rtmp}; daemon off; srs_log_tank console;`;
    const { child } = await ServiceProcess.spawn(conf);
    await child.waitForOutput(/RTMP listen at/);
    child.kill('SIGTERM');
    expect((await child.exited()).code, child.describe()).toBe(0);
  });
});

describe.concurrent('an error that nobody has caught', () => {
  test.for([
    ['thrown', 'throw new TypeError("boom")'],
    ['rejected', 'Promise.reject(new TypeError("boom"))'],
  ])('%s, ends the server with 1 after one line with its stack', async ([, code]) => {
    const conf = ({ rtmp }: ServicePorts) => `listen ${rtmp}; daemon off; srs_log_tank file;`;
    const bomb = `data:text/javascript,process.on("SIGUSR2",()=>{${code}})`;
    const service = await (await ServiceProcess.spawn(conf, { nodeArgs: ['--import', bomb] })).ready();
    service.child.kill('SIGUSR2');
    expect((await service.child.exited()).code).toBe(1);
    const errors = service.log.split('\n').filter((line) => line.includes('[Error]'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/uncaught error, the server ends: TypeError: boom\\n {4}at /);
  });
});

describe.concurrent('HLS at the end', () => {
  const hls = (more: string) => ({
    vhost: `hls { enabled on; hls_path ./html; hls_fragment 1; hls_window 60; ${more} }`,
  });

  test.for([
    ['SIGTERM', ''],
    ['SIGQUIT', 'grace_start_wait 100; grace_final_wait 100;'],
  ] as const)(
    'of a live stream is finished by %s, and removed where hls_dispose says so',
    async ([signal, root]) => {
      for (const dispose of [0, 30]) {
        const server = await TestServer.start({ ...hls(`hls_dispose ${dispose};`), root });
        const stream = uniqueName('hls');
        const publisher = new FfmpegPublisher(await mediaFile('h264-aac.flv'), server.rtmpUrl(stream), {
          isLooping: true,
        });
        const folder = join(server.folder, 'html/live');
        const files = () => readdirSync(folder).filter((name) => name.startsWith(stream));
        await waitFor(
          'two segments',
          () => existsSync(folder) && files().filter((name) => name.endsWith('.ts')).length >= 2,
        );
        server.child.kill(signal);
        if (signal === 'SIGQUIT') {
          await server.waitForLog(/wait for 1 conns to quit/);
          server.child.kill('SIGTERM');
        }
        expect(await exitCode(server)).toBe(0);
        await publisher.child.exited();
        expect(server.log.includes(`gracefully dispose hls /live/${stream}`)).toBe(dispose > 0);
        if (dispose > 0) {
          expect(files()).toEqual([]);
          continue;
        }
        expect(files().filter((name) => !/\.(ts|m3u8)$/.test(name))).toEqual([]);
        const playlist = readFileSync(join(folder, `${stream}.m3u8`), 'utf8');
        const listed = playlist.split('\n').filter((line) => line.endsWith('.ts'));
        expect(listed.sort()).toEqual(
          files()
            .filter((name) => name.endsWith('.ts'))
            .sort(),
        );
        expect(playlist).not.toContain('#EXT-X-ENDLIST');
      }
    },
  );
});

describe.concurrent('SIGUSR1', () => {
  test('starts a new log file with its own line, after the old one was moved away, and opens no debugger', async () => {
    const conf = ({ rtmp }: ServicePorts) => `listen ${rtmp}; daemon off; srs_log_tank file;`;
    const service = await (await ServiceProcess.spawn(conf)).ready();
    const path = join(service.folder, 'objs/srs.log');
    renameSync(path, `${path}.1`);
    service.child.kill('SIGUSR1');
    await service.waitForLog(/reopen/);
    expect(service.log).toMatch(/^\[[^\]]+\]\[Warn\]\[\d+\]\[\w+\]\[\d+\] reopen log file, signo=10\n/);
    service.child.kill('SIGTERM');
    expect((await service.child.exited()).code).toBe(0);
    expect(service.log).toMatch(/srs terminated\n$/);
    expect(service.child.output).not.toMatch(/Debugger listening/);
  });
});
