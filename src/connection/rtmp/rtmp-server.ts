// Listens for RTMP peers on one endpoint.

import { createServer, type Server, type Socket } from 'node:net';
import { connectionId } from '../../log/connection-id.ts';
import type { Logger } from '../../log/logger.ts';
import type { ConnectionRegistry } from '../connection-registry.ts';
import { LISTEN_BACKLOG } from '../listen-backlog.ts';
import { listeningFd } from '../listening-fd.ts';
import { RtmpConnection } from './rtmp-connection.ts';
import type { RtmpHost } from './rtmp-peer.ts';

export class RtmpServer {
  readonly #host: RtmpHost;
  readonly #connections: ConnectionRegistry;
  readonly #log: Logger;
  readonly #server: Server;

  constructor(host: RtmpHost, connections: ConnectionRegistry, log: Logger) {
    this.#host = host;
    this.#connections = connections;
    this.#log = log;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  /** Rejects with the system's error if the endpoint cannot be bound. */
  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: LISTEN_BACKLOG, ipv6Only: true }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#log.error(`RTMP listener: ${error.message}`));
        resolve();
      });
    });
  }

  get fd(): number {
    return listeningFd(this.#server);
  }

  /** Stops listening; accepted connections stay. May be called twice. */
  close(): void {
    if (this.#server.listening) this.#server.close();
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    if (!this.#connections.hasRoomFor('rtmp')) {
      const { limit, size } = this.#connections;
      this.#log.warn(
        `accept client failed, err is code=1074 : fd to resource : drop fd=-1, ip=${remoteAddress}:${remotePort}, max=${limit}, cur=${size} for exceed connection limits`,
      );
      this.#host.statistics.counts.refusedConnections++;
      socket.destroy();
      return;
    }
    const id = connectionId();
    const log = this.#log.child(id);
    this.#connections.add(new RtmpConnection(socket, id, log, this.#host, this.#connections));
  }
}
