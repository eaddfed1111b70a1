// Every accepted TCP connection of this process, whatever it speaks: `max_connections` counts them all, and
// the API and a graceful quit look at them here.

export type ConnectionKind = 'rtmp' | 'http' | 'api';

export interface Connection {
  /** Context id, as in the log. */
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly remoteAddress: string;
  /** Ends the connection; may be called twice. */
  close(reason: string): void;
}

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

  get isFull(): boolean {
    return this.#connections.size >= this.#limit;
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

  closeAll(reason: string): void {
    for (const connection of [...this.#connections]) connection.close(reason);
  }
}
