// The certificate of an HTTPS listener, as new as its files: certbot and cert-manager replace them while the server
// runs, and a reload may name others. Connections that are open keep theirs.

import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Logger } from '../../log/logger.ts';

/** Certificate chain and private key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const CHECK_INTERVAL_MS = 10_000;

export class Certificate {
  readonly #read: () => TlsFiles;
  readonly #log: Logger;
  #current: TlsFiles | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure = '';

  /** @param read reads the files that are configured now; may throw */
  constructor(read: () => TlsFiles, log: Logger) {
    this.#read = read;
    this.#log = log;
  }

  /** Throws if the files cannot be read, or are no certificate with its key. */
  start(server: Server): void {
    this.#use(server, this.#read());
    this.#timer = setInterval(() => this.check(server), CHECK_INTERVAL_MS).unref();
  }

  /** May be called twice. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Half-written files are taken a moment later; a reason is told once. */
  check(server: Server): void {
    try {
      const files = this.#read();
      const isSame = this.#current?.cert.equals(files.cert) && this.#current.key.equals(files.key);
      if (isSame !== true) {
        this.#use(server, files);
        this.#log.trace('https: new certificate in use');
      }
      this.#failure = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#failure) this.#log.warn(`https: the certificate stays as it was: ${message}`);
      this.#failure = message;
    }
  }

  #use(server: Server, files: TlsFiles): void {
    (server as TlsServer).setSecureContext(files);
    this.#current = files;
  }
}
