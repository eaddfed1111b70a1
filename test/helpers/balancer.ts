// A balancer of requests in front of several edges: the next request of a player reaches another edge.

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestServer } from './server.ts';

export class Balancer {
  readonly #server: Server;
  #next = 0;
  /** Status and path of each answer other than 200. */
  readonly failures: string[] = [];

  private constructor(edges: readonly TestServer[]) {
    this.#server = createServer((asked, answer) => {
      const edge = edges[this.#next++ % edges.length]!;
      const { method = 'GET', url = '', headers } = asked;
      const sent = request({
        host: '127.0.0.1',
        port: edge.httpPort,
        method,
        path: url,
        headers,
        agent: false,
      });
      sent.on('response', (got) => {
        if (got.statusCode !== 200) this.failures.push(`${got.statusCode} ${url}`);
        answer.writeHead(got.statusCode ?? 502, { ...got.headers, connection: 'close' });
        got.pipe(answer);
      });
      sent.on('error', () => answer.destroy());
      answer.on('close', () => sent.destroy());
      sent.end();
    });
  }

  static async start(edges: readonly TestServer[]): Promise<Balancer> {
    const balancer = new Balancer(edges);
    await new Promise<void>((resolve) => {
      balancer.#server.listen(0, '127.0.0.1', resolve);
    });
    return balancer;
  }

  url(stream: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live/${stream}.m3u8`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
