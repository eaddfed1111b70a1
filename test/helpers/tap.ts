// A TCP relay between a real client and the server: the test sees what the server has sent, and can end the
// connection at a chosen moment, so that a player that would wait for ever ends and tells what it got.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './names.ts';
import { PATIENCE_MS, waitFor, waitUntilQuiet } from './wait-for.ts';

export class Tap {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #toClient: Buffer[] = [];
  bytesToClient = 0;
  bytesToServer = 0;

  private constructor(port: number, server: Server) {
    this.port = port;
    this.#server = server;
  }

  static async open(targetPort: number): Promise<Tap> {
    const port = await freePort();
    const server = createServer({ allowHalfOpen: false, noDelay: true });
    const tap = new Tap(port, server);
    server.on('connection', (client) => tap.#relay(client, targetPort));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return tap;
  }

  get toClient(): Buffer {
    return Buffer.concat(this.#toClient);
  }

  /** Waits until the server has sent this text, for example a status code. */
  async waitForText(text: string, timeoutMs = PATIENCE_MS): Promise<void> {
    await waitFor(`"${text}" from the server`, () => this.toClient.includes(text), { timeoutMs });
  }

  async waitForBytes(count: number, timeoutMs = PATIENCE_MS): Promise<void> {
    await waitFor(
      () => `${count} bytes from the server, got ${this.bytesToClient}`,
      () => this.bytesToClient >= count,
      { timeoutMs },
    );
  }

  /** Ends the connection once the server has sent nothing for a second. */
  async closeWhenQuiet(quietMs = 1000): Promise<void> {
    await waitUntilQuiet('the server', () => this.bytesToClient, { quietMs });
    await this.close();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket, targetPort: number): void {
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    server.on('data', (bytes) => {
      this.bytesToClient += bytes.length;
      this.#toClient.push(bytes);
    });
    client.on('data', (bytes) => {
      this.bytesToServer += bytes.length;
    });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    }
    server.pipe(client);
    client.pipe(server);
    server.once('close', () => client.end());
    client.once('close', () => server.destroy());
  }
}
