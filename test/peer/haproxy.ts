// HAProxy (Debian: haproxy) as the TCP load balancer before several servers, such as a Kubernetes Service is one.

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child } from '../helpers/child.ts';
import { freePort, newFolder } from '../helpers/names.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { debianProgram } from './debian.ts';

export interface Backend {
  readonly rtmpPort: number;
  readonly httpPort: number;
  /** Asked for /readyz. */
  readonly apiPort: number;
}

export class Haproxy {
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly #child: Child;

  private constructor(rtmpPort: number, httpPort: number, child: Child) {
    this.rtmpPort = rtmpPort;
    this.httpPort = httpPort;
    this.#child = child;
  }

  /** New connections go to those that are ready, in turn. One that is refused is not tried elsewhere. */
  static async start(backends: readonly Backend[]): Promise<Haproxy> {
    const program = debianProgram('haproxy', 'haproxy');
    const [rtmpPort, httpPort] = [await freePort(), await freePort()];
    const path = join(newFolder('haproxy'), 'haproxy.cfg');
    writeFileSync(path, conf(rtmpPort, httpPort, backends));
    const child = new Child(program, ['-db', '-f', path], { lifetimeMs: 300_000 });
    await waitFor('HAProxy to listen', async () => {
      if (child.status) throw new Error(child.describe());
      return isListening(rtmpPort);
    });
    return new Haproxy(rtmpPort, httpPort, child);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exited();
  }
}

function conf(rtmpPort: number, httpPort: number, backends: readonly Backend[]): string {
  const servers = (port: (backend: Backend) => number) =>
    backends
      .map(
        (one, i) =>
          `  server edge${i} 127.0.0.1:${port(one)} check port ${one.apiPort} inter 100ms fall 1 rise 1`,
      )
      .join('\n');
  return `global
  maxconn 4000
defaults
  mode tcp
  balance roundrobin
  retries 0
  timeout connect 5s
  timeout check 5s
  timeout client 1h
  timeout server 1h
  option httpchk GET /readyz
listen rtmp
  bind 127.0.0.1:${rtmpPort}
${servers((one) => one.rtmpPort)}
listen http
  bind 127.0.0.1:${httpPort}
${servers((one) => one.httpPort)}
`;
}

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
