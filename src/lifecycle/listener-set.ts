// All open ports of the server. Moves from one set of ports to another as a whole: what stays is not touched, new
// ports are open before old ones close, and when one cannot be opened everything is as before.

import type { Endpoint } from '../config/endpoint.ts';
import type { Logger } from '../log/logger.ts';
import { ListenError } from './listen-error.ts';
import type { Preparation } from './reload/reload-part.ts';

export interface Listener {
  /** Rejects with the system's error if the endpoint cannot be bound. */
  listen(host: string, port: number): Promise<void>;
  /** Stops listening; accepted connections stay. May be called twice. */
  close(): void;
  /** Descriptor of the listening socket, for the log; -1 when there is none. */
  readonly fd: number;
}

/** A port that shall be open. */
export interface Port {
  /** As SRS names it in its log: `RTMP`, `HTTP-API`, `HTTP-Server`. */
  readonly kind: string;
  /** The directive that asks for it, as in `http_api listen 1985;`. */
  readonly directive: string;
  readonly endpoint: Endpoint;
  /** Viewers and publishers come in here; the others stay open while a graceful quit waits for them. */
  readonly isMedia: boolean;
  /** Tells ports of one kind and endpoint apart that serve different things: a reload puts one in place of the other. */
  readonly variant?: string;
  readonly create: () => Listener;
}

interface OpenPort {
  readonly port: Port;
  readonly listener: Listener;
}

export class ListenerSet {
  readonly #log: Logger;
  #open: readonly OpenPort[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return this.#open.length;
  }

  /** Opens ports at the start. Rejects with ListenError; then none of them is open. */
  async start(ports: readonly Port[]): Promise<void> {
    const prepared = await this.prepare(ports);
    prepared.apply();
  }

  /**
   * Opens what is missing among `ports`; `apply` then closes what is no longer wanted, `abandon` closes the new
   * ones again. Only a port that moves to another address of the same number has to close first.
   */
  async prepare(ports: readonly Port[]): Promise<Preparation> {
    const wanted = new Set(ports.map(keyOf));
    const leaving = this.#open.filter(({ port }) => !wanted.has(keyOf(port)));
    const present = new Set(this.#open.map(({ port }) => keyOf(port)));
    const coming = ports.filter((port) => !present.has(keyOf(port)));
    const isBlocked = (port: Port) => leaving.some((old) => isSameNumber(old.port, port));
    const opened: OpenPort[] = [];
    const closed: OpenPort[] = [];
    try {
      for (const port of coming) if (!isBlocked(port)) opened.push(await openPort(port));
      closed.push(...leaving.filter((old) => coming.some((port) => isSameNumber(old.port, port))));
      for (const { listener } of closed) listener.close();
      for (const port of coming) if (isBlocked(port)) opened.push(await openPort(port));
    } catch (error) {
      await this.#rollBack(opened, closed);
      throw error;
    }
    return {
      apply: () => this.#take(opened, leaving),
      abandon: () => this.#rollBack(opened, closed),
    };
  }

  /** A graceful quit closes the doors for viewers and publishers. May be called twice. */
  closeMedia(): void {
    this.#close(this.#open.filter(({ port }) => port.isMedia));
  }

  /** May be called twice. */
  close(): void {
    this.#close(this.#open);
  }

  #take(opened: readonly OpenPort[], leaving: readonly OpenPort[]): void {
    this.#close(leaving);
    this.#open = [...this.#open, ...opened];
    for (const { port, listener } of opened) {
      const { kind, endpoint } = port;
      this.#log.trace(`${kind} listen at tcp://${urlHost(endpoint)}:${endpoint.port}, fd=${listener.fd}`);
    }
  }

  async #rollBack(opened: readonly OpenPort[], closed: readonly OpenPort[]): Promise<void> {
    for (const { listener } of opened) listener.close();
    for (const old of closed) {
      try {
        const again = await openPort(old.port);
        this.#open = this.#open.map((one) => (one === old ? again : one));
      } catch (error) {
        this.#open = this.#open.filter((one) => one !== old);
        this.#log.error('a port that the reload should have left alone is lost', error);
      }
    }
  }

  #close(ports: readonly OpenPort[]): void {
    for (const { listener } of [...ports].reverse()) listener.close();
    this.#open = this.#open.filter((one) => !ports.includes(one));
  }
}

async function openPort(port: Port): Promise<OpenPort> {
  const { endpoint } = port;
  const listener = port.create();
  try {
    await listener.listen(endpoint.host, endpoint.port);
  } catch (error) {
    listener.close();
    throw new ListenError(port.directive, endpoint, error as NodeJS.ErrnoException);
  }
  return { port, listener };
}

function keyOf(port: Port): string {
  return `${port.kind} ${port.variant ?? ''} ${port.endpoint.host} ${port.endpoint.port}`;
}

function isSameNumber(a: Port, b: Port): boolean {
  return a.endpoint.port === b.endpoint.port;
}

function urlHost({ host }: Endpoint): string {
  return host.includes(':') ? `[${host}]` : host;
}
