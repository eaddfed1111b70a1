// Every accepted TCP connection of this process, whatever it speaks: `max_connections` counts them all, and
// the API and a graceful quit look at them here.

import type { VhostOptions } from './vhost.ts';

export type ConnectionKind = 'rtmp' | 'http' | 'api';

export interface Connection {
  /** Context id, as in the log. */
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly remoteAddress: string;
  /** Name of the virtual host that it publishes to or plays from; undefined while it does neither. */
  readonly vhost: string | undefined;
  /** That virtual host has got other settings. */
  configure(vhost: VhostOptions): void;
  /** The server is about to end: asks the peer to go elsewhere. False for peers that do not understand that. */
  askToLeave(): boolean;
  /** Ends the connection; may be called twice. */
  close(reason: string): void;
}

/** The API answers probes and operators of a full server, too: so many of its connections go beyond the limit. */
const API_RESERVE = 16;

export class ConnectionRegistry {
  readonly #connections = new Set<Connection>();
  #limit: number;

  /** @param limit connections at most (`max_connections`) */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#connections.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Connections that a graceful quit waits for: all but those of the API, which is asked until the end. */
  get servedCount(): number {
    let count = 0;
    for (const { kind } of this.#connections) if (kind !== 'api') count++;
    return count;
  }

  hasRoomFor(kind: ConnectionKind): boolean {
    return this.#connections.size < this.#limit + (kind === 'api' ? API_RESERVE : 0);
  }

  /** A changed limit drops nobody; it counts at the next accept. */
  setLimit(limit: number): void {
    this.#limit = limit;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  /** May be called twice. */
  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Tells the open connections of a virtual host about its new settings. */
  configure(vhost: VhostOptions): void {
    for (const connection of [...this.#connections]) {
      if (connection.vhost === vhost.name) connection.configure(vhost);
    }
  }

  /** @returns how many peers will try to go elsewhere */
  askAllToLeave(): number {
    let count = 0;
    for (const connection of [...this.#connections]) if (connection.askToLeave()) count++;
    return count;
  }

  closeAll(reason: string): void {
    for (const connection of [...this.#connections]) connection.close(reason);
  }
}
