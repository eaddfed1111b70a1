// A server that runs already: by its URL, and by its process id when CPU and memory are wanted.

import { existsSync } from 'node:fs';
import type { ServerUnderTest } from './server-process.ts';
import type { RunningTarget } from './target.ts';

export interface RunningOptions {
  readonly url: string;
  readonly httpPort: number;
  readonly pid: number | undefined;
}

const DEFAULT_RTMP_PORT = 1935;

/** Throws when the URL is no RTMP URL of this machine: the bench never loads another one. */
export function runningTarget(options: RunningOptions): RunningTarget {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url?.protocol !== 'rtmp:')
    throw new Error(`--url takes rtmp://127.0.0.1:1935/live, not ${options.url}`);
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname;
  if (!/^127\.\d+\.\d+\.\d+$/.test(host)) {
    throw new Error(`--url: ${url.hostname} is not this machine; the bench loads 127.0.0.0/8 only`);
  }
  const app = url.pathname.split('/')[1] ?? '';
  return {
    type: 'running',
    name: options.url,
    isOurs: false,
    protocols: ['rtmp', 'flv', 'ws', 'hls'],
    app,
    host,
    rtmpPort: url.port === '' ? DEFAULT_RTMP_PORT : Number(url.port),
    httpPort: options.httpPort,
    pid: options.pid,
    flvPath: (stream) => `/${app}/${stream}.flv`,
    hlsPath: (stream) => `/${app}/${stream}.m3u8`,
  };
}

/** Looks at a process that somebody else started, and never ends it. */
export class RunningServer implements ServerUnderTest {
  readonly pid: number | undefined;
  readonly startupMs = undefined;

  constructor(pid: number | undefined) {
    this.pid = pid;
  }

  get hasEnded(): boolean {
    return this.pid !== undefined && !existsSync(`/proc/${this.pid}`);
  }

  openLoopWindow(): void {}

  async closeLoopWindow(): Promise<undefined> {
    return undefined;
  }

  async stop(): Promise<void> {}

  kill(): void {}
}
