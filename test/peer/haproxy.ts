// HAProxy (Debian: haproxy) as the TCP load balancer before several servers, such as a Kubernetes Service is one.

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child } from '../helpers/child.ts';
import { http } from '../helpers/http.ts';
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
  readonly #statisticsPort: number;
  readonly #backends: readonly Backend[];
  readonly #child: Child;

  private constructor(
    [rtmpPort, httpPort, statisticsPort]: Ports,
    backends: readonly Backend[],
    child: Child,
  ) {
    this.rtmpPort = rtmpPort;
    this.httpPort = httpPort;
    this.#statisticsPort = statisticsPort;
    this.#backends = backends;
    this.#child = child;
  }

  /** New connections go to those that are ready, in turn. One that is refused is not tried elsewhere. */
  static async start(backends: readonly Backend[]): Promise<Haproxy> {
    const program = debianProgram('haproxy', 'haproxy');
    const ports: Ports = [await freePort(), await freePort(), await freePort()];
    const path = join(newFolder('haproxy'), 'haproxy.cfg');
    writeFileSync(path, conf(ports, backends));
    const child = new Child(program, ['-db', '-f', path], { lifetimeMs: 300_000 });
    await waitFor('HAProxy to listen', async () => {
      if (child.status) throw new Error(child.describe());
      return isListening(ports[0]);
    });
    return new Haproxy(ports, backends, child);
  }

  /** Resolves when its checks have found this backend ready, so that it gets connections of both kinds. */
  async waitUntilReady(backend: Backend): Promise<void> {
    const index = this.#backends.indexOf(backend);
    const isReady = (line: string) => /^(rtmp|http),/.test(line) && line.includes(',L7OK,');
    await waitFor(`HAProxy to find edge${index} ready`, async () => {
      const { text } = await http(this.#statisticsPort, '/;csv');
      const own = text.split('\n').filter((line) => line.split(',')[1] === `edge${index}`);
      return own.length === 2 && own.every(isReady);
    });
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exited();
  }
}

/** RTMP, HTTP, statistics. */
type Ports = readonly [rtmp: number, http: number, statistics: number];

function conf([rtmpPort, httpPort, statisticsPort]: Ports, backends: readonly Backend[]): string {
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
frontend statistics
  mode http
  bind 127.0.0.1:${statisticsPort}
  stats enable
  stats uri /
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
