// The server under test: the built `dist/main.js` with a conf of its own, on ports of its own, in a folder of
// its own. Black box: the tests know its log lines, its exit code and what it says on its sockets.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { Child } from './child.ts';
import { freePort, newFolder } from './names.ts';
import { PATIENCE_MS } from './wait-for.ts';

export const projectRoot = resolve(import.meta.dirname, '../..');
export const mainPath = join(projectRoot, 'dist/main.js');

export interface ServerOptions {
  /** Body of the default vhost. Without a `publish` block in it, publishers may be silent for a minute. */
  readonly vhost?: string;
  /** Root directives in addition to those below. */
  readonly root?: string;
  /** Whole vhost blocks beside the default one. */
  readonly vhosts?: string;
  /** Leave the default vhost out, so that only `vhosts` exist. */
  readonly hasNoDefaultVhost?: boolean;
  /** More directives of `http_server`. */
  readonly httpServer?: string;
  readonly nodeArgs?: readonly string[];
  /** Shell commands before the server starts, in the same process: limits. */
  readonly prelude?: string;
  /** For a server that comes back where another one was; default: a free one. */
  readonly rtmpPort?: number;
  readonly httpPort?: number;
  /** Address to listen at for RTMP, so that servers may share a port number; default: all. */
  readonly host?: string;
}

export const httpFlv = 'http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }';

/** A busy machine, or a test that holds its publisher still, is no dead encoder. */
export const patientPublish = 'publish { firstpkt_timeout 60000; normal_timeout 60000; }';

export function serverConf(rtmpPort: number, httpPort: number, options: ServerOptions = {}): string {
  return `listen ${options.host === undefined ? '' : `${options.host}:`}${rtmpPort};
daemon off;
srs_log_tank console;
pid ./srs.pid;
${options.root ?? ''}
http_server { enabled on; listen ${httpPort}; dir ./html; ${options.httpServer ?? ''} }
${options.hasNoDefaultVhost ? '' : defaultVhost(options)}
${options.vhosts ?? ''}
`;
}

function defaultVhost({ vhost = '' }: ServerOptions): string {
  const publish = /\bpublish\s*\{/.test(vhost) ? '' : patientPublish;
  return `vhost __defaultVhost__ { ${httpFlv} ${publish} ${vhost} }`;
}

export class TestServer {
  readonly child: Child;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly folder: string;
  readonly host: string;

  private constructor(child: Child, rtmpPort: number, httpPort: number, folder: string, host: string) {
    this.host = host;
    this.child = child;
    this.rtmpPort = rtmpPort;
    this.httpPort = httpPort;
    this.folder = folder;
  }

  /** Resolves when the server says that it is ready: all listeners are open, signals and watched files have an effect. */
  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const rtmpPort = options.rtmpPort ?? (await freePort());
    const httpPort = options.httpPort ?? (await freePort());
    const folder = newFolder('server');
    const confPath = join(folder, 'srs.conf');
    writeFileSync(confPath, serverConf(rtmpPort, httpPort, options));
    const probe = join(import.meta.dirname, 'memory-probe.mjs');
    const node = ['--expose-gc', '--import', probe, ...(options.nodeArgs ?? []), mainPath, '-c', confPath];
    const { prelude } = options;
    const [file, ...args] = prelude
      ? ['/bin/bash', '-c', `${prelude} exec "$0" "$@"`, process.execPath, ...node]
      : [process.execPath, ...node];
    const child = new Child(file!, args, { cwd: folder, ipc: true, lifetimeMs: 300_000 });
    const server = new TestServer(child, rtmpPort, httpPort, folder, options.host ?? '127.0.0.1');
    await child.waitForOutput(/ is ready, pid=/);
    return server;
  }

  get target(): { port: number; host: string } {
    return { port: this.rtmpPort, host: this.host };
  }

  /** `tcUrl('live')` is what a client puts into connect. */
  tcUrl(app = 'live'): string {
    return `rtmp://${this.host}:${this.rtmpPort}/${app}`;
  }

  rtmpUrl(stream: string, app = 'live'): string {
    return `${this.tcUrl(app)}/${stream}`;
  }

  flvUrl(stream: string, app = 'live'): string {
    return `http://${this.host}:${this.httpPort}/${app}/${stream}.flv`;
  }

  get log(): string {
    return this.child.output;
  }

  /** A line of the log, without colours, that matches. */
  async waitForLog(pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<RegExpMatchArray> {
    return this.child.waitForOutput(pattern, timeoutMs);
  }

  /** After a garbage collection. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    return (await this.child.request('memory')) as NodeJS.MemoryUsage;
  }

  /** SIGTERM, as `docker stop` sends it: the server must end by itself, with code 0, having said nothing odd. */
  async stop(): Promise<void> {
    if (this.child.status) throw new Error(`the server has ended before the test: ${this.child.describe()}`);
    this.child.kill('SIGTERM');
    const status = await this.child.exited();
    expect(status, this.child.describe()).toEqual({ code: 0, signal: null });
    expect(this.log).not.toMatch(/uncaught|unhandled|TypeError|RangeError|ReferenceError|ERR_ASSERTION/i);
  }
}
